"""Messages into charts, and what is answered."""

from tests.intake.hl7.conftest import Feed
from tests.intake.hl7.messages import ADMITTED, OBR, POTASSIUM, adt, oru


def test_an_admission_makes_a_chart_with_a_face_a_bed_and_a_visit(feed: Feed) -> None:
    assert feed.send(adt("A01", ADMITTED)) == "AA"
    (visit,) = feed.read("Encounter")
    assert visit["status"] == "in-progress"
    assert visit["class"]["code"] == "IMP"
    assert visit["period"] == {"start": "2026-11-22T09:00:00+09:00"}
    shown = [
        (e["physicalType"]["coding"][0]["code"], e["location"]["display"])
        for e in visit["location"]
    ]
    assert shown == [("wa", "3W"), ("ro", "302"), ("bd", "302-1")]
    (patient,) = feed.read("Patient")
    assert [name["family"] for name in patient["name"]] == ["佐藤", "サトウ", "SATO"]


def test_a_result_goes_to_the_chart_its_number_names(feed: Feed) -> None:
    feed.send(adt("A01", ADMITTED))
    assert feed.send(oru(ADMITTED, OBR, POTASSIUM), feed.lab) == "AA"
    (result,) = feed.read("Observation")
    assert result["valueQuantity"] == {
        "value": 6.10, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L",
    }  # fmt: skip
    (report,) = feed.read("DiagnosticReport")
    assert report["status"] == "final"
