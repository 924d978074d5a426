"""The desk's door as an ASGI application."""

from collections.abc import Callable
from concurrent.futures import Executor
from urllib.parse import parse_qsl

from chartkeep.bureau.asked import Answer, Asked
from chartkeep.web.asgi import App
from chartkeep.web.bridge import Heard, bridge

MOST_FIELDS = 20
_WORDS = frozenset(
    {"login", "cases", "events", "agreement", "closing", "duties", "sent", "evidence", "bag",
     "stix", "letters", "calls", "jobs", "progress", "stop", "resume"}
)  # fmt: skip


def bureau_app(answer: Callable[[Asked], Answer], threads: Executor) -> App:
    """Make the application; `answer` blocks."""
    return bridge(lambda heard: answer(_asked(heard)), template, threads, whole=0)


def template(path: tuple[str, ...]) -> str:
    """Write a path for the access log: without what names a case."""
    return "/" + "/".join(part if part in _WORDS else "…" for part in path)


def _asked(heard: Heard) -> Asked:
    try:
        query = dict(parse_qsl(heard.query, max_num_fields=MOST_FIELDS))
    except ValueError:
        query = {}
    return Asked(heard.method, heard.path, query, heard.headers, heard.body)
