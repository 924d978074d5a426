"""Opened entries as FHIR resources: what a client sees, made when first asked for.

Answers for one open chart and, beside it, the facility's ordinary section; there is no way from
here to anything else, so no search, include or chain can reach another patient.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from chartkeep.clinical import studies
from chartkeep.clinical.face import PART, PERSON_KIND, Person, read_person
from chartkeep.clinical.imaging_study import imaging_studies, read_manifest
from chartkeep.clinical.search import Indexed
from chartkeep.custody.charts import Held
from chartkeep.custody.exports import KIND as ORDER
from chartkeep.custody.names import chosen_ids, logical_id
from chartkeep.custody.paper import PAPER
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.fhir.http.faces import SUBSETTED, face_resource
from chartkeep.fhir.rendering import instant, parse, render
from chartkeep.model import ChartId, EntryId, Millis, to_text

INTERNAL = frozenset({"Journal", ORDER, *studies.KINDS})
"""Kinds of entries that are no FHIR resources, beside parts of faces."""
VIEWS = {studies.STUDY_KIND: "ImagingStudy"}
"""Kinds under whose ids a resource is shown that nobody sent: it is read, and never written."""


class Resource:
    """One version of one resource as this server serves it."""

    __slots__ = ("_body", "_json", "_links", "_raw", "entry", "id", "kind", "time", "version")

    def __init__(self, entry: OpenedEntry, ident: str = "") -> None:
        header = entry.header
        self.entry = entry
        self.kind = header.kind
        self.id = ident or logical_id(entry.envelope, header.kind, header.entry_id)
        self.version = header.version
        self.time: Millis = header.time
        self._raw = entry.raw
        self._links = entry.envelope.links
        self._json: bytes | None = None
        self._body: dict[str, Any] | None = None

    @property
    def deleted(self) -> bool:
        """Say whether this version says that it was deleted."""
        return not self._raw

    @property
    def json(self) -> bytes:
        """Give it as it is served; one whose bytes lie in a blob says that they are not here."""
        if self._json is None:
            self._json = (
                self.rendered() if self.entry.envelope.blob is None else orjson.dumps(self.body)
            )
        return self._json

    @property
    def body(self) -> dict[str, Any]:
        """Give it parsed; nobody changes it."""
        if self._body is None:
            self._body = parse(self._raw, self.kind, self.id, self.version, self.time, self._links)
            if self.entry.envelope.blob is not None:
                meta = self._body["meta"]
                self._body["meta"] = meta | {"tag": [*meta.get("tag", ()), SUBSETTED]}
        return self._body

    def rendered(self) -> bytes:
        """Give what was received, as it is served."""
        return render(self._raw, self.kind, self.id, self.version, self.time, self._links)


class Shown(NamedTuple):
    """A resource made of a face: what a patient list may show (`meta.tag` SUBSETTED)."""

    kind: str
    id: str
    version: int
    time: Millis
    body: dict[str, Any]

    @property
    def json(self) -> bytes:
        """Give it as it is served."""
        return orjson.dumps(self.body)


Served = Resource | Shown


class Section(NamedTuple):
    """The resources of one open section."""

    kinds: dict[str, Indexed[Served]]
    named: dict[tuple[str, str], Served]


class Open:
    """The pool of one request: the sections it opened."""

    def __init__(self, held: Sequence[Held]) -> None:
        self.held = held
        self._sections = [_section(each) for each in held]
        self._sections += filter(None, (_views(each, self._patient()) for each in held))

    def of(self, kind: str) -> Sequence[Served]:
        """List the resources of a type."""
        found = [s.kinds[kind] for s in self._sections if kind in s.kinds]
        if kind == "Patient" and len(found) > 1:
            found = [mine for mine in found if isinstance(mine[0], Resource)] or found
        return found[0] if len(found) == 1 else [one for mine in found for one in mine]

    def get(self, kind: str, ident: str) -> Served | None:
        """Give one, if it lies here."""
        found = [s.named[kind, ident] for s in self._sections if (kind, ident) in s.named]
        return min(found, key=lambda each: isinstance(each, Shown)) if found else None

    def _patient(self) -> str:
        """Give the id of the chart's patient where their face is open, else nothing."""
        return next((each.id for each in self.of("Patient")), "")

    def __iter__(self) -> Iterator[Served]:
        """Give every resource, a Patient once."""
        kinds = dict.fromkeys(kind for section in self._sections for kind in section.kinds)
        return (one for kind in kinds for one in self.of(kind))


def _section(held: Held) -> Section:
    """Make a section's resources, once for as long as anybody has it open."""
    made: Section | None = held.memo.get(Section)
    if made is None:
        made = held.memo[Section] = _make(held.entries.values())
    return made


def is_internal(kind: str) -> bool:
    """Say whether a kind is none of FHIR's."""
    return kind.startswith((PART, PAPER)) or kind in INTERNAL


def resources(entries: Iterable[OpenedEntry]) -> Iterator[Served]:
    """Make resources of entries: a face becomes a Patient; what was deleted is none."""
    given = list(entries)
    chosen = chosen_ids(given)
    for entry in given:
        kind = entry.header.kind
        if kind == PERSON_KIND:
            yield _shown(entry, read_person(entry.raw), chosen)
        elif entry.raw and not is_internal(kind):
            yield Resource(entry, _chosen(entry, chosen) if kind == "Patient" else "")


def _views(held: Held, patient: str) -> Section | None:
    """Make what nobody sent: an ImagingStudy of each study, a version for each picture it has."""
    if (_views, patient) not in held.memo:
        held.memo[_views, patient] = _pictured(held, patient)
    made: Section | None = held.memo[_views, patient]
    return made


def _pictured(held: Held, patient: str) -> Section | None:
    told = [each for each in held.entries.values() if each.header.kind == studies.STUDY_KIND]
    if not told:
        return None
    shot = [each for each in held.entries.values() if each.header.kind == studies.INSTANCE_KIND]
    about = f"Patient/{patient or to_text(told[0].header.chart)}"
    named = ((to_text(each.header.entry_id), studies.read_study(each.raw)) for each in told)
    made: list[Served] = []
    for body in imaging_studies(named, (read_manifest(each.raw) for each in shot), about):
        version = body["numberOfInstances"]
        body["meta"] = {"versionId": str(version), "lastUpdated": instant(held.changed).decode()}
        made.append(Shown("ImagingStudy", body["id"], version, held.changed, body))
    return Section({"ImagingStudy": Indexed(made)}, {(one.kind, one.id): one for one in made})


def _make(entries: Iterable[OpenedEntry]) -> Section:
    kinds: dict[str, list[Served]] = {}
    for one in resources(entries):
        kinds.setdefault(one.kind, []).append(one)
    named = {(one.kind, one.id): one for mine in kinds.values() for one in mine}
    return Section({kind: Indexed(mine) for kind, mine in kinds.items()}, named)


def _chosen(entry: OpenedEntry, chosen: Mapping[ChartId, str]) -> str:
    return chosen.get(entry.header.chart, "")


def _shown(entry: OpenedEntry, person: Person, chosen: Mapping[ChartId, str]) -> Shown:
    chart = entry.header.chart
    ident = _chosen(entry, chosen) or logical_id(entry.envelope, "Patient", EntryId(chart))
    return Shown("Patient", ident, 1, entry.header.time, face_resource(ident, person))
