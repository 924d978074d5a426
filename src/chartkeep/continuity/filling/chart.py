"""One chart's opened resources, read once, found by type and by reference.

What one resource cannot be read as does not hold up a sheet: it is counted as damaged.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from chartkeep.clinical.references import relative_form
from chartkeep.clinical.spelling import decode
from chartkeep.errors import BadInputError

Json = dict[str, Any]


class Given(NamedTuple):
    """One opened resource: `name` is `Type/id` as this house serves it, `raw` as received.

    `links`: reference text as received -> as this house has it.
    """

    name: str
    raw: bytes
    links: Mapping[str, str]


class Chart:
    """The resources of one chart at one moment."""

    def __init__(self, given: Iterable[Given], now: datetime, since: datetime | None) -> None:
        """`now` and `since`, when the present stay began, carry a time zone."""
        self.now = now
        self.since = since
        self.unreadable = 0
        self._links: dict[str, Mapping[str, str]] = {}
        self._named: dict[str, Json] = {}
        for each in given:
            self._take(each)

    def _take(self, given: Given) -> None:
        kind, _, ident = given.name.partition("/")
        try:
            body = decode(given.raw)
        except BadInputError:
            self.unreadable += 1
            return
        if not isinstance(body, dict):
            self.unreadable += 1
            return
        self._named[given.name] = body | {"resourceType": kind, "id": ident}
        self._links[given.name] = given.links

    def of(self, *kinds: str) -> Iterator[Json]:
        """Give the resources of these types."""
        return (body for body in self._named.values() if body["resourceType"] in kinds)

    def all(self) -> list[Json]:
        """Give all of them."""
        return list(self._named.values())

    def named(self, body: Json, reference: Json) -> str:
        """Give what a reference of a resource names, as `Type/id`, or empty."""
        text = str(reference.get("reference", ""))
        here = self._links.get(source(body), {}).get(text, text)
        return relative_form(here)

    def find(self, body: Json, reference: Json) -> Json | None:
        """Find what a reference of a resource names, contained or in the chart."""
        text = str(reference.get("reference", ""))
        if text.startswith("#"):
            inside = body.get("contained", ())
            return next((each for each in inside if each.get("id") == text[1:]), None)
        return self._named.get(self.named(body, reference))


def source(body: Json) -> str:
    """Name a resource."""
    return f"{body['resourceType']}/{body['id']}"
