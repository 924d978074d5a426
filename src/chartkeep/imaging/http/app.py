"""The door as an ASGI application."""

from collections.abc import Callable
from concurrent.futures import Executor
from urllib.parse import parse_qsl

from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.place import template
from chartkeep.web.asgi import App
from chartkeep.web.bridge import Heard, bridge

BASE = "/dicom-web"
MOST_FIELDS = 200


def dicom_app(answer: Callable[[Asked], Answer], threads: Executor, streams: Executor) -> App:
    """Make the application that answers below its mount; `answer` blocks.

    `streams` are the threads of those who send more than is waited for.
    """
    return bridge(lambda heard: answer(_asked(heard)), template, threads, streams)


def _asked(heard: Heard) -> Asked:
    pairs = parse_qsl(heard.query, keep_blank_values=True)[:MOST_FIELDS]
    return Asked(heard.method, heard.path, pairs, heard.headers, heard.pieces, heard.base)
