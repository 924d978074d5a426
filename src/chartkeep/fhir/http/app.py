"""The door as an ASGI application."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from urllib.parse import parse_qsl

from chartkeep.fhir.http.asked import JSON, Answer, Asked
from chartkeep.fhir.http.outcome import note, outcome
from chartkeep.fhir.http.template import template
from chartkeep.web.asgi import App
from chartkeep.web.bridge import Heard, bridge
from chartkeep.web.rejecting import Rejection, Told

BASE = "/fhir"


def fhir_app(answer: Callable[[Asked], Answer], threads: Executor) -> App:
    """Make the application that answers below its mount; `answer` blocks."""
    return bridge(lambda heard: answer(_asked(heard)), template, threads)


def tell(_: Mapping[bytes, bytes], why: Rejection) -> Told:
    """Tell why a request was not let in as an OperationOutcome."""
    return Told(JSON, outcome([note("error", why.code, why.words, hint=why.hint)]))


def _asked(heard: Heard) -> Asked:
    pairs = parse_qsl(heard.query, keep_blank_values=True)
    return Asked(heard.method, heard.path, pairs, heard.headers, heard.body, heard.base)
