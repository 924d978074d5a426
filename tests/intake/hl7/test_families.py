"""What each family of messages becomes."""

import base64

import pytest

from tests.intake.ecg.files import aecg
from tests.intake.hl7.conftest import Feed
from tests.intake.hl7.messages import PID, adt, message, obr, obx, oru, pv1
from tests.intake.hl7.samples import SAMPLES


def send(feed: Feed, *names: str) -> None:
    for name in ("A28", *names):
        assert feed.send(SAMPLES[name]) == "AA"


def test_values_are_what_their_types_say(feed: Feed) -> None:
    send(feed, "ORU values")
    found = {each["code"]["coding"][0]["code"]: each for each in feed.read("Observation")}
    assert found["5195-3"]["valueQuantity"]["comparator"] == ">"
    assert found["20507-0"]["valueRatio"]["denominator"]["value"] == 128
    assert found["883-9"]["valueCodeableConcept"]["coding"][0]["system"] == "http://snomed.info/sct"
    assert found["718-7"]["valueQuantity"]["comparator"] == "<"
    assert found["LOCAL1"]["valueString"] == "not done"
    assert found["11778-8"]["valueDateTime"] == "2027-03-01"
    assert found["5778-6"]["valueString"] == "straw & clear"
    assert "dataAbsentReason" in found["2345-7"]
    assert len(feed.read("Specimen")) == 1


def test_a_number_keeps_its_spelling(feed: Feed) -> None:
    send(feed)
    feed.send(oru(obr(), obx(_5="6.10")))
    chart = feed.chart()
    feed.house.admit(chart)
    opened = feed.house.open(feed.house.login("aiko"), chart)
    (raw,) = [e.raw for e in opened.entries if e.header.kind == "Observation"]
    assert b'"value":6.10' in raw


def test_a_zero_is_a_result(feed: Feed) -> None:
    send(feed)
    feed.send(oru(obr(), obx(_5="0.0")))
    (result,) = feed.read("Observation")
    assert result["valueQuantity"]["value"] == 0


def test_a_report_in_words_keeps_its_lines_and_its_impression(feed: Feed) -> None:
    send(feed, "ORU radiology")
    (report,) = feed.read("DiagnosticReport")
    text = base64.b64decode(report["presentedForm"][0]["data"]).decode()
    assert text == "No effusion.\nHeart of normal size.\nNormal chest."
    assert report["conclusion"] == "Normal chest."
    assert feed.read("Observation") == []


def test_a_file_inside_a_message_is_a_document_beside_the_report(feed: Feed) -> None:
    send(feed, "ORU with a file")
    (document,) = feed.read("DocumentReference")
    shown = document["content"][0]["attachment"]
    assert (shown["contentType"], shown["size"]) == ("application/pdf", 27)
    assert document["context"]["related"][0]["reference"].startswith("DiagnosticReport/")
    (binary,) = feed.read("Binary")
    assert binary["contentType"] == "application/pdf"


def test_a_document_is_cancelled_by_its_number(feed: Feed) -> None:
    send(feed, "MDM")
    (document,) = feed.read("DocumentReference")
    assert (document["status"], document["docStatus"]) == ("current", "final")
    feed.send(SAMPLES["MDM cancelled"])
    (document,) = feed.read("DocumentReference")
    assert document["status"] == "entered-in-error"


def test_an_order_has_what_a_worklist_needs(feed: Feed) -> None:
    send(feed, "OMI")
    (order,) = feed.read("ServiceRequest")
    numbers = {each["type"]["coding"][0]["code"]: each["value"] for each in order["identifier"]}
    assert numbers == {"PLAC": "P-10", "ACSN": "A-2026-88"}
    assert order["orderDetail"][0]["coding"][0]["code"] == "CT"
    assert order["occurrenceDateTime"] == "2026-11-23T10:00:00+09:00"


def test_an_order_is_cancelled_by_its_number(feed: Feed) -> None:
    send(feed, "ORM")
    feed.send(SAMPLES["ORM"].replace(b"ORC|NW", b"ORC|CA").replace(b"|9|P", b"|90|P"))
    (order,) = feed.read("ServiceRequest")
    assert order["status"] == "revoked"


def test_allergies_and_insurance_come_with_an_admission(feed: Feed) -> None:
    send(feed, "A01", "A60")
    found = {each["code"]["text"]: each for each in feed.read("AllergyIntolerance")}
    assert found["Penicillin"]["criticality"] == "high"
    assert found["Nut allergy"]["category"] == ["food"]
    (coverage,) = feed.read("Coverage")
    assert coverage["payor"] == [{"display": "協会けんぽ"}]


def test_what_is_null_is_not_there(feed: Feed) -> None:
    feed.send(adt("A28"))
    feed.send(adt("A31", pid=PID.replace("03-1234-5678^PRN^PH", '""'), number="2"))
    (patient,) = feed.read("Patient")
    assert "telecom" not in patient


def test_what_is_confidential_lies_in_the_restricted_section(feed: Feed) -> None:
    send(feed)
    orc = "ORC|NW|P-7^HIS" + "|" * 26 + "V"
    feed.send(message("ORM^O01", PID, orc, obr(_2="P-7^HIS"), number="50"))
    chart = feed.chart()
    feed.house.admit(chart)
    opened = feed.house.open(feed.house.login("aiko"), chart)
    assert "ServiceRequest" not in {e.header.kind for e in opened.entries}
    (order,) = feed.read("ServiceRequest")
    assert order["meta"]["security"][0]["code"] == "V"


def test_a_result_of_a_visit_nobody_told_of_keeps_the_visit_as_far_as_it_is_known(
    feed: Feed,
) -> None:
    send(feed)
    feed.send(oru(pv1(), obr(), obx()))
    (visit,) = feed.read("Encounter")
    assert visit["status"] == "unknown"
    feed.send(adt("A01", pv1(), number="2"))
    (visit,) = feed.read("Encounter")
    assert visit["status"] == "in-progress"


def test_an_ecg_inside_a_message_is_a_document_and_its_signals(feed: Feed) -> None:
    pytest.importorskip("ecgdatakit", reason="the extra ecg is not installed")
    send(feed)
    data = base64.b64encode(aecg()).decode()
    ecg = obx(_2="ED", _3="11524-6^EKG^LN", _5=f"CART^Application^XML^Base64^{data}", _6="", _7="")
    assert feed.send(oru(obr(_24="EC"), ecg)) == "AA"
    (document,) = feed.read("DocumentReference")
    (signals,) = feed.read("Observation")
    assert document["content"][0]["attachment"]["contentType"] == "application/xml"
    assert len(signals["component"]) >= 8
    (report,) = feed.read("DiagnosticReport")
    assert report["result"][0]["reference"].startswith("Observation/")
