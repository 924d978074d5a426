"""Style and scripts: the few files beside the pages, read once, named by what is in them.

`htmx.min.js` is htmx 2.0.11 as the npm package `htmx.org` has it (Zero-Clause BSD).
"""

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from chartkeep.console.asked import Answer
from chartkeep.errors import NotFoundError

_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
          ".svg": "image/svg+xml"}  # fmt: skip
_FOR_EVER = ("Cache-Control", "public, max-age=31536000, immutable")


class File(NamedTuple):
    """One file as it is served."""

    body: bytes
    kind: str
    mark: str


def _read(path: Path) -> File:
    body = path.read_bytes()
    return File(body, _KINDS[path.suffix], sha256(body).hexdigest()[:12])


FILES = {path.name: _read(path) for path in sorted((Path(__file__).parent / "static").iterdir())}


def address(name: str) -> str:
    """Give a file's address; another content has another one."""
    return f"/static/{FILES[name].mark}/{name}"


def serve(mark: str, name: str) -> Answer:
    """Give a file. Raises NotFoundError."""
    file = FILES.get(name)
    if file is None or file.mark != mark:
        raise NotFoundError("there is no such file")
    return Answer(200, file.body, (_FOR_EVER,), file.kind)
