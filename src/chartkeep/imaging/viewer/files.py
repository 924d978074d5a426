"""The viewer's files, found once; nothing else of the disk is ever given.

Left out although the package has it: the service worker, which would keep pictures in the browser.
"""

import base64
import mimetypes
import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from chartkeep.errors import RefusedError

_UNKNOWN = "application/octet-stream"
_NOT_GIVEN = frozenset({"sw.js", "app-config.js", "_headers", "_redirects", "oidc-client.min.js"})
_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_HASHED = re.compile(r"\.[0-9a-f]{16}\.|^[0-9a-f]{16}\.")


class File(NamedTuple):
    """One file of the package."""

    path: Path
    kind: str
    fixed: bool
    """Its name changes with its content."""


class Viewer(NamedTuple):
    """The package's files by their path below `/`, its page, and the hashes of that page's scripts.

    `inline` are sources of a content security policy: `'sha256-…'`.
    """

    files: dict[str, File]
    page: bytes
    inline: tuple[str, ...]

    @property
    def fixed(self) -> tuple[str, ...]:
        """Give the paths of what a browser may keep for ever."""
        return tuple(f"/{name}" for name, file in self.files.items() if file.fixed)


def find_viewer(folder: Path) -> Viewer:
    """Find the files below a folder that `make viewer` filled.

    Raises RefusedError when it is not there.
    """
    try:
        page = (folder / "index.html").read_bytes()
    except OSError as error:
        raise RefusedError(
            f"there is no viewer in {folder}", hint="make viewer fetches it"
        ) from error
    files = {
        name: File(path, mimetypes.guess_type(name)[0] or _UNKNOWN, bool(_HASHED.search(path.name)))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (name := path.relative_to(folder).as_posix()) and _is_given(name)
    }
    hashes = (base64.b64encode(sha256(each).digest()).decode() for each in _INLINE.findall(page))
    return Viewer(files, page, tuple(f"'sha256-{each}'" for each in hashes))


def _is_given(name: str) -> bool:
    return name not in _NOT_GIVEN and not name.endswith((".map", ".html"))
