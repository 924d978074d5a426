"""A request and an answer as the door sees them: values, whichever server carried them."""

from collections.abc import Generator, Mapping, Sequence
from typing import NamedTuple

from chartkeep.errors import BadInputError

JSON = "application/fhir+json"
PATCH = "application/json-patch+json"
NDJSON = "application/fhir+ndjson"
EXPORT = "$export"
LINES = frozenset({NDJSON, "application/ndjson", "ndjson"})
_JSON_TYPES = frozenset({JSON, "application/json", "text/json", "json", PATCH})
_ANY = frozenset({"*/*", "application/*", ""})

Pairs = Sequence[tuple[str, str]]


class Asked(NamedTuple):
    """One request: the path below `base` in parts, the query in pairs, header names in lower case.

    `base` is this server's FHIR base without a slash at its end.
    """

    method: str
    path: tuple[str, ...]
    pairs: Pairs
    headers: Mapping[str, str]
    body: bytes
    base: str

    def header(self, name: str) -> str:
        """Give a header, empty when it was not sent."""
        return self.headers.get(name, "")

    def prefer(self, name: str) -> str:
        """Give a preference of the `Prefer` header (RFC 7240), empty when there is none."""
        for part in self.header("prefer").replace(";", ",").split(","):
            key, _, value = part.strip().partition("=")
            if key.lower() == name:
                return value.strip('" ')
        return ""


class Answer(NamedTuple):
    """One answer; `kind` is its content type, when it has a body.

    `stream` gives what follows the body, piece by piece; an error in it cuts the answer off.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = JSON
    stream: Generator[bytes] | None = None


class UnacceptableError(BadInputError):
    """An answer is asked for in a form this server does not write (406)."""


class UnsupportedMediaError(BadInputError):
    """A body came in a form this server does not read (415)."""


def check_forms(asked: Asked) -> Pairs:
    """Refuse forms other than JSON; gives the query without `_format` and `_pretty`."""
    written = _JSON_TYPES | _ANY | (LINES if EXPORT in asked.path else frozenset())
    if not (_is_binary(asked) or any(form in written for form in _wanted(asked))):
        raise UnacceptableError("only JSON is written here", hint=f"Accept: {JSON}")
    sent = _form(asked.header("content-type"))
    form = asked.path[-1:] == ("_search",) and sent == "application/x-www-form-urlencoded"
    if asked.body and sent and sent not in _JSON_TYPES and not form:
        raise UnsupportedMediaError("only JSON is read here", hint=f"Content-Type: {JSON}")
    dropped = ("_pretty",) if _is_binary(asked) else ("_format", "_pretty")
    return [pair for pair in asked.pairs if pair[0] not in dropped]


def wants_json(asked: Asked) -> bool:
    """Say whether JSON is named among the forms wanted."""
    return any(form in _JSON_TYPES for form in _wanted(asked))


def accepts(asked: Asked, media_type: str) -> bool:
    """Say whether a media type is among the forms wanted (RFC 9110, 12.5.1)."""
    mine = _form(media_type)
    served = _ANY | {mine, mine.partition("/")[0] + "/*"}
    return any(form in served for form in _wanted(asked))


def _is_binary(asked: Asked) -> bool:
    """Say whether one Binary is read: it is given in its own type."""
    return asked.method == "GET" and asked.path[:1] == ("Binary",) and len(asked.path) in (2, 4)


def _wanted(asked: Asked) -> list[str]:
    named = [value for name, value in asked.pairs if name == "_format"]
    return [_form(each) for each in named or asked.header("accept").split(",")]


def _form(text: str) -> str:
    """Give a media type without its parameters."""
    # a plus sign of an unescaped query was read as a space
    return text.partition(";")[0].strip().lower().replace(" ", "+")
