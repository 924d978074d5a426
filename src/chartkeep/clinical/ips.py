"""An International Patient Summary: a document Bundle of what matters of one chart (`$summary`).

Source: IPS 2.0.0 (hl7.fhir.uv.ips); the three required sections are always there, empty ones say
that nothing is known here, which is not "none". Promises: the same arguments give the same bytes;
resources stand in it byte for byte as handed in; the narrative holds text only.
Shows what it is given: whoever asks has opened the chart and left out what may not be shown.
"""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from chartkeep.clinical import narrative
from chartkeep.clinical.ips_sections import PARTS, Chosen, Part, choose
from chartkeep.clinical.references import reference_texts, relative_form
from chartkeep.clinical.spelling import decode, encode
from chartkeep.clinical.summary import what, when
from chartkeep.errors import BadInputError
from chartkeep.model import Millis

Json = dict[str, Any]

_PROFILE = "http://hl7.org/fhir/uv/ips/StructureDefinition/"
_LOINC = "http://loinc.org"
_EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
_COMPANIONS = frozenset(
    ["Device", "Location", "Medication", "Observation", "Organization", "Practitioner",
     "PractitionerRole", "RelatedPerson", "Specimen", "Substance"]
)  # fmt: skip
"""Types that come along because an entry names them; others would bring the whole chart."""
_TEXT_ONLY = frozenset({"Device"})
"""Types a section tells of, and may not refer to (IPS wants a DeviceUseStatement)."""


class Order(msgspec.Struct, frozen=True):
    """What a summary needs besides the chart.

    `ident`: a UUID for this document. `now`: its time. `base`: the service base of relative
    references, without a slash at its end. `author`: the facility's name.
    """

    ident: str
    now: Millis
    base: str
    author: str


def summarize(patient: bytes, bodies: Iterable[bytes], order: Order) -> bytes:
    """Write the document. `patient` and `bodies`: resources of one chart, as served, with ids.

    Raises BadInputError when `patient` is none.
    """
    chart = _Chart([patient, *bodies])
    if chart.bodies[0].get("resourceType") != "Patient":
        raise BadInputError("a summary is of a Patient")
    sections = choose(chart.bodies[1:])
    author = _author(order)
    composition = _composition(chart, sections, author, order)
    named = [
        chart.bodies[0],
        *(body for each in sections.values() for body in _referred(each.bodies)),
    ]
    inside = [composition, chart.bodies[0], author, *chart.with_companions(named)]
    entries = {f"{order.base}/{_name(body)}": chart.raw(body) for body in inside}
    whole = chart.bodies[0].get("name") and chart.bodies[0].get("birthDate")
    bundle = {
        "resourceType": "Bundle",
        "id": order.ident,
        # Bundle-uv-ips asks for a patient with a name and a birth date.
        "meta": {"profile": [_PROFILE + "Bundle-uv-ips"] if whole else []},
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{order.ident}"},
        "type": "document",
        "timestamp": _time(order.now),
        "entry": [{"fullUrl": url, "resource": raw} for url, raw in entries.items()],
    }
    if not whole:
        del bundle["meta"]
    return msgspec.json.encode(bundle)


class _Chart:
    """The resources handed in: read once, found again by name, never written again."""

    def __init__(self, raws: list[bytes]) -> None:
        self.bodies: list[Json] = [decode(raw) for raw in raws]
        self._raws = {_name(body): raw for body, raw in zip(self.bodies, raws, strict=True)}
        self._named = {_name(body): body for body in self.bodies}

    def raw(self, body: Json) -> msgspec.Raw:
        """Give a resource's own bytes; one made here is written now."""
        return msgspec.Raw(self._raws.get(_name(body)) or encode(body))

    def find(self, reference: str) -> Json | None:
        """Find what a reference names, if it was handed in."""
        return self._named.get(relative_form(reference))

    def with_companions(self, named: list[Json]) -> list[Json]:
        """Give resources and, once each, the companions they name, and those they name."""
        found = {_name(body): body for body in named}
        waiting = list(named)
        while waiting:
            for text in sorted(reference_texts(encode(waiting.pop()))):
                other = self.find(text)
                if other is None or other["resourceType"] not in _COMPANIONS:
                    continue
                if _name(other) not in found:
                    found[_name(other)] = other
                    waiting.append(other)
        return list(found.values())


def _name(body: Json) -> str:
    return f"{body['resourceType']}/{body.get('id', '')}"


def _time(now: Millis) -> str:
    return datetime.fromtimestamp(now // 1000, UTC).isoformat()


def _author(order: Order) -> Json:
    ident = uuid.uuid5(uuid.UUID(order.ident), "author")
    return {"resourceType": "Organization", "id": str(ident), "name": order.author}


def _composition(chart: _Chart, sections: dict[Part, Chosen], author: Json, order: Order) -> Json:
    shown = [part for part in PARTS if part.required or sections[part].bodies]
    return {
        "resourceType": "Composition",
        "id": str(uuid.uuid5(uuid.UUID(order.ident), "composition")),
        "meta": {"profile": [_PROFILE + "Composition-uv-ips"]},
        "status": "final",
        "type": _coded("60591-5", "Patient summary Document"),
        "subject": {"reference": _name(chart.bodies[0])},
        "date": _time(order.now),
        "author": [{"reference": _name(author), "display": order.author}],
        "title": "International Patient Summary",
        "custodian": {"reference": _name(author)},
        "section": [_section(part, sections[part], chart) for part in shown],
    }


def _coded(code: str, display: str) -> Json:
    return {"coding": [{"system": _LOINC, "code": code, "display": display}]}


def _section(part: Part, chosen: Chosen, chart: _Chart) -> Json:
    section = {"title": part.title, "code": _coded(part.code, part.display)}
    bodies = chosen.bodies
    if not bodies:
        text = f"Nothing is recorded here about {part.title.lower()}; that does not mean none."
        reason = {"system": _EMPTY, "code": "unavailable", "display": "Unavailable"}
        return section | {
            "text": {"status": "generated", "div": narrative.division(narrative.paragraph(text))},
            "emptyReason": {"coding": [reason]},
        }
    rows = [(when(body), _words(body, chart), _state(body)) for body in bodies]
    shown = narrative.table(("Date", "What", "State"), rows)
    if chosen.older:
        shown += narrative.paragraph(f"{chosen.older} older ones are not shown.")
    entry = [{"reference": _name(body)} for body in _referred(bodies)]
    written = section | {"text": {"status": "generated", "div": narrative.division(shown)}}
    return written | {"entry": entry} if entry else written


def _referred(bodies: list[Json]) -> list[Json]:
    return [body for body in bodies if body["resourceType"] not in _TEXT_ONLY]


def _words(body: Json, chart: _Chart) -> str:
    """Say what a resource is about; a medication or device may stand in a resource of its own."""
    named = body.get("medicationReference") or body.get("device") or {}
    other = chart.find(named.get("reference", ""))
    of_other = what(other) if other else str(named.get("display", ""))
    parts = [*body.get("dosageInstruction", ()), *body.get("dosage", ())]
    doses = [str(part["text"]) for part in parts if "text" in part]
    advice = [what(part) for part in body.get("recommendation", ())]
    # A medicine named elsewhere comes first: of the request itself `what` finds the category.
    drug = of_other if "medicationReference" in body else ""
    named_as = body.get("title") or drug or what(body) or of_other
    return ", ".join(filter(None, (named_as, *doses, *advice))) or str(body["resourceType"])


def _state(body: Json) -> str:
    status = body.get("status") or body.get("clinicalStatus") or ""
    if isinstance(status, dict):
        codings = status.get("coding") or [{}]
        return str(status.get("text") or codings[0].get("code") or "")
    return str(status)
