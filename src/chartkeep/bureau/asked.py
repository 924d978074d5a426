"""A request and an answer as this door sees them: values, whichever server carried them."""

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from chartkeep.errors import BadInputError

JSON = "application/json"
_T = TypeVar("_T")


class Asked(NamedTuple):
    """One request: the path in parts, the query's fields once each, header names in lower case."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def header(self, name: str) -> str:
        """Give a header, empty when it was not sent."""
        return self.headers.get(name, "")


class Answer(NamedTuple):
    """One answer; `kind` is its body's type."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = JSON
    stream: Generator[bytes] | None = None


def tell(what: Any, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, msgspec.json.encode(what))


def read_body(body: bytes, decode: Callable[[bytes], _T]) -> _T:
    """Read a body. Raises BadInputError naming the place alone: the words may quote what came."""
    try:
        return decode(body)
    except msgspec.MsgspecError as error:
        place = str(error).rpartition(" - at ")[2] if " - at " in str(error) else "the body"
        raise BadInputError(
            f"{place} is not what it should be", hint="docs/incident/case.md"
        ) from error
