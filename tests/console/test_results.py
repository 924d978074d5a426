"""Results, plots, lists and timeline: what is shown is what was written."""

from hypothesis import given
from hypothesis import strategies as st

from chartkeep.console.contents import first_of, list_all, notes_of
from chartkeep.console.plots import LARGE, plot_of
from chartkeep.console.results import MOST_POINTS, Point, Series, groups_of
from chartkeep.console.signals import signal_of
from chartkeep.console.timeline import dated, timeline_of
from tests.records import Json


def measured(value: object, when: str, **more: object) -> Json:
    quantity = {"value": value, "unit": "mmol/L"}
    return {
        "resourceType": "Observation", "status": "final", "code": {"text": "potassium"},
        "effectiveDateTime": when, "valueQuantity": quantity, **more,
    }  # fmt: skip


def series_of(*bodies: Json) -> Series:
    (group,) = groups_of(bodies)
    (series,) = group.series
    return series


def test_a_value_is_shown_as_it_was_written_the_latest_first() -> None:
    series = series_of(measured("4.10", "2026-01-02"), measured("5.00", "2026-01-03T08:00:00Z"))
    assert [point.said for point in series.points] == ["5.00", "4.10"]


def test_times_of_two_zones_stand_in_their_true_order() -> None:
    tokyo, london = "2026-01-02T08:00:00+09:00", "2026-01-02T01:00:00+00:00"
    series = series_of(measured("1", london), measured("2", tokyo))
    assert [point.said for point in series.points] == ["1", "2"]


def test_a_value_out_of_its_range_is_marked_as_the_laboratory_says() -> None:
    limits = [{"low": {"value": "3.5"}, "high": {"value": "5.1"}}]
    normal = [{"coding": [{"code": "N"}]}]
    flags = [
        series_of(measured(value, "2026", referenceRange=limits, **more)).last.flag
        for value, more in (
            ("5.2", {}), ("3.4", {}), ("5.1", {}), ("9", {"interpretation": normal}),
            ("4", {"interpretation": [{"coding": [{"code": "HH"}]}]}),
        )
    ]  # fmt: skip
    assert flags == ["H", "L", "", "", "H"]


def test_units_are_never_mixed() -> None:
    other = measured("74", "2026-01-02")
    other["valueQuantity"]["unit"] = "mg/dL"
    (group,) = groups_of([measured("4", "2026-01-01"), other])
    assert [series.unit for series in group.series] == ["mg/dL", "mmol/L"]


def test_what_was_entered_in_error_is_not_shown() -> None:
    assert groups_of([measured("4", "2026-01-01", status="entered-in-error")]) == []


def test_a_panel_is_shown_by_its_parts_and_words_are_values_too() -> None:
    panel = {
        "resourceType": "Observation", "status": "final", "code": {"text": "blood pressure"},
        "effectiveDateTime": "2026-01-01", "category": [{"coding": [{"code": "vital-signs"}]}],
        "component": [
            {"code": {"text": "systolic"}, "valueQuantity": {"value": 120, "unit": "mm[Hg]"}},
            {"code": {"text": "position"}, "valueCodeableConcept": {"text": "sitting"}},
            {"code": {"text": "calm"}, "valueBoolean": False},
        ],
    }  # fmt: skip
    (group,) = groups_of([panel])
    assert group.title == "Vital signs"
    said = {series.name: series.last.said for series in group.series}
    assert said == {"systolic": "120", "position": "sitting", "calm": "no"}


def test_of_many_values_the_latest_are_shown_and_the_rest_counted() -> None:
    days = [f"20{year:02}-{month:02}-01" for year in range(25) for month in range(1, 13)]
    series = series_of(*(measured(str(at), day) for at, day in enumerate(days)))
    assert (len(series.points), series.older) == (MOST_POINTS, len(days) - MOST_POINTS)
    assert series.last.said == str(len(days) - 1)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=20), NUMBERS, NUMBERS)
def test_every_point_lies_inside_its_plot(
    values: list[tuple[float, float]], low: float, high: float
) -> None:
    points = [Point("", at, "", number, "") for at, number in sorted(values, reverse=True)]
    plot = plot_of(Series("", "", points, low, high, 0), LARGE)
    assert plot is not None
    places = [place.split(",") for place in plot.line.split()]
    assert len(places) == len(values)
    assert all(0 <= float(x) <= LARGE[0] and 0 <= float(y) <= LARGE[1] for x, y in places)


def test_one_value_is_no_plot() -> None:
    assert plot_of(series_of(measured("4", "2026-01-01")), LARGE) is None


def test_the_latest_signal_that_can_be_read_is_drawn() -> None:
    def ecg(when: str, data: str) -> Json:
        sampled = {"origin": {"value": 0, "unit": "uV"}, "period": 2, "data": data}
        lead = {"code": {"text": "<II>"}, "valueSampledData": sampled}
        return {
            "resourceType": "Observation", "code": {"text": when}, "effectiveDateTime": when,
            "component": [lead],
        }  # fmt: skip

    unread = {**ecg("2027-01-01", "1 2")}
    unread["component"] = [{"code": {}, "valueSampledData": {"data": "1 2"}}]
    signal = signal_of([ecg("2025-01-01", "1 2 3"), ecg("2026-01-01", "1 E 3 U"), unread])
    assert signal is not None
    assert (signal.name, signal.when) == ("2026-01-01", "2026-01-01")
    assert "&lt;II&gt;" in signal.drawing
    assert "<II>" not in signal.drawing


def test_what_was_written_many_times_stands_once() -> None:
    def problem(when: str, **more: object) -> Json:
        code = {"text": "asthma"}
        return {"resourceType": "Condition", "code": code, "onsetDateTime": when, **more}

    over = {"clinicalStatus": {"coding": [{"code": "resolved"}]}, "code": {"text": "measles"}}
    (item,) = first_of(
        [problem("2024-01-01"), problem("2026-01-01"), problem("2025", **over)]
    ).problems
    assert (item.what, item.when, item.times) == ("asthma", "2026-01-01", 2)


def test_a_grave_allergy_stands_first() -> None:
    def allergy(name: str, risk: str) -> Json:
        return {"resourceType": "AllergyIntolerance", "code": {"text": name}, "criticality": risk}

    found = first_of([allergy("dust", "low"), allergy("penicillin", "high")]).allergies
    assert [item.what for item in found] == ["penicillin", "dust"]


def test_only_plain_text_is_read_out_of_a_document() -> None:
    def note(form: str, data: str) -> Json:
        file = {"contentType": form, "data": data}
        return {"resourceType": "DocumentReference", "content": [{"attachment": file}]}

    bodies = [
        note("text/plain; charset=utf-8", "aGk="),
        note("text/html", "aGk="),
        note("text/plain", "%"),
    ]
    assert [each.text for each in notes_of(bodies)] == ["hi", "", ""]


def test_the_timeline_counts_results_and_names_the_rest() -> None:
    stay = {"class": {"code": "IMP"}, "period": {"start": "2026-01-02"}}
    undated: Json = {"resourceType": "Flag"}
    results = [measured("1", "2026-01-02"), measured("2", "2025-12-31")]
    bodies = [{"resourceType": "Encounter", **stay}, undated, *results]
    new, old = timeline_of(dated(bodies))
    assert [(day.day, len(day.items), day.results) for day in new.days] == [("2026-01-02", 1, 1)]
    assert [(day.day, len(day.items), day.results) for day in old.days] == [("2025-12-31", 0, 1)]


def test_a_resource_that_says_nothing_breaks_no_page() -> None:
    for kind in ("Condition", "MedicationRequest", "ImagingStudy", "Encounter", "Observation"):
        bare: Json = {"resourceType": kind}
        assert list_all([bare])[0].kind == kind
        assert groups_of([bare]) == []
        first_of([bare])
