"""Bundles of answers, put together from resources as they are: no resource is parsed again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec

from chartkeep.errors import BadInputError
from chartkeep.fhir.http.asked import Asked, Pairs
from chartkeep.fhir.http.outcome import outcome
from chartkeep.fhir.http.records import Resource, Served
from chartkeep.fhir.preconditions import etag
from chartkeep.fhir.rendering import instant

MOST_COUNT = 1_000
OFFSET = "_offset"
AS_OF = "_as-of"
_encode = msgspec.json.Encoder().encode
T = TypeVar("T")


class Page(NamedTuple):
    """Which part of a list is asked for; `as_of` is the time (ms) whose state it shows, 0 now."""

    base: str
    path: str
    pairs: Pairs
    size: int
    offset: int
    as_of: int

    @classmethod
    def of(cls, asked: Asked, default: int = MOST_COUNT, *, most: int = MOST_COUNT) -> "Page":
        """Read `_count` and the place a link of ours names. Raises BadInputError."""
        path = "/".join(asked.path)
        own = [pair for pair in asked.pairs if pair[0] in ("_count", OFFSET, AS_OF)]
        given = {name: _number(name, value) for name, value in own}
        pairs = [pair for pair in asked.pairs if pair not in own]
        count = min(given.get("_count", default), most)
        return cls(asked.base, path, pairs, count, given.get(OFFSET, 0), given.get(AS_OF, 0))

    def links(self, total: int, as_of: int) -> list[dict[str, str]]:
        """Give the links to this page and the next; all pages show the state of one moment."""
        links = [{"relation": "self", "url": self._url(self.offset, self.as_of)}]
        after = self.offset + self.size
        if self.size and after < total:
            links.append({"relation": "next", "url": self._url(after, self.as_of or as_of)})
        return links

    def cut(self, found: Sequence[T]) -> Sequence[T]:
        """Give this page of a list."""
        return found[self.offset : self.offset + self.size]

    def _url(self, offset: int, as_of: int) -> str:
        pairs = [*self.pairs, ("_count", str(self.size))]
        pairs += [(OFFSET, str(offset)), (AS_OF, str(as_of))] if offset else []
        return f"{self.base}/{self.path}?{urlencode(pairs)}"


def entry(base: str, one: Served, mode: str = "", body: bytes | None = None) -> dict[str, object]:
    """Write an entry of a searchset; `body` replaces the resource, where it was shortened."""
    resource = msgspec.Raw(one.json if body is None else body)
    made: dict[str, object] = {"fullUrl": f"{base}/{one.kind}/{one.id}", "resource": resource}
    return made | ({"search": {"mode": mode}} if mode else {})


def outcome_entry(notes: list[dict[str, object]]) -> dict[str, object]:
    """Write the entry of a searchset that says something about it, to people."""
    return {"resource": msgspec.Raw(outcome(notes)), "search": {"mode": "outcome"}}


def bundle(
    kind: str,
    entries: Iterable[dict[str, object]],
    links: Iterable[dict[str, str]],
    total: int | None,
    time: int,
) -> bytes:
    """Write a Bundle."""
    made: dict[str, object] = {"resourceType": "Bundle", "type": kind}
    made["meta"] = {"lastUpdated": instant_text(time)}
    if total is not None:
        made["total"] = total
    made["link"] = list(links)
    if listed := list(entries):
        made["entry"] = listed
    return _encode(made)


def instant_text(time: int) -> str:
    """Write a moment as FHIR does."""
    return instant(time).decode()


def moment(text: str) -> int:
    """Read an instant as milliseconds. Raises ValueError when it is none."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("an instant has a time zone")
    return int(read.timestamp() * 1000)


def since_of(asked: Asked) -> int:
    """Read `_since` as milliseconds, 0 without one. Raises BadInputError."""
    given = [value for name, value in asked.pairs if name == "_since"]
    if not given:
        return 0
    try:
        return moment(given[-1])
    except ValueError as error:
        raise BadInputError("_since: is not an instant", hint="2026-11-22T08:00:00Z") from error


def history_bundle(versions: Sequence[Resource], page: Page) -> bytes:
    """Write versions, the newest first; a deletion has no resource."""
    newest = versions[0].time if versions else 0
    entries = [_version_entry(page.base, one) for one in page.cut(versions)]
    return bundle("history", entries, page.links(len(versions), newest), len(versions), newest)


def _version_entry(base: str, one: Resource) -> dict[str, object]:
    url = f"{one.kind}/{one.id}"
    made: dict[str, object] = {"fullUrl": f"{base}/{url}"}
    if not one.deleted:
        made["resource"] = msgspec.Raw(one.json)
    method = "DELETE" if one.deleted else "POST" if one.version == 1 else "PUT"
    status = {"DELETE": "204", "POST": "201", "PUT": "200"}[method]
    made["request"] = {"method": method, "url": url if method != "POST" else one.kind}
    made["response"] = {
        "status": status, "etag": etag(one.version), "lastModified": instant_text(one.time),
    }  # fmt: skip
    return made


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 15):
        raise BadInputError(f"{name}: is not a number from 0 on")
    return int(value)
