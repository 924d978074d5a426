"""The viewer's origin: its page and files to anybody, pictures to whoever has a session.

What is third-party here runs under a policy that lets it speak to this origin alone.
"""

from collections.abc import Callable, Generator
from concurrent.futures import Executor

from chartkeep.imaging.http.asked import Answer
from chartkeep.imaging.viewer.config import write_config
from chartkeep.imaging.viewer.files import File, Viewer
from chartkeep.web.asgi import App
from chartkeep.web.bridge import bridge

_PIECE = 1 << 18
_POLICY = "Content-Security-Policy"
_EVER = ("Cache-Control", "public, max-age=31536000, immutable")


def viewer_app(viewer: Viewer, threads: Executor) -> App:
    """Make the application of the viewer's page and files."""
    return bridge(
        lambda heard: give(viewer, heard.method, "/".join(heard.path)), _template(viewer), threads
    )


def give(viewer: Viewer, method: str, name: str) -> Answer:
    """Give a file, the configuration, or for every address of the viewer its page."""
    if method not in ("GET", "HEAD"):
        return Answer(405, b"", (("Allow", "GET, HEAD"),), "text/plain")
    if name == "app-config.js":
        return Answer(200, write_config(), kind="text/javascript")
    if (file := viewer.files.get(name)) is not None:
        headers = ((_POLICY, policy(viewer, worker=True)), *((_EVER,) if file.fixed else ()))
        return Answer(200, b"", headers, file.kind, _pieces(file))
    if "." in name.rpartition("/")[2]:
        return Answer(404, b"", kind="text/plain")
    return Answer(200, viewer.page, ((_POLICY, policy(viewer)),), "text/html; charset=utf-8")


def policy(viewer: Viewer, *, worker: bool = False) -> str:
    """Write the content security policy: scripts as published, no address but this origin.

    A file's own policy holds where it runs as a worker. The decoders of JPEG 2000 and others put
    their classes together by `new Function`, so there, without a page to touch, that is let.
    """
    more = "'unsafe-eval'" if worker else " ".join(viewer.inline)
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' 'wasm-unsafe-eval' blob: {more}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "connect-src": "'self' data: blob:",
        "object-src": "'self' blob:",
        "frame-src": "'self' blob:",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def _template(viewer: Viewer) -> Callable[[tuple[str, ...]], str]:
    """Make what writes a path for the access log: a file's name, or that it was the page."""
    return lambda path: f"/{name}" if (name := "/".join(path)) in viewer.files else "/viewer"


def _pieces(file: File) -> Generator[bytes]:
    with file.path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
