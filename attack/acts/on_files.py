"""Ransomware and worse over the primary's folders, by root, while the store runs."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from attack.acts.day import Day
from attack.acts.table import act


def encrypt(path: Path) -> None:
    """Encrypt a file where it lies."""
    raw = path.read_bytes()
    path.write_bytes(bytes(b ^ 0xA5 for b in raw[:4_096]) + os.urandom(max(0, len(raw) - 4_096)))


def encrypt_all(paths: Iterable[Path]) -> None:
    """Encrypt files until all are."""
    for path in paths:
        if path.exists():
            encrypt(path)


@act("guard", quick=True)
def encrypts_everything(day: Day) -> None:
    """Every file of the primary is encrypted, from the first name on."""
    day.until_watched()
    encrypt_all(day.files())


@act("guard")
def encrypts_backwards(day: Day) -> None:
    """Every file is encrypted, from the last name on."""
    day.until_watched()
    encrypt_all(reversed(day.files()))


@act("guard")
def encrypts_the_newest_first(day: Day) -> None:
    """Every file is encrypted, the newest first."""
    day.until_watched()
    encrypt_all(sorted(day.files(), key=lambda path: -path.stat().st_mtime))


@act("guard")
def encrypts_the_largest_first(day: Day) -> None:
    """Every file is encrypted, the largest first."""
    day.until_watched()
    encrypt_all(sorted(day.files(), key=lambda path: -path.stat().st_size))


@act("guard")
def encrypts_copies(day: Day) -> None:
    """Each file is replaced by an encrypted copy of the same name."""
    day.until_watched()
    for path in day.files():
        copy = path.with_name("copy")
        copy.write_bytes(os.urandom(path.stat().st_size))
        copy.replace(path)


@act("guard", quick=True)
def encrypts_within(day: Day) -> None:
    """Sixteen bytes of every 4,096 are encrypted in each blob."""
    day.until_watched()
    for path in day.blob_files():
        with path.open("r+b") as file:
            for at in range(0, path.stat().st_size, 4_096):
                file.seek(at)
                file.write(os.urandom(16))


@act("guard")
def renames(day: Day) -> None:
    """Every file is renamed to .locked."""
    day.until_watched()
    for path in day.files():
        path.rename(f"{path}.locked")


@act("guard", quick=True)
def deletes_everything(day: Day) -> None:
    """The whole folder is deleted under the running store."""
    day.until_watched()
    while day.root.exists():  # the guard writes its last words into it
        shutil.rmtree(day.root, ignore_errors=True)


@act("vault", within=75.0, quick=True)
def kills_and_deletes(day: Day) -> None:
    """The store is killed, then the whole folder is deleted."""
    day.stop_store()
    shutil.rmtree(day.root)
    day.wait(61)


@act("guard")
def wipes(day: Day) -> None:
    """Every file is overwritten with zeros."""
    day.until_watched()
    for path in day.files():
        path.write_bytes(bytes(path.stat().st_size))


@act("guard")
def truncates(day: Day) -> None:
    """Every file is cut to half."""
    day.until_watched()
    for path in day.files():
        os.truncate(path, path.stat().st_size // 2)


@act("guard")
def moves_the_folder(day: Day) -> None:
    """The folder is moved away and an empty one lies in its place."""
    day.until_watched()
    day.root.rename(day.folder / "elsewhere")
    day.root.mkdir()


@act("guard")
def takes_the_rights(day: Day) -> None:
    """Nobody may read any file any more."""
    day.until_watched()
    for path in day.files():
        path.chmod(0)


@act("guard")
def swaps_two_blobs(day: Day) -> None:
    """Two blobs change places."""
    day.until_watched()
    one, other = day.blob_files()[:2]
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


@act("guard")
def links_a_blob_elsewhere(day: Day) -> None:
    """A blob is replaced by a link to another file."""
    day.until_watched()
    path = day.blob_files()[0]
    path.unlink()
    path.symlink_to("/etc/hostname")


@act("guard")
def leaves_a_note(day: Day) -> None:
    """A note asking for money lies among the blobs."""
    day.until_watched()
    (day.blob_files()[0].parent / "README.txt").write_text("pay")


@act("guard")
def touches_one_decoy(day: Day) -> None:
    """A walker tries its hand on one file that nobody uses."""
    day.until_watched()
    encrypt(day.root / "archive.db")


@act("guard")
def encrypts_while_the_store_is_down(day: Day) -> None:
    """All blobs are encrypted while the store is down; it is started again."""
    day.stop_store()
    encrypt_all(day.blob_files())
    day.start_store()


@act("guard")
def silences_the_guards_file(day: Day) -> None:
    """The guard's file is overwritten, then a blob."""
    (day.root / "guard.jsonl").write_bytes(os.urandom(64))
    encrypt(day.blob_files()[0])
