"""A case as a bag (BagIt, RFC 8493) for somebody outside, who checks it with tools of others.

Promises that a bag is whole or not there; that its manifests name every file; that whoever has the
desk's public key sees that nothing was added, changed or taken out since (`signature` covers the
tag manifest, that the manifests, those the files). What is in it lies in clear: who gets it is
written into the case before it is made.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256, sha512
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from chartkeep.errors import ChartkeepError, RefusedError, UnavailableError
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.contents import Contents, Wish, put
from chartkeep.incident.case.events import Handed, Note
from chartkeep.incident.case.register import Register
from chartkeep.incident.desk import sync_folder
from chartkeep.ledger.checkpoint import open_checkpoint
from chartkeep.ledger.note import VerifierKey, sign_note, to_base64
from chartkeep.model import Millis

FORMAT: Final = "chartkeep-bag@v1"
SIGNATURE: Final = "signature"
_SUMS: Final = (("sha256", sha256), ("sha512", sha512))


class Exported(NamedTuple):
    """A bag that was made: where, how many events and files of evidence, what was left out."""

    path: Path
    events: int
    evidence: int
    withheld: int
    signature: bytes
    """What a time stamp is asked for."""


class _Sum:
    """One file on its way into the bag."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self._sums = [make() for _, make in _SUMS]

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self.size += len(piece)
        for each in self._sums:
            each.update(piece)

    def digests(self) -> list[str]:
        return [each.hexdigest() for each in self._sums]


class _Bag:
    """A folder that becomes a bag: what was written into it, with sizes and digests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.size = 0
        self._rows: dict[str, list[str]] = {}

    def put(self, name: str, fill: Callable[[Callable[[bytes], object]], object]) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("xb") as file:
            adding = _Sum(file)
            fill(adding.write)
            file.flush()
            os.fsync(file.fileno())
        self.size += adding.size
        self._rows[name] = adding.digests()

    def manifests(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Write a manifest a digest of all files put since the last time."""
        rows, self._rows = self._rows, {}
        for place, (algorithm, _) in enumerate(_SUMS):
            lines = (f"{sums[place]}  {name}\n" for name, sums in sorted(rows.items()))
            yield f"{prefix}-{algorithm}.txt", "".join(lines).encode()


def export_bag(case: Case, path: Path, wish: Wish, now: Millis) -> Exported:
    """Make a bag of a case at `path`, for the person `wish` names.

    Raises RefusedError when something lies there, DamagedError when evidence is not what was kept,
    NotFoundError when it is gone, UnavailableError when the disk cannot be written.
    """
    if path.exists():
        raise RefusedError(f"{path} is there already", hint="name a new folder")
    number = case.add(Handed(_what(wish), wish.whom, wish.why))
    try:
        return _make(case, path, Contents(case, wish), now)
    except (ChartkeepError, KeyboardInterrupt):
        case.add(Note(f"the bag of event {number} was not made"))
        raise


def _make(case: Case, path: Path, contents: Contents, now: Millis) -> Exported:
    with _whole(path) as folder:
        bag = _Bag(folder)
        count = 0
        for name, fill in contents.files():
            bag.put(f"data/{name}", fill)
            count += 1
        oxum = f"{bag.size}.{count}"
        for name, content in bag.manifests("manifest"):
            bag.put(name, partial(put, content))
        for name, text in (("bagit.txt", _BAGIT), ("bag-info.txt", _info(case, oxum, now))):
            bag.put(name, partial(put, text.encode()))
        tags = list(bag.manifests("tagmanifest"))
        signature = _sign(case, contents.head, dict(tags)["tagmanifest-sha512.txt"])
        for name, content in (*tags, (SIGNATURE, signature)):
            bag.put(name, partial(put, content))
    Register(case.desk).note(case.id, contents.head)
    left_out = len(contents.withheld) + len(contents.wish.withhold)
    return Exported(path, len(contents.events), len(contents.evidence), left_out, signature)


_BAGIT: Final = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def _what(wish: Wish) -> str:
    people = "with" if wish.people else "without"
    events = ", ".join(map(str, sorted(wish.withhold)))
    return f"a bag, {people} evidence that may name patients" + (
        f", without the events {events}" if events else ""
    )


def _info(case: Case, oxum: str, now: Millis) -> str:
    day = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m-%d")
    facility = " ".join(case.desk.file.facility.split())
    rows = {
        "Source-Organization": facility,
        "External-Identifier": case.id,
        "Bagging-Date": day,
        "Payload-Oxum": oxum,
        "Chartkeep-Format": FORMAT,
    }
    return "".join(f"{name}: {value}\n" for name, value in rows.items())


def _sign(case: Case, head: bytes, tags: bytes) -> bytes:
    """Sign what the bag is: its case, the head of its book, its tag manifest."""
    tip = open_checkpoint(head, case.book.key).checkpoint
    digest = sha512(tags).hexdigest()
    rows = (FORMAT, case.book.origin, f"{tip.size} {to_base64(tip.root)}", f"sha512 {digest}", "")
    name = VerifierKey.parse(case.desk.file.key).name
    return sign_note("\n".join(rows), name, case.desk.signing).raw()


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a folder that gets its name when all of it is durable, and goes when it fails."""
    new = path.with_name(f".{path.name}.new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        yield new
        _sync([*new.rglob("*"), new])
        new.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise UnavailableError("the bag cannot be written", hint="look at its disk") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _sync(paths: Iterable[Path]) -> None:
    for each in paths:
        if each.is_dir():
            sync_folder(each)
