"""What a chart says against a line: reasons why a person must look before it is filed. Pure.

A contradiction refuses nothing: paper written in a bad hour may be right and the chart wrong. It
keeps a line from being filed in silence. What is found is found in words as they were written; two
names of one medicine that share none are not (`docs/paper.md` says so to the ward): this is no
pharmacist's check.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from chartkeep.clinical import ips_sections
from chartkeep.clinical.names import is_dense
from chartkeep.clinical.summary import what
from chartkeep.continuity.filling.words import codes
from chartkeep.continuity.filling.words import moment as read_moment
from chartkeep.continuity.paper.lines import Line, LineKind
from chartkeep.continuity.paper.resources import CODES
from chartkeep.model import Millis

Json = dict[str, Any]

HOUR = 3_600_000


class Contradiction(StrEnum):
    """One reason to look."""

    BEFORE = "before the downtime"
    AFTER = "after the downtime"
    FUTURE = "in the future"
    NO_DOWNTIME = "no downtime of this ward is written down"
    ALLERGY = "the chart has an allergy against it"
    NO_ORDER = "the chart has no order for it"
    ORDER_ENDED = "its order had ended"
    TWICE = "the chart has it within an hour already"
    IMPOSSIBLE = "hardly possible"
    FAR = "far from the last value"
    SWAPPED = "systolic is not above diastolic"
    NO_ALLERGIES = "the chart says there are no allergies"
    SEX = "the form says another sex"
    SHUT = "a part of the chart is not open to you"
    PRINTED = "the form was printed for another patient"
    LOST = "the number was void or missing, and turned up"


class Bound(NamedTuple):
    """What a value can be, and how far from the last one it is believed; `share`: of the last."""

    low: float
    high: float
    far: float = 0
    share: float = 0


BOUNDS = {
    "temperature": Bound(30, 43, far=2.5),
    "pulse": Bound(20, 250, far=60),
    "respiration": Bound(4, 80, far=20),
    "systolic": Bound(50, 260, far=60),
    "diastolic": Bound(20, 160, far=40),
    "saturation": Bound(50, 100, far=12),
    "weight": Bound(0.3, 350, share=0.1),
    "pain": Bound(0, 10, far=10),
}
"""A choice for noticing slips of the hand, not for care: everybody from the newborn to the aged."""

CLASSES = (
    ("cillin", "silin", "シリン"),
    ("cef", "ceph", "sefalo", "セフ", "céph"),
    ("sulfa", "sulfon", "cotrimoxazol", "サルファ", "スルファ"),
    ("nsaid", "aspirin", "ibuprofen", "diclofenac", "naproxen", "ketorolac", "loxoprofen",
     "アスピリン", "イブプロフェン", "ジクロフェナク", "ロキソプロフェン", "acetylsalicyl"),
    ("morphine", "codeine", "モルヒネ", "コデイン", "morfin", "kodein"),
)  # fmt: skip
"""Stems that mean one kind of medicine: an allergy to one of them is asked about with all."""
_NONE_KNOWN = frozenset({"716186003", "409137002", "no-known-allergies"})
_ENDED = frozenset({"stopped", "cancelled", "completed", "entered-in-error"})
_SHORTEST = 4


class Downtime(NamedTuple):
    """When the ward had no system; `ends` is 0 while that is not over."""

    begins: Millis
    ends: Millis


class Chart(NamedTuple):
    """What is known of whose form it is: face and resources; `shut`: some of it is not open."""

    sex: str
    bodies: Sequence[Json]
    shut: bool = False


def contradictions(
    line: Line, chart: Chart, downtime: Downtime | None, now: Millis, sex: str = ""
) -> list[Contradiction]:
    """List what speaks against a line, in the order of the class above.

    `sex`: what the form says, empty when it does not.
    """
    found = {*_of_time(line, downtime, now)}
    if sex and chart.sex and sex != chart.sex:
        found.add(Contradiction.SEX)
    if chart.shut:
        found.add(Contradiction.SHUT)
    match line.kind:
        case LineKind.VITALS:
            found.update(_of_vitals(line, chart))
        case LineKind.GIVEN:
            found.update(_of_medicine(line.fields["medicine"], line, chart))
        case LineKind.ORDER:
            if line.fields["what"] == "medicine":
                found.update(_of_allergies(line.fields["order"], chart))
        case LineKind.ALLERGY:
            found.update(_of_none_known(chart))
        case LineKind.NOTE:
            pass
    return [each for each in Contradiction if each in found]


def _of_time(line: Line, downtime: Downtime | None, now: Millis) -> Iterator[Contradiction]:
    if line.when > now:
        yield Contradiction.FUTURE
    if downtime is None:
        yield Contradiction.NO_DOWNTIME
    elif line.when < downtime.begins:
        yield Contradiction.BEFORE
    elif downtime.ends and line.when > downtime.ends:
        yield Contradiction.AFTER


def _of_vitals(line: Line, chart: Chart) -> Iterator[Contradiction]:
    for name, bound in BOUNDS.items():
        value = line.number(name)
        if value is None:
            continue
        if not bound.low <= value <= bound.high:
            yield Contradiction.IMPOSSIBLE
        last = _last(name, line.when, chart.bodies)
        if last is not None and abs(value - last) > (bound.far or bound.share * last):
            yield Contradiction.FAR
    systolic, diastolic = line.number("systolic"), line.number("diastolic")
    if systolic is not None and diastolic is not None and systolic <= diastolic:
        yield Contradiction.SWAPPED


def _last(name: str, before: Millis, bodies: Iterable[Json]) -> float | None:
    """Find the value nearest before a moment, of the same code and unit."""
    code, _ = CODES[name]
    found: list[tuple[Millis, float]] = []
    for body in bodies:
        if body["resourceType"] != "Observation" or body.get("status") == "entered-in-error":
            continue
        at = moment(body.get("effectiveDateTime", ""))
        for part in (body, *body.get("component", ())):
            value = _number(part.get("valueQuantity", {}), name)
            if at and at < before and value is not None and code in codes(part.get("code", {})):
                found.append((at, value))
    return max(found)[1] if found else None


def _number(quantity: Json, name: str) -> float | None:
    units = {"saturation": {"%"}, "weight": {"kg"}, "temperature": {"Cel", "°C", "C"}}
    said = {quantity.get("code"), quantity.get("unit")}
    if name in units and not said & units[name]:
        return None  # another unit: nothing here converts
    try:
        return float(quantity["value"])
    except (KeyError, TypeError, ValueError):
        return None


def _of_medicine(name: str, line: Line, chart: Chart) -> Iterator[Contradiction]:
    if line.fields["done"] == "not given":
        return
    yield from _of_allergies(name, chart)
    orders = [b for b in _of(chart, "MedicationRequest") if _means(name, what(b))]
    if not orders:
        yield Contradiction.NO_ORDER
    elif all(each.get("status") in _ENDED for each in orders):
        yield Contradiction.ORDER_ENDED
    for body in _of(chart, "MedicationAdministration"):
        at = moment(body.get("effectiveDateTime", ""))
        near = body.get("status") != "not-done" and at and abs(at - line.when) < HOUR
        if near and _means(name, what(body)):
            yield Contradiction.TWICE


def _of_allergies(name: str, chart: Chart) -> Iterator[Contradiction]:
    for body in _of(chart, "AllergyIntolerance"):
        if ips_sections.part_of(body) is None:  # refuted, or over
            continue
        if any(_means(name, text) or _one_class(name, text) for text in _names(body)):
            yield Contradiction.ALLERGY


def _of_none_known(chart: Chart) -> Iterator[Contradiction]:
    if any(codes(b.get("code", {})) & _NONE_KNOWN for b in _of(chart, "AllergyIntolerance")):
        yield Contradiction.NO_ALLERGIES


def _of(chart: Chart, kind: str) -> Iterator[Json]:
    return (body for body in chart.bodies if body["resourceType"] == kind)


def _names(allergy: Json) -> Iterator[str]:
    """Give every name an allergy has: of what, and of the substances that caused reactions."""
    reactions = (each.get("substance", {}) for each in allergy.get("reaction", ()))
    for concept in (allergy.get("code", {}), *reactions):
        yield concept.get("text", "")
        yield from (coding.get("display", "") for coding in concept.get("coding", ()))


def _means(one: str, other: str) -> bool:
    """Say whether two texts share a word that can be a medicine's name."""
    first, second = _plain(one), _plain(other)
    words = {*_words(first)}
    if words & {*_words(second)}:
        return True
    # Scripts without spaces: one name within the other.
    dense = any(map(is_dense, first)) and any(map(is_dense, second))
    return dense and bool(first and second) and (first in second or second in first)


def _one_class(one: str, other: str) -> bool:
    first, second = _plain(one), _plain(other)
    return any(
        any(stem in first for stem in stems) and any(stem in second for stem in stems)
        for stems in CLASSES
    )


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _words(text: str) -> list[str]:
    """Part a text into words of letters that are long enough to name something."""
    parted = "".join(sign if sign.isalpha() else " " for sign in text).split()
    return [word for word in parted if len(word) >= _SHORTEST and word not in _FORMS]


_FORMS = frozenset(
    """
    oral tablet tablets capsule capsules solution injection injectable product pill release
    extended delayed sodium chloride acid hydrochloride suspension cream prefilled syringe actuat
    hour unit units allergy allergic milligram substance daily dose
    """.split()  # noqa: SIM905 - read as a page
)
"""Words of many medicines' names that name none."""


def moment(text: str) -> Millis:
    """Read a FHIR dateTime with its zone; 0 for none and for a mere day."""
    at = read_moment(text)
    return Millis(0) if at is None else Millis(int(at.timestamp() * 1000))
