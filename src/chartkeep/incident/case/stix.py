"""A case as STIX 2.1 for a cyber agency: what was attacked, when, by what it is recognised.

Source: STIX Version 2.1, OASIS Standard, 10 June 2021. Promises that no patient is in it, and that
staff are there under keyed names the hospital alone can turn back. Free words of people (notes,
tip-offs, decisions) stay out: they may name anybody. Marked TLP:AMBER.
"""

import ipaddress
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import structs

from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import (
    Concern,
    Concerned,
    Estimate,
    Finding,
    Window,
    Written,
)
from chartkeep.incident.timeline.signs import Door
from chartkeep.model import Millis
from chartkeep.sealing.keyed import keyed_hash

_SCO: Final = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace of observables' ids (section 2.9)."""
_AMBER: Final = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
_HASH: Final = re.compile(r"[0-9a-f]{64}").fullmatch
_ID: Final = re.compile(r"[0-9a-f-]{1,64}").fullmatch
_DOORS: Final = frozenset(f"door: {door}" for door in Door)
_FOUND: Final = "a cause was found"
_DOMAIN: Final = re.compile(r"(?=.{1,253}$)([a-z0-9_-]{1,63}\.)+[a-z0-9-]{2,63}").fullmatch

Object = dict[str, Any]


def stix_bundle(case: Case, events: Sequence[Written]) -> bytes:
    """Write the bundle, JSON; the same events give the same bytes."""
    writer = _Writer(case, events[0].time if events else Millis(0))
    objects = {each["id"]: each for each in writer.objects(events)}
    bundle = {
        "type": "bundle",
        "id": writer.name("bundle", str(len(events))),
        "objects": list(objects.values()),
    }
    return json.dumps(bundle, ensure_ascii=False, indent=1).encode() + b"\n"


class _Writer:
    def __init__(self, case: Case, begun: Millis) -> None:
        self._case = case
        self._begun = begun
        self._space = uuid.UUID(case.desk.file.id)
        self._people = case.desk.key_for("stix")
        self._owner = self.name("identity", "facility")
        self._incident = self.name("incident", case.id)

    def name(self, kind: str, word: str) -> str:
        """Name an object: the same one in every bundle of its case."""
        return f"{kind}--{uuid.uuid5(self._space, f'{self._case.id}/{kind}/{word}')}"

    def objects(self, events: Iterable[Written]) -> Iterator[Object]:
        facility = self._case.desk.file.facility
        sector = {"identity_class": "organization", "sectors": ["healthcare"]}
        yield self._object("identity", "facility", self._begun, name=facility, **sector)
        words = f"case {self._case.id} of {facility}"
        yield self._object("incident", self._case.id, self._begun, name=words)
        for each in events:
            match each.what:
                case Concerned(suspect=True) as found:
                    yield from self._concerned(each, found)
                case Window() | Estimate() | Finding(part="cause"):
                    yield self._note(each, _words(each.what))
                case _:
                    pass

    def _object(self, kind: str, word: str, time: Millis, **properties: Any) -> Object:
        made = {"type": kind, "spec_version": "2.1", "id": self.name(kind, word)}
        if kind != "identity":
            made["created_by_ref"] = self._owner
        times = {"created": _time(time), "modified": _time(time)}
        return made | times | {"object_marking_refs": [_AMBER]} | properties

    def _note(self, each: Written, words: str, about: str = "") -> Object:
        refs = [about or self._incident]
        return self._object("note", str(each.number), each.time, content=words, object_refs=refs)

    def _concerned(self, each: Written, found: Concerned) -> Iterator[Object]:
        observable = self._observable(found)
        if observable is None:  # a session, a key, an export: STIX has no word for it
            host = found.what in {Concern.INSTANCE, Concern.HOST, Concern.KEYHOLDER}
            if host:
                system = {"name": found.name, "identity_class": "system"}
                yield self._object("identity", found.name, each.time, **system)
            # A file's name is somebody's words, and may name anybody; an id is nobody's.
            name = f" {found.name}" if host or _ID(found.name) else ""
            words = f"{found.what}{name} is among the suspects"
            about = self.name("identity", found.name) if host else ""
            yield self._note(each, words, about)
            return
        yield observable
        refs = [observable["id"]]
        span = {"first_observed": _time(each.time), "last_observed": _time(each.time)}
        yield self._object(
            "observed-data", str(each.number), each.time, **span, number_observed=1,
            object_refs=refs,
        )  # fmt: skip
        if pattern := _pattern(observable):
            yield self._object(
                "indicator", str(each.number), each.time, pattern=pattern, pattern_type="stix",
                valid_from=_time(each.time), indicator_types=["malicious-activity"],
            )  # fmt: skip

    def _observable(self, found: Concerned) -> Object | None:
        match found.what:
            case Concern.PERSON:
                hidden = keyed_hash(self._people, found.name.encode()).hex()
                return _observable("user-account", user_id=hidden)
            case Concern.FILE if _HASH(found.name):
                return _observable("file", hashes={"SHA-256": found.name})
            case Concern.ADDRESS:
                return _address(found.name)
            case _:
                return None


def _words(what: Window | Estimate | Finding) -> str:
    """Say what a program counted or chose of it; the words of people, logs and files stay out."""
    match what:
        case Window():
            return str(structs.replace(what, why=""))
        case Estimate():
            return str(structs.replace(what, gaps=()))
        case Finding(says=says):
            return f"cause found: {door}" if (door := says.partition("\n")[0]) in _DOORS else _FOUND


def _address(text: str) -> Object | None:
    try:
        version = ipaddress.ip_address(text).version
    except ValueError:
        lower = text.lower()
        return _observable("domain-name", value=lower) if _DOMAIN(lower) else None
    return _observable(f"ipv{version}-addr", value=text)


def _observable(kind: str, **properties: Any) -> Object:
    # Section 2.9: the id of an observable is that of its own canonical JSON (RFC 8785).
    plain = json.dumps(properties, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    ident = f"{kind}--{uuid.uuid5(_SCO, plain)}"
    marked = {"object_marking_refs": [_AMBER]}
    return {"type": kind, "spec_version": "2.1", "id": ident} | marked | properties


def _pattern(observable: Object) -> str:
    if observable["type"] == "file":
        return f"[file:hashes.'SHA-256' = '{observable['hashes']['SHA-256']}']"
    if observable["type"] == "user-account":
        return ""
    return f"[{observable['type']}:value = '{observable['value']}']"


def _time(millis: Millis) -> str:
    shown = datetime.fromtimestamp(millis / 1000, UTC)
    return f"{shown:%Y-%m-%dT%H:%M:%S}.{millis % 1000:03d}Z"
