"""The console as an ASGI application."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from urllib.parse import parse_qs

from chartkeep.console.asked import MOST_FIELDS, Answer, Asked
from chartkeep.console.cookies import LANGUAGE
from chartkeep.console.dispatch import template
from chartkeep.console.outcome import reject
from chartkeep.console.words import choose
from chartkeep.web.asgi import App
from chartkeep.web.bridge import Heard, bridge
from chartkeep.web.rejecting import Rejection, Told


def console_app(answer: Callable[[Asked], Answer], threads: Executor) -> App:
    """Make the application; `answer` blocks."""
    return bridge(lambda heard: answer(_asked(heard)), template, threads)


def tell(headers: Mapping[bytes, bytes], why: Rejection) -> Told:
    """Tell why a request was not let in as a page."""
    texts = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
    asked = Asked("GET", (), {}, texts)
    words = choose(asked.cookies.get(LANGUAGE, ""), asked.header("accept-language"))
    answer = reject(why, asked, words)
    return Told(answer.kind, answer.body)


def _asked(heard: Heard) -> Asked:
    try:
        query = parse_qs(heard.query, max_num_fields=MOST_FIELDS)
    except ValueError:
        query = {}
    return Asked(heard.method, heard.path, query, heard.headers, heard.body, heard.secure)
