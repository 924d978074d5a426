"""Charts for these tests: resources as a house would have opened them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from chartkeep.clinical.face import Name, Person
from chartkeep.continuity.filling.chart import Given
from chartkeep.continuity.filling.fill import Bedside, fill_sheet
from chartkeep.continuity.sheet import PatientSheet
from chartkeep.model import Millis

NOW = Millis(int(datetime(2026, 11, 22, 8, 0, tzinfo=UTC).timestamp() * 1000))
ADMITTED = "2026-11-20T09:00:00+09:00"
PERSON = Person(names=(Name(text="山田 花子"),), gender="female", birth_date="1950-04-01")


def concept(code: str, text: str = "", system: str = "http://snomed.info/sct") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def given(kind: str, ident: str, **members: Any) -> Given:
    links = members.pop("links", {})
    raw = json.dumps({"resourceType": kind, **members}).encode()
    return Given(f"{kind}/{ident}", raw, links)


def measured(ident: str, when: str, value: str, unit: str, **members: Any) -> Given:
    """Give a laboratory result; `value` as it is spelled."""
    body = {
        "status": "final",
        "category": [concept("laboratory")],
        "code": concept("2823-3", "Potassium"),
        "effectiveDateTime": when,
        "valueQuantity": {"value": 0, "unit": unit},
    }
    made = given("Observation", ident, **body | members)
    return made._replace(raw=made.raw.replace(b'"value": 0', f'"value": {value}'.encode()))


def sheet(chart: Iterable[Given], person: Person = PERSON) -> PatientSheet:
    bedside = Bedside("c", "Patient/p", person, "3", ADMITTED, NOW, damaged=0, merged=0)
    return fill_sheet(bedside, chart, NOW)
