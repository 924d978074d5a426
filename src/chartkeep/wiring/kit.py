"""The kit: what a house needs besides charts and keys, sealed to the operators.

    store/kit.sealed    docs/formats/kit.md; the store gives it to a vault

Promises that whoever takes it opens nothing without the operators' shares, that nobody without the
keyholder's own key makes another one that opens, and that no chart key is in it, wrapped or not:
shredding would be a lie. A restore begins with it.
"""

import io
import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from chartkeep.errors import (
    ChartkeepError,
    NotFoundError,
    RefusedError,
    SealBrokenError,
    UnknownFormatError,
)
from chartkeep.model import Millis
from chartkeep.recovery.place import Shelf
from chartkeep.sealing.backup import (
    HEADER_BYTES,
    PUBLIC_BYTES,
    BackupHeader,
    join_operators,
    open_backup,
    read_backup_header,
    seal_backup,
    vouch,
)
from chartkeep.sealing.keyed import KEYED_BYTES
from chartkeep.sealing.shares import read_share
from chartkeep.sealing.signing import verify
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import now

OPERATORS: Final = "operators.key"
KIT: Final = "kit.sealed"
STAMP: Final = "kit.stamp"
VOUCHED: Final = "operators.vouched"
SIGNER: Final = "keyholder"
SIGNED: Final = b"chartkeep-kit-2"
MAGIC: Final = b"CKT2"
_SIZES: Final = (PUBLIC_BYTES, KEYED_BYTES, 64)
PARTS: Final = (
    "*.json", "instances/*.key", "tls/*.pem", "tls/*.key", "stations/*", "store/peers.json",
    "store/signing.key", "keyholder/kek.json", f"keyholder/{OPERATORS}", f"keyholder/{VOUCHED}",
)  # fmt: skip
"""What goes in, by its place in the house's folder."""

_decoder = msgspec.msgpack.Decoder(dict[str, bytes])


def vouch_for_kits(home: Home, operators_secret: bytes) -> None:
    """Have the operators' secret, whole this once, say that the keyholder's key signs kits."""
    public = home.instance_key(SIGNER).public
    said = public + vouch(operators_secret, home.name.id, public)
    (home.root / "keyholder" / VOUCHED).write_bytes(said)


def renew_kit(home: Home) -> bool:
    """Seal the kit anew if operators are named and anything in it changed; tells whether it did."""
    try:
        operators = (home.root / "keyholder" / OPERATORS).read_bytes()
        vouched = (home.root / "keyholder" / VOUCHED).read_bytes()
        key, clear = home.instance_key(SIGNER), _files_of(home)
    except (OSError, RefusedError):  # on the store's host, or as its user: the keyholder's makes it
        return False
    if _stands(home, clear) or vouched[:PUBLIC_BYTES] != key.public:
        return False
    header = BackupHeader(home.name.id, now(), operators)
    signature = key.sign(SIGNED + header.encode() + clear)
    target = home.root / "store" / KIT
    new = target.with_suffix(".new")
    with new.open("wb") as file:
        inside = MAGIC + vouched + signature + clear
        seal_backup(io.BytesIO(inside), file.write, header)
        os.fsync(file.fileno())
    new.replace(target)
    (home.root / "store" / STAMP).write_text(sha256(clear).hexdigest())
    return True


def kit_trouble(home: Home) -> str:
    """Say what is wrong with the kit, where this user can tell; empty when nothing is."""
    if not (home.root / "keyholder" / OPERATORS).exists():
        return ""
    try:
        vouched = (home.root / "keyholder" / VOUCHED).read_bytes()
        mine = home.instance_key(SIGNER).public
        stands = _stands(home, _files_of(home))
    except FileNotFoundError:
        vouched, mine, stands = b"", b"none", False
    except (OSError, RefusedError):
        return ""
    if vouched[:PUBLIC_BYTES] != mine:
        words = "the operators never vouched for the key that signs the kit, so none is made"
        return f"{words} (move keyholder/{OPERATORS} away, then chartkeep operators)"
    words = "the kit is older than the house's keys and settings: what changed is not in it"
    return "" if stands else f"{words} (chartkeep backup renews it)"


def _files_of(home: Home) -> bytes:
    return msgspec.msgpack.encode(dict(_read_parts(home.root)))


def _stands(home: Home, clear: bytes) -> bool:
    """Tell whether the kit that lies there was made of this."""
    target, mark = home.root / "store" / KIT, home.root / "store" / STAMP
    if not target.exists() or not mark.exists():
        return False
    return mark.read_text() == sha256(clear).hexdigest()


def open_kit(sealed: bytes, shares: Sequence[str]) -> dict[str, bytes]:
    """Open a kit with enough operators' shares; gives its files by their places.

    Raises RefusedError for too few or wrong shares, SealBrokenError also for a kit that somebody
    else than the house's keyholder sealed to these operators, UnknownFormatError.
    """
    out = io.BytesIO()
    secret = join_operators([read_share(text) for text in shares])
    header = open_backup(io.BytesIO(sealed), out.write, secret)
    inside = out.getvalue()
    if inside[: len(MAGIC)] != MAGIC:
        raise UnknownFormatError("this is no house's kit", hint="is it a keyholder's backup?")
    public, vouched, signature, clear = _parted(inside)
    if vouched != vouch(secret, header.facility, public):
        raise SealBrokenError("the kit is signed with a key its operators never vouched for")
    verify(public, signature, SIGNED + header.encode() + clear)
    try:
        return _decoder.decode(clear)
    except msgspec.MsgspecError as error:
        raise UnknownFormatError("the kit holds what is no file") from error


def _parted(inside: bytes) -> list[bytes]:
    """Give the signer's public key, what the operators said of it, its signature, and the rest."""
    ends = list(accumulate(_SIZES, initial=len(MAGIC)))
    return [*(inside[begin:end] for begin, end in pairwise(ends)), inside[ends[-1] :]]


def open_newest_kit(shelf: Shelf, shares: Sequence[str]) -> dict[str, bytes]:
    """Open the kit of a vault that was sealed last; gives its files by their places.

    By the time sealed into it, not by its name: whoever stole a bucket's keys may put an old kit,
    or none at all, under a later one. What does not open, or the house's keyholder did not sign,
    is passed over.
    Raises NotFoundError when there is none, and what `open_kit` says of the newest.
    """
    found = [(_sealed_at(shelf, name), name) for name in shelf.names("kit/")]
    first: ChartkeepError | None = None
    for _, name in sorted(found, reverse=True):
        try:
            return open_kit(shelf.read(name), shares)
        except ChartkeepError as error:
            first = first or error
    if first is None and not any(True for _ in shelf.names()):
        raise NotFoundError(
            "nothing a vault kept is here, no kit either",
            hint="is its disk mounted? --from the folder that vault.json calls place",
        )
    raise first or NotFoundError(
        "the vault has no kit", hint="name operators: chartkeep operators; or bring the folder"
    )


def _sealed_at(shelf: Shelf, name: str) -> Millis:
    """Tell when a kit says it was sealed; what is none was sealed first of all."""
    try:
        return read_backup_header(io.BytesIO(shelf.read(name, 0, HEADER_BYTES))).time
    except ChartkeepError:
        return Millis(0)


def check_empty(root: Path) -> None:
    """Refuse a folder in which something lies that a kit, laid in part, would not have laid."""
    ours = {PurePosixPath(part).parts[0] for part in PARTS if "/" in part} | {"run", "witness"}
    for path in root.iterdir() if root.exists() else ():
        if path.name not in ours and path.suffix != ".json":
            raise RefusedError(f"{root} is not empty", hint="restore into an empty folder")


def lay_kit(files: dict[str, bytes], root: Path) -> Home:
    """Write a kit's files into an empty folder, or one this was begun in; `house.json` last.

    Raises RefusedError for a folder in which another file stands under such a name.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("keyholder", "store", "witness", "instances", "run"):
        (root / name).mkdir(exist_ok=True, mode=0o700)
    for name in sorted(files, key=lambda name: name == "house.json"):
        _lay(root, name, files[name])
    return Home(root)


def _lay(root: Path, name: str, content: bytes) -> None:
    if not any(_is_part(PurePosixPath(name), part) for part in PARTS):
        raise UnknownFormatError("the kit names a file that is no part of a house")
    path = root / name
    if path.exists():
        if path.read_bytes() != content:
            raise RefusedError(f"{path} is another house's", hint="restore into an empty folder")
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _is_part(name: PurePosixPath, part: str) -> bool:
    """Tell whether a file's place is one of `PARTS`; a path that climbs is as long as it looks."""
    plain = ".." not in name.parts and len(name.parts) == len(PurePosixPath(part).parts)
    return plain and name.match(part)


def _read_parts(root: Path) -> Iterator[tuple[str, bytes]]:
    for part in PARTS:
        for path in sorted(root.glob(part)):
            yield path.relative_to(root).as_posix(), path.read_bytes()
