"""What must be seen first: code status, isolation, weight, blood group, diet, legal status, alerts.

The latest word of each kind is shown; where they do not agree, all of them are, the latest first:
which one holds is a person's to say.
"""

from collections.abc import Iterable
from datetime import timedelta

from chartkeep.clinical.summary import what
from chartkeep.continuity.filling.chart import Chart, Json
from chartkeep.continuity.filling.topics import (
    CODE_STATUS,
    DIET,
    ISOLATION,
    LEGAL,
    RESTRAINT,
    Topic,
    topic_of,
)
from chartkeep.continuity.filling.words import (
    basics,
    codes,
    concept,
    is_measured,
    latest_first,
    moment,
    number,
    time_of,
    title,
)
from chartkeep.continuity.sheet import Item, Measured, Part, Says

MOST = 10
RECENT = timedelta(hours=72)
_SPEAKING = ("Flag", "Observation", "ServiceRequest", "Procedure", "Consent")
_LIVE = frozenset(
    ["active", "on-hold", "final", "amended", "corrected", "preliminary", "in-progress"]
)
_WEIGHT = frozenset({"29463-7", "3141-9", "3142-7", "8335-2"})
"""LOINC: body weight; measured, stated, estimated."""
_BLOOD_GROUP = frozenset({"882-1", "883-9", "10331-7"})
"""LOINC: ABO and Rh; ABO; Rh."""


class Spoken:
    """What a chart says of the subjects of `topics`: asked of each resource once."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._said: dict[Topic | None, list[Json]] = {}
        ended = (body for body in chart.of("Procedure") if _just_ended(body, chart))
        live = (body for body in chart.of(*_SPEAKING) if body.get("status") in _LIVE)
        told = (body for body in (*live, *ended) if not is_measured(body))
        for body in latest_first(told):
            self._said.setdefault(topic_of(body), []).append(body)

    def code_status(self) -> Part[Item]:
        """Give what is written of resuscitation."""
        return self._agreed(CODE_STATUS)

    def isolation(self) -> Part[Item]:
        """Give the precautions against infection that hold."""
        return self._all(ISOLATION)

    def legal(self) -> Part[Item]:
        """Give the legal status of a psychiatric stay."""
        return self._agreed(LEGAL)

    def restraint(self) -> Part[Item]:
        """Give restraint and seclusion, running or ended in the last 72 hours."""
        return _part([_item(each, self._chart) for each in self._said.get(RESTRAINT, ())])

    def diet(self) -> Part[Item]:
        """Give the diet orders that hold, and what is flagged about food."""
        orders = [b for b in self._chart.of("NutritionOrder") if b.get("status") in _LIVE]
        items = [_diet_order(body, self._chart) for body in latest_first(orders)]
        return _part([*items, *self._all(DIET).items])

    def alerts(self) -> Part[Item]:
        """Give the active flags that stand nowhere else on the sheet."""
        flags = (b for b in self._said.get(None, ()) if b["resourceType"] == "Flag")
        return _part([_item(each, self._chart) for each in flags])

    def _all(self, topic: Topic) -> Part[Item]:
        live = (b for b in self._said.get(topic, ()) if b.get("status") in _LIVE)
        return _part([_item(each, self._chart) for each in live])

    def _agreed(self, topic: Topic) -> Part[Item]:
        """Show the latest, and those that say something else."""
        live = [b for b in self._said.get(topic, ()) if b.get("status") in _LIVE]
        kept: dict[str, Json] = {}
        for body in live:
            kept.setdefault(_value(body), body)
        items = [_item(each, self._chart) for each in kept.values()]
        return _part(items, older=len(live) - len(items))


def weight(chart: Chart) -> Part[Measured]:
    """Give the last weight."""
    found = latest_first(
        body
        for body in chart.of("Observation")
        if body.get("status") in _LIVE
        and "value" in body.get("valueQuantity", {})
        and codes(body.get("code")) & _WEIGHT
    )
    if not found:
        return Part()
    value = found[0]["valueQuantity"]
    unit = str(value.get("unit") or value.get("code") or "")
    words = basics(found[0], chart) | {"what": concept(found[0].get("code"))}
    last = Measured(**words, value=number(value["value"]), unit=unit)
    return Part(says=Says.DATA, items=[last], older=len(found) - 1)


def blood_group(chart: Chart) -> Part[Item]:
    """Give what the laboratory found of each kind; all of them where they do not agree."""
    found = latest_first(
        body
        for body in chart.of("Observation")
        if body.get("status") in _LIVE and codes(body.get("code")) & _BLOOD_GROUP
    )
    kept: dict[tuple[frozenset[str], str], Json] = {}
    for body in found:
        group = frozenset(codes(body.get("code")) & _BLOOD_GROUP)
        kept.setdefault((group, _value(body)), body)
    items = [_item(each, chart) for each in kept.values()]
    return _part(items, older=len(found) - len(items))


def _value(body: Json) -> str:
    codings = body.get("valueCodeableConcept", body.get("code", {})) or {}
    return ",".join(sorted(codes(codings))) or what(body)


def _part(items: list[Item], older: int = 0) -> Part[Item]:
    shown = items[:MOST]
    beyond = older + len(items) - len(shown)
    return Part(says=Says.DATA if items else Says.NO_DATA, items=shown, older=beyond)


def _item(body: Json, chart: Chart) -> Item:
    policies: Iterable[str] = (
        concept(rule.get("code")) for rule in [body.get("provision", {})] if rule
    )
    parts = (title(body, chart), *policies)
    return Item(**basics(body, chart) | {"what": ", ".join(dict.fromkeys(filter(None, parts)))})


def _diet_order(body: Json, chart: Chart) -> Item:
    oral, tube = body.get("oralDiet", {}), body.get("enteralFormula", {})
    parts = (
        concept(oral.get("type")),
        str(oral.get("instruction", "")),
        concept(tube.get("baseFormulaType")) or str(tube.get("baseFormulaProductName", "")),
        concept(body.get("excludeFoodModifier")) and f"- {concept(body['excludeFoodModifier'])}",
        *(str(each.get("productName", "")) for each in body.get("supplement", ())),
    )
    words = ", ".join(filter(None, parts))
    return Item(**basics(body, chart) | ({"what": words} if words else {}))


def _just_ended(body: Json, chart: Chart) -> bool:
    period = body.get("performedPeriod", {})
    at = moment(str(period.get("end") or time_of(body)))
    return body.get("status") == "completed" and at is not None and at > chart.now - RECENT
