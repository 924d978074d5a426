from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given as always
from hypothesis import strategies as st

from chartkeep.continuity.filling.chart import Given
from chartkeep.continuity.filling.dosing import AHEAD, MOST_DUE, due_times
from chartkeep.continuity.sheet import Says
from tests.continuity.filling.charts import concept, given, sheet

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ORDERED = "2026-11-21T10:00:00+09:00"


def drug(ident: str = "m", *, dosage: dict[str, Any] | None = None, **members: Any) -> Given:
    body = {
        "status": "active",
        "intent": "order",
        "category": [concept("inpatient")],
        "medicationCodeableConcept": concept("J01DD04", "ceftriaxone"),
        "authoredOn": ORDERED,
        "dosageInstruction": [dosage or {}],
    }
    return given("MedicationRequest", ident, **body | members)


def test_times_of_the_day_are_due_in_the_orders_own_zone() -> None:
    dosage = {"timing": {"repeat": {"timeOfDay": ["08:00:00", "20:00:00"]}}}
    order = sheet([drug(dosage=dosage)]).orders.items[0]
    assert order.due == ["2026-11-22T20:00+09:00", "2026-11-23T08:00+09:00"]
    assert order.timing == "08:00 20:00"


def test_a_period_is_counted_from_when_it_was_last_given() -> None:
    dosage = {"timing": {"repeat": {"frequency": 1, "period": 8, "periodUnit": "h"}}}
    administration = given(
        "MedicationAdministration",
        "a",
        status="completed",
        effectiveDateTime="2026-11-22T15:30:00+09:00",
        request={"reference": "urn:uuid:1"},
        links={"urn:uuid:1": "MedicationRequest/m"},
    )
    order = sheet([drug(dosage=dosage), administration]).orders.items[0]
    assert order.last == "2026-11-22T15:30:00+09:00"
    assert order.due == [
        "2026-11-22T23:30+09:00",
        "2026-11-23T07:30+09:00",
        "2026-11-23T15:30+09:00",
    ]


def test_twice_a_day_fixes_no_time() -> None:
    repeat = {"frequency": 2, "period": 1, "periodUnit": "d"}
    order = sheet([drug(dosage={"timing": {"repeat": repeat}})]).orders.items[0]
    assert (order.due, order.timing) == ([], "2 x / 1 d")


def test_what_is_given_when_needed_is_never_due() -> None:
    dosage = {"asNeededBoolean": True, "timing": {"repeat": {"timeOfDay": ["20:00:00"]}}}
    order = sheet([drug(dosage=dosage)]).orders.items[0]
    assert (order.due, order.as_needed) == ([], True)


def test_a_prescription_from_before_the_stay_is_a_medication_and_no_order() -> None:
    before = drug(category=[], authoredOn="2026-01-01T10:00:00+09:00")
    outside = drug("n", category=[concept("community")])
    said = sheet([before, outside])
    assert said.orders.says == Says.NO_DATA
    assert len(said.medications.items) == 2


def test_an_order_since_the_stay_began_needs_no_category() -> None:
    assert sheet([drug(category=[])]).orders.items[0].what == "ceftriaxone"


def test_a_medicine_in_a_resource_of_its_own_is_named() -> None:
    ordered = drug(medicationCodeableConcept=None, medicationReference={"reference": "#x"})
    inside = b'{"contained":[{"resourceType":"Medication","id":"x","code":{"text":"heparin"}}],'
    raw = ordered.raw.replace(b'"medicationCodeableConcept": null, ', b"").replace(b"{", inside, 1)
    assert sheet([ordered._replace(raw=raw)]).orders.items[0].what == "heparin"


def test_what_runs_in_is_an_infusion() -> None:
    flow = {"doseAndRate": [{"rateQuantity": {"value": 20, "unit": "mL/h"}}]}
    said = sheet([drug(dosage=flow)])
    assert said.orders.says == Says.NO_DATA
    assert said.infusions.items[0].dose == "20 mL/h"


def test_a_test_without_a_result_is_pending_until_its_result_is_final() -> None:
    asked = given(
        "ServiceRequest",
        "s",
        status="active",
        intent="order",
        category=[concept("108252007")],
        code=concept("600-7", "Blood culture"),
        authoredOn=ORDERED,
    )
    answer = {"basedOn": [{"reference": "ServiceRequest/s"}], "code": concept("600-7")}
    early = given("DiagnosticReport", "d", status="preliminary", **answer)
    final = given("DiagnosticReport", "d", status="final", **answer)
    assert [item.what for item in sheet([asked]).pending.items] == ["Blood culture"]
    assert {i.source for i in sheet([asked, early]).pending.items} == {
        "ServiceRequest/s",
        "DiagnosticReport/d",
    }
    assert sheet([asked, final]).pending.says == Says.NO_DATA


def test_nursing_orders_are_due_when_they_are_listed() -> None:
    task = given(
        "ServiceRequest",
        "s",
        status="active",
        intent="order",
        code=concept("1", "Turn the patient"),
        authoredOn=ORDERED,
        occurrenceTiming={"event": ["2026-11-22T18:00:00+09:00"]},
    )
    order = sheet([task]).orders.items[0]
    assert (order.what, order.due) == ("Turn the patient", ["2026-11-22T18:00+09:00"])


def test_a_wish_is_no_order() -> None:
    assert sheet([drug(intent="proposal")]).orders.says == Says.NO_DATA


@always(
    st.floats(min_value=0, allow_nan=False) | st.integers(0, 10**9),
    st.sampled_from(["s", "min", "h", "d", "wk", "mo", "a"]),
    st.datetimes(timezones=st.just(UTC)),
)
def test_no_period_yields_times_outside_the_next_day(
    period: float, unit: str, last: datetime
) -> None:
    timing = {"repeat": {"period": period, "periodUnit": unit}}
    due = [datetime.fromisoformat(each) for each in due_times(timing, NOW, ORDERED, last)]
    assert len(due) <= MOST_DUE
    assert all(NOW - timedelta(minutes=1) <= each <= NOW + AHEAD for each in due)
    assert due == sorted(due)
