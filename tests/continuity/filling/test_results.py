from chartkeep.continuity.sheet import Says
from tests.continuity.filling.charts import concept, given, measured, sheet


def test_a_series_keeps_digits_units_and_order() -> None:
    chart = [
        measured("b", "2026-11-22T06:00:00+09:00", "4.10", "mmol/L"),
        measured("a", "2026-11-21T06:00:00+09:00", "3.90", "mmol/L"),
        measured("c", "2026-11-21T06:00:00+09:00", "16", "mg/dL"),
    ]
    found = sheet(chart).results.items
    assert [(each.unit, [point.text for point in each.points]) for each in found] == [
        ("mmol/L", ["3.90", "4.10"]),
        ("mg/dL", ["16"]),
    ]
    assert found[0].points[1].value == 4.1


def test_what_is_older_than_72_hours_or_a_mistake_is_left_out() -> None:
    chart = [
        measured("a", "2026-11-19T07:59:00+00:00", "4", "mmol/L"),
        measured("b", "2026-11-22T07:00:00+00:00", "4", "mmol/L", status="entered-in-error"),
    ]
    assert sheet(chart).results.says == Says.NO_DATA


def test_a_flag_is_the_laboratorys_or_follows_from_its_range() -> None:
    limits = [{"low": {"value": 3.5, "unit": "mmol/L"}, "high": {"value": 5.1, "unit": "mmol/L"}}]
    when = "2026-11-22T07:00:00+00:00"
    chart = [
        measured("a", when, "6.2", "x1", referenceRange=limits),
        measured("b", when, "6.2", "x2", referenceRange=limits, interpretation=[concept("HH")]),
        measured("c", when, "6.2", "x3", referenceRange=limits, interpretation=[concept("N")]),
        measured("d", when, "2.1", "x4", referenceRange=limits),
        measured("e", when, "9.9", "x5"),
    ]
    flags = {each.unit: each.points[0].flag for each in sheet(chart).results.items}
    assert flags == {"x1": "H", "x2": "HH", "x3": "", "x4": "L", "x5": ""}
    assert sheet(chart[:1]).results.items[0].range == "3.5 mmol/L - 5.1 mmol/L"


def test_a_comparator_is_text_and_never_flagged_by_the_range() -> None:
    below = {"value": 0.1, "unit": "ng/mL", "comparator": "<"}
    limits = [{"low": {"value": 0.2}}]
    when = "2026-11-22T07:00:00+00:00"
    chart = given(
        "Observation",
        "a",
        status="final",
        code=concept("1", "Troponin"),
        effectiveDateTime=when,
        valueQuantity=below,
        referenceRange=limits,
    )
    point = sheet([chart]).results.items[0].points[0]
    assert (point.text, point.flag) == ("<0.1", "")


def test_components_are_series_of_their_own_and_curves_are_none() -> None:
    pressure = given(
        "Observation",
        "p",
        status="final",
        category=[concept("vital-signs")],
        code=concept("85354-9", "Blood pressure"),
        effectiveDateTime="2026-11-22T07:00:00+00:00",
        component=[
            {
                "code": concept("8480-6", "Systolic"),
                "valueQuantity": {"value": 120, "unit": "mmHg"},
            },
            {
                "code": concept("8462-4", "Diastolic"),
                "valueQuantity": {"value": 80, "unit": "mmHg"},
            },
            {"code": concept("x", "Lead"), "valueSampledData": {"data": "1 2 3"}},
        ],
    )
    found = sheet([pressure]).results.items
    assert [(each.what, each.kind) for each in found] == [
        ("Diastolic", "vital-signs"),
        ("Systolic", "vital-signs"),
    ]


def test_words_are_results_too_and_reports_show_their_conclusion() -> None:
    when = "2026-11-22T07:00:00+00:00"
    culture = given(
        "Observation",
        "o",
        status="preliminary",
        code=concept("600-7", "Blood culture"),
        effectiveDateTime=when,
        valueString="no growth",
    )
    report = given(
        "DiagnosticReport",
        "d",
        status="final",
        code=concept("1", "Chest X-ray"),
        effectiveDateTime=when,
        conclusion="no infiltrate",
    )
    said = sheet([culture, report])
    point = said.results.items[0].points[0]
    assert (point.text, point.value, point.state) == ("no growth", None, "preliminary")
    assert (said.reports.items[0].what, said.reports.items[0].note) == (
        "Chest X-ray",
        "no infiltrate",
    )
