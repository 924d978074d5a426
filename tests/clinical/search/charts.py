"""Open charts for searches: a pool in memory, of small records or of whole invented patients."""

import gzip
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from chartkeep.clinical.search import Record
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.model import Millis

SYNTHEA = Path("/work/shared/data/synthea-r4")
START = 1_800_000_000_000
Json = dict[str, Any]


@dataclass
class Sheet:
    kind: str
    id: str
    body: Json
    version: int = 1
    time: Millis = field(default=Millis(START))


class Chart:
    """A pool that notes what it was asked for."""

    def __init__(self, bodies: Sequence[Json]) -> None:
        self.asked: set[str] = set()
        self._kept: dict[str, dict[str, Record]] = defaultdict(dict)
        for place, body in enumerate(bodies):
            kind, ident = body["resourceType"], body["id"]
            self._kept[kind][ident] = Sheet(kind, ident, body, time=Millis(START + place * 1_000))

    def of(self, kind: str) -> Sequence[Record]:
        self.asked.add(kind)
        return list(self._kept[kind].values())

    def get(self, kind: str, ident: str) -> Record | None:
        self.asked.add(kind)
        return self._kept[kind].get(ident)


def sheet(kind: str, ident: str, **body: Any) -> Json:
    return {"resourceType": kind, "id": ident, **body}


def link(reference: str) -> Json:
    return {"reference": reference}


def concept(code: str, system: str = "http://loinc.org", text: str = "") -> Json:
    coded: Json = {"coding": [{"system": system, "code": code}]}
    return coded | {"text": text} if text else coded


def bundles(count: int) -> list[list[Json]]:
    """Whole patients, references as `Type/id`: Synthea's where they lie, else invented ones."""
    files = sorted(SYNTHEA.glob("*.json.gz"))[:count]
    if files:
        return [resolved(gzip.decompress(path.read_bytes())) for path in files]
    hospital = invent_hospital(7, count, date(2026, 1, 1))
    return [resolved(hospital.bundle(index)) for index in range(count)]


def resolved(raw: bytes) -> list[Json]:
    """The resources of a bundle, each `urn:uuid:` in them written as `Type/id`."""
    entries = orjson.loads(raw)["entry"]
    for entry in entries:
        resource = entry["resource"]
        resource.setdefault("id", entry["fullUrl"].rpartition(":")[2])
        name = f"{resource['resourceType']}/{resource['id']}"
        raw = raw.replace(f'"{entry["fullUrl"]}"'.encode(), f'"{name}"'.encode())
    again = orjson.loads(raw)["entry"]
    for entry, before in zip(again, entries, strict=True):
        entry["resource"]["id"] = before["resource"]["id"]
    return [entry["resource"] for entry in again]


@cache
def examples() -> list[Json]:
    """A few resources of every type some patients have."""
    kept: dict[str, list[Json]] = defaultdict(list)
    for bundle in bundles(8):
        for body in bundle:
            if len(kept[body["resourceType"]]) < 12:
                kept[body["resourceType"]].append(body)
    return [body for bodies in kept.values() for body in bodies]
