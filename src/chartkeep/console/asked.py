"""A request and an answer as the pages see them: values, whichever server carried them."""

from collections.abc import Generator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qs

from chartkeep.errors import BadInputError

HTML = "text/html; charset=utf-8"
MOST_FIELDS = 20

Fields = Mapping[str, Sequence[str]]


class Asked(NamedTuple):
    """One request: the path in parts, query and form as fields, header names in lower case.

    `secure`: the browser reached us over TLS, or over a proxy of ours that ends it.
    """

    method: str
    path: tuple[str, ...]
    query: Fields
    headers: Mapping[str, str]
    body: bytes = b""
    secure: bool = False

    def header(self, name: str) -> str:
        """Give a header, empty when it was not sent."""
        return self.headers.get(name, "")

    @property
    def by_htmx(self) -> bool:
        """Say whether a piece of a page is asked for, not a page."""
        return self.header("hx-request") == "true"

    @property
    def cookies(self) -> dict[str, str]:
        """Read the cookies (RFC 6265, 4.2.1); of two of one name the first."""
        pairs = (part.partition("=") for part in self.header("cookie").split(";"))
        found: dict[str, str] = {}
        for name, _, value in pairs:
            found.setdefault(name.strip(), value.strip())
        return found

    def form(self) -> Fields:
        """Read the form. Raises BadInputError when it is none."""
        try:
            return parse_qs(self.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError as error:
            raise BadInputError("the form is not readable") from error


class Answer(NamedTuple):
    """One answer; `kind` is its body's type, `stream` gives what follows the body."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = HTML
    stream: Generator[bytes] | None = None

    def adding(self, *headers: tuple[str, str]) -> "Answer":
        """Give the same with more headers."""
        return self._replace(headers=(*self.headers, *headers))


def first(fields: Fields, name: str) -> str:
    """Give the first value of a field, empty when there is none."""
    return next(iter(fields.get(name, ())), "")


def go_to(place: str, asked: Asked) -> Answer:
    """Send the browser to another page of ours."""
    if asked.by_htmx:
        return Answer(204, headers=(("HX-Redirect", place),))
    return Answer(303, headers=(("Location", place),))
