"""The probe of a local folder: everything its own user can do to a file, tried on files of ours.

A folder promises less than a bucket: its user may undo what its user did, unless the kernel holds
the files (`chattr +i`); and root may undo that. The certificate says which of them it is.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from chartkeep.errors import ConflictError, NotAllowedError, NotFoundError
from chartkeep.model import Millis
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.probing.certificate import Certificate, Trial, Verdict

_HOUR: Final = 3_600_000
_WRITABLE_BY_OTHERS: Final = 0o022
_NOTE: Final = "the file system's flag is not held (chattr +i): whoever is the vault's user may"
UNPROVED: Final = (
    "that nobody becomes root on this host: root takes the flag away; keep a second copy elsewhere",
    "that the disk keeps what it acknowledged when the power goes",
)


def probe_folder(root: Path, place: FolderPlace, now: Millis) -> Certificate:
    """Try everything on files of a place; gives the certificate."""
    trials = [_own(root), *_road(place, now)]
    locks = "held on every file" if place.locks else "not set"
    verdict, note = (Verdict.HELD, "") if place.locks else (Verdict.HOLE, _NOTE)
    trials.append(Trial("the immutable flag", locks, verdict, note))
    trials += [_attempt(root, place, now, words, act) for words, act in TRIED]
    return Certificate(f"folder:{root}", now, tuple(trials), UNPROVED)


def _own(root: Path) -> Trial:
    """See that nobody else may write here, or replace the folder by another."""
    open_ = [
        str(path)
        for path in (root, root.parent)
        if path.stat().st_mode & _WRITABLE_BY_OTHERS and not path.stat().st_mode & 0o1000
    ]
    words = "the folder is its user's alone"
    if root.stat().st_uid != os.geteuid():
        return Trial(words, "another user's", Verdict.BROKEN, "give the folder to the vault's user")
    if open_:
        return Trial(words, "others may write", Verdict.BROKEN, f"chmod go-w {' '.join(open_)}")
    return Trial(words, "yes", Verdict.HELD)


def _road(place: FolderPlace, now: Millis) -> list[Trial]:
    """See that the place itself refuses what a place refuses."""
    name = _name()
    place.put(name, [b"kept"], Millis(now + _HOUR))
    there = place.read(name) == b"kept"
    told = [Trial("what is put is there", "yes" if there else "no", _verdict(held=there))]
    for words, act, error in (
        ("putting other bytes", partial(place.put, name, [b"x"], now), ConflictError),
        ("expiring before its time", partial(place.expire, name, now), NotAllowedError),
    ):
        try:
            act()
        except error:
            told.append(Trial(words, "refused", Verdict.HELD))
        else:
            told.append(Trial(words, "done", Verdict.BROKEN))
    place.expire(name, Millis(now + _HOUR))
    return told


def _attempt(
    root: Path, place: FolderPlace, now: Millis, words: str, act: Callable[[Path], object]
) -> Trial:
    """Try one thing on a file of its own, as the vault's user, past our code."""
    name, data = _name(), secrets.token_bytes(100)
    place.put(name, [data], Millis(now + _HOUR))
    try:
        act(root / name)
        answer = "done"
    except OSError as error:
        answer = (error.strerror or "refused").lower()
    harmed = not _whole(place, name, data)
    with suppress(NotFoundError):
        place.expire(name, Millis(now + _HOUR))
    (root / f"{name}.gone").unlink(missing_ok=True)
    if not harmed:
        return Trial(words, answer, Verdict.HELD)
    if place.locks:
        return Trial(words, answer, Verdict.BROKEN, "the flag is set and does not hold")
    return Trial(words, answer, Verdict.HOLE, _NOTE)


def _whole(place: FolderPlace, name: str, data: bytes) -> bool:
    try:
        return place.read(name) == data
    except NotFoundError:
        return False


def _write(path: Path) -> None:
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(b"others")


def _append(path: Path) -> None:
    path.chmod(0o600)
    with path.open("ab") as file:
        file.write(b"more")


def _truncate(path: Path) -> None:
    path.chmod(0o600)
    os.truncate(path, 0)


def _rename_over(path: Path) -> None:
    other = path.with_name(f"{path.name}.other")
    other.write_bytes(b"others")
    try:
        other.rename(path)
    finally:
        other.unlink(missing_ok=True)


def _rename_away(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}.gone"))


TRIED: Final[tuple[tuple[str, Callable[[Path], object]], ...]] = (
    ("writing into a file", _write),
    ("writing at its end", _append),
    ("cutting it off", _truncate),
    ("deleting it", Path.unlink),
    ("renaming another over it", _rename_over),
    ("renaming it away", _rename_away),
)


def _name() -> str:
    return f"probe/{secrets.token_hex(16)}"


def _verdict(*, held: bool) -> Verdict:
    return Verdict.HELD if held else Verdict.BROKEN
