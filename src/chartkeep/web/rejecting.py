"""Why a request goes no further, before any door has seen it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Rejection(NamedTuple):
    """Status, a code of FHIR's IssueType, words and remedy for its sender."""

    status: int
    code: str
    words: str
    hint: str


class Told(NamedTuple):
    """A rejection in the language of a door: media type and bytes."""

    kind: str
    body: bytes


Tell = Callable[[Mapping[bytes, bytes], Rejection], Told]
"""How a door tells it; the request's headers are there, names in lower case."""


class RejectedError(Exception):
    """A request is not taken."""

    def __init__(self, status: int, code: str, words: str, hint: str = "") -> None:
        super().__init__(words)
        self.rejection = Rejection(status, code, words, hint)


class LeftError(Exception):
    """The client went before its body was whole; there is nobody to answer."""


def tell_plainly(_: Mapping[bytes, bytes], why: Rejection) -> Told:
    """Tell it in a line of text."""
    words = f"{why.words}\nhint: {why.hint}\n" if why.hint else f"{why.words}\n"
    return Told("text/plain; charset=utf-8", words.encode())
