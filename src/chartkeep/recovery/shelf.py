"""A vault's folder, or a copy of it on a stick, only read: nothing in it is touched.

A vault's own place tidies up when it is opened; this may be read while that one runs.
"""

from collections.abc import Iterator
from pathlib import Path

from chartkeep.errors import NotFoundError, UnavailableError
from chartkeep.recovery.place import check_name


class FolderShelf:
    """The reading half of a folder that a vault filled."""

    def __init__(self, root: Path) -> None:
        """Take a folder. Raises UnavailableError when there is none."""
        if not root.is_dir():
            raise UnavailableError(f"there is no vault in {root}", hint="is its disk mounted?")
        self._root = root

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object."""
        try:
            with (self._root / check_name(name)).open("rb", buffering=0) as file:
                file.seek(start)
                return file.read(-1 if length is None else length)
        except FileNotFoundError as error:
            raise NotFoundError("there is no such object in this vault") from error
        except OSError as error:
            raise UnavailableError("the vault's disk does not answer") from error

    def size(self, name: str) -> int:
        """Give an object's length in bytes."""
        try:
            return (self._root / check_name(name)).stat().st_size
        except FileNotFoundError as error:
            raise NotFoundError("there is no such object in this vault") from error

    def names(self, prefix: str = "", after: str = "") -> Iterator[str]:
        """Give names in order; one folder's names are in memory at a time."""
        folder, _, _ = prefix.rpartition("/")
        for name in self._walk(f"{folder}/" if folder else ""):
            if name > after and name.startswith(prefix):
                yield name

    def _walk(self, folder: str) -> Iterator[str]:
        """Give all names below; a folder sorts as its name and `/`."""
        try:
            found = [path for path in (self._root / folder).iterdir() if path.name[0] != "."]
        except (FileNotFoundError, NotADirectoryError):
            return
        for name in sorted(f"{path.name}/" if path.is_dir() else path.name for path in found):
            if name.endswith("/"):
                yield from self._walk(folder + name)
            else:
                yield folder + name
