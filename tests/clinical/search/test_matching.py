"""Values against elements: each parameter type, prefix and modifier."""

from typing import Any

import pytest

from chartkeep.clinical.search import parse_search
from chartkeep.errors import BadInputError
from tests.clinical.search.charts import Chart, Json, concept, link, sheet

BASE = "https://minato.example/fhir"


def finds(body: Json, key: str, value: str, *others: Json) -> bool:
    search = parse_search(body["resourceType"], [(key, value)], base=BASE)
    matches = search.matches(Chart([body, *others]))
    return body["id"] in [record.id for record in matches]


def observation(**body: Any) -> Json:
    return sheet("Observation", "o", status="final", **body)


TOKEN = observation(
    code=concept("718-7", text="Hämoglobin"),
    category=[concept("laboratory", "http://hl7.org/cat")],
    identifier=[{"system": "urn:lab", "value": "A,1"}],
    valueCodeableConcept={"coding": [{"code": "bare"}]},
)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("code", "718-7", True),
        ("code", "http://loinc.org|718-7", True),
        ("code", "HTTP://loinc.org|718-7", False),
        ("code", "http://loinc.org|", True),
        ("code", "|718-7", False),
        ("code", "1-1,718-7", True),
        ("value-concept", "|bare", True),
        ("category", "LABORATORY", True),
        ("status", "final", True),
        ("status", "http://hl7.org/fhir/observation-status|final", True),
        ("status", "http://other|final", False),
        ("status:not", "final", False),
        ("status:not", "amended", True),
        ("method:not", "x", True),
        ("identifier", r"urn:lab|A\,1", True),
        ("identifier", "urn:lab|A", False),
        ("code:text", "hamo", True),
        ("code:text", "globin", False),
        ("code:missing", "false", True),
        ("method:missing", "true", True),
        ("method:missing", "false", False),
        ("_id", "o", True),
        ("_id", "p,o", True),
        ("combo-code", "718-7", True),
    ],
)
def test_tokens(key: str, value: str, *, found: bool) -> None:
    assert finds(TOKEN, key, value) is found


PERSON = sheet(
    "Patient",
    "p",
    active=True,
    gender="female",
    name=[{"family": "Müller-Sato", "given": ["Hana", "Aoi"]}, {"text": "ﾀﾅｶ ﾊﾅ"}],
    address=[{"line": ["1 Chome"], "city": "Okayama", "postalCode": "700-0001"}],
    telecom=[{"system": "phone", "value": "+81 86"}, {"system": "email", "value": "a@b.jp"}],
    identifier=[
        {
            "system": "urn:mrn",
            "value": "77",
            "type": concept("MR", "http://terminology.hl7.org/CodeSystem/v2-0203"),
        }
    ],
    deceasedDateTime="2024-05",
)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("name", "muller", True),
        ("name", "han", True),
        ("name", "ana", False),
        ("name:contains", "ULLER", True),
        ("name:exact", "Hana", True),
        ("name:exact", "hana", False),
        ("name", "タナカ", True),
        ("family", "sato", False),
        ("given", "aoi", True),
        ("address", "okayama", True),
        ("address-postalcode", "700", True),
        ("phone", "a@b.jp", False),
        ("email", "A@b.jp", True),
        ("active", "true", True),
        ("active", "false", False),
        ("deceased", "true", True),
        ("death-date", "2024-05-07", False),
        ("death-date", "2024", True),
        ("identifier:of-type", "http://terminology.hl7.org/CodeSystem/v2-0203|MR|77", True),
        ("identifier:of-type", "http://terminology.hl7.org/CodeSystem/v2-0203|SS|77", False),
    ],
)
def test_people(key: str, value: str, *, found: bool) -> None:
    assert finds(PERSON, key, value) is found


@pytest.mark.parametrize(
    ("kept", "asked", "found"),
    [
        ("2024-05-01", "2024-05-01", True),
        ("2024-05-01", "2024-05", True),
        ("2024-05-01", "2024", True),
        ("2024-05", "2024-05-01", False),
        ("2024-05", "gt2024-05-01", True),
        ("2024-05", "lt2024-05-15", True),
        ("2024-05-01T08:00:00+09:00", "2024-05-01", True),
        ("2024-05-01T08:00:00+09:00", "2024-04-30", False),
        ("2024-05-01T08:00:00+09:00", "2024-04-30T23:00:00Z", True),
        ("2024-05-01T08:00:00+09:00", "2024-05-01T01:00:00 02:00", True),
        ("2024-05-01T08:00:00.5Z", "2024-05-01T08:00:00Z", True),
        ("2024-05-01", "ne2024-05-01", False),
        ("2024-05-02", "ne2024-05-01", True),
        ("2024-05-01", "ge2024-05-01", True),
        ("2024-05-01", "le2024-05-01", True),
        ("2024-05-01", "gt2024-05-01", False),
        ("2024-05-01", "lt2024-05-01", False),
        ("2024-05-02", "sa2024-05-01", True),
        ("2024-05", "sa2024-05-01", False),
        ("2024-04-30", "eb2024-05", True),
        ("2024-05-02", "ap2024-05-01", True),
        ("2024-05-09", "ap2024-05-01", False),
        ("0001-01-01", "lt1900", True),
        ("9999-12-31", "gt1900", True),
    ],
)
def test_dates(kept: str, asked: str, *, found: bool) -> None:
    assert finds(observation(effectiveDateTime=kept), "date", asked) is found


@pytest.mark.parametrize(
    ("period", "asked", "found"),
    [
        ({"start": "2024-05-01", "end": "2024-05-03"}, "2024-05", True),
        ({"start": "2024-05-01", "end": "2024-06-03"}, "2024-05", False),
        ({"start": "2024-05-01"}, "2024-05", False),
        ({"start": "2024-05-01", "end": "2024-05-03"}, "ge2024-05-02", True),
        ({"start": "2024-05-01", "end": "2024-05-03"}, "le2024-05-02", True),
        ({"start": "2024-05-01", "end": "2024-05-03"}, "ge2024-05-04", False),
        ({"start": "2024-05-01", "end": "2024-05-03"}, "le2024-04-30", False),
        ({"start": "2024-05-01"}, "gt2030", True),
        ({"start": "2024-05-01"}, "sa2024-04", True),
        ({"end": "2024-05-01"}, "lt1990", True),
        ({"end": "2024-05-01"}, "eb2024-05-02", True),
    ],
)
def test_periods(period: Json, asked: str, *, found: bool) -> None:
    assert finds(observation(effectivePeriod=period), "date", asked) is found


def test_a_timing_reaches_from_its_first_event_to_its_last() -> None:
    timed = observation(effectiveTiming={"event": ["2024-05-01", "2024-05-09"]})
    assert finds(timed, "date", "2024-05")
    assert not finds(timed, "date", "2024-05-01")
    assert finds(timed, "date", "ge2024-05-05")


@pytest.mark.parametrize(
    ("quantity", "asked", "found"),
    [
        ({"value": 5.4}, "5.4", True),
        ({"value": 5.44}, "5.4", True),
        ({"value": 5.46}, "5.4", False),
        ({"value": 5.46}, "ne5.4", True),
        ({"value": 5.402}, "5.40", True),
        ({"value": 5.41}, "5.40", False),
        ({"value": 100}, "1e2", True),
        ({"value": 176.35499866729558}, "176.35499866729558", True),
        ({"value": 5.4}, "gt5.4", False),
        ({"value": 5.4}, "ge5.4", True),
        ({"value": 5.4}, "le5.4", True),
        ({"value": 5.3}, "lt5.4", True),
        ({"value": 5.5}, "sa5.4", True),
        ({"value": 5.5}, "eb5.4", False),
        ({"value": 5.8}, "ap5.4", True),
        ({"value": 6.5}, "ap5.4", False),
        ({"value": -5.4}, "ap-5.2", True),
        ({"value": 5.4, "code": "mg", "system": "http://u"}, "5.4|http://u|mg", True),
        ({"value": 5.4, "code": "mg", "system": "http://u"}, "5.4|http://v|mg", False),
        ({"value": 5.4, "unit": "mg"}, "5.4||mg", True),
        ({"value": 5.4, "unit": "mg"}, "gt5||g", False),
        ({"value": 5.4, "comparator": "<"}, "lt6", True),
        ({"value": 5.4, "comparator": "<"}, "5.4", False),
        ({"unit": "mg"}, "ne5", False),
    ],
)
def test_quantities(quantity: Json, asked: str, *, found: bool) -> None:
    assert finds(observation(valueQuantity=quantity), "value-quantity", asked) is found


def test_numbers_and_ranges() -> None:
    risk = sheet("RiskAssessment", "r", prediction=[{"probabilityDecimal": 0.8}])
    assert finds(risk, "probability", "gt0.5")
    assert finds(risk, "probability", "0.8")
    spread = sheet(
        "RiskAssessment", "r", prediction=[{"probabilityRange": {"low": {"value": 0.2}}}]
    )
    assert finds(spread, "probability", "gt0.9")
    assert not finds(spread, "probability", "eb0.9")


SEEN = sheet(
    "Observation",
    "o",
    subject=link("Patient/p/_history/3"),
    performer=[
        link("https://other.example/fhir/Practitioner/x"),
        {"identifier": {"system": "urn:npi", "value": "9"}},
    ],
)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("subject", "Patient/p", True),
        ("subject", "p", True),
        ("subject", "q,p", True),
        ("subject", "Group/p", False),
        ("subject:Patient", "p", True),
        ("subject:Patient", "Patient/p", True),
        ("subject:Group", "p", False),
        ("subject", f"{BASE}/Patient/p", True),
        ("subject", "https://other.example/fhir/Patient/p", False),
        ("subject", "Patient/p/_history/3", True),
        ("subject", "Patient/p/_history/4", False),
        ("patient", "p", True),
        ("performer", "https://other.example/fhir/Practitioner/x", True),
        ("performer", "Practitioner/x", False),
        ("performer:identifier", "urn:npi|9", True),
        ("performer:identifier", "urn:npi|8", False),
        ("encounter:missing", "true", True),
    ],
)
def test_references(key: str, value: str, *, found: bool) -> None:
    assert finds(SEEN, key, value) is found


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("url", "http://a.jp/fhir/vs/1", True),
        ("url", "http://a.jp/fhir/vs", False),
        ("url:below", "http://a.jp/fhir/vs", True),
        ("url:below", "http://a.jp/fhir/v", False),
        ("url:above", "http://a.jp/fhir/vs/1/2", True),
        ("url:above", "http://a.jp/fhir/vs", False),
        ("_profile", "http://p.jp/one", True),
        ("_profile", "http://p.jp/one|2", True),
        ("_tag", "urn:t|hot", True),
        ("_security", "R", True),
        ("_lastUpdated", "ge2027", True),
        ("_lastUpdated", "2027-01-15", True),
        ("_lastUpdated", "lt2027-01-15", False),
    ],
)
def test_uris_and_what_every_resource_has(key: str, value: str, *, found: bool) -> None:
    meta = {
        "profile": ["http://p.jp/one|2"],
        "tag": [{"system": "urn:t", "code": "hot"}],
        "security": [{"code": "R"}],
    }
    assert (
        finds(sheet("ValueSet", "v", url="http://a.jp/fhir/vs/1", meta=meta), key, value) is found
    )


PRESSURE = observation(
    code=concept("85354-9"),
    component=[
        {"code": concept("8480-6"), "valueQuantity": {"value": 140}},
        {"code": concept("8462-4"), "valueQuantity": {"value": 80}},
    ],
)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("component-code-value-quantity", "8480-6$gt130", True),
        ("component-code-value-quantity", "8462-4$gt130", False),
        ("component-code-value-quantity", "8462-4$gt130,http://loinc.org|8462-4$80", True),
        ("combo-code-value-quantity", "8480-6$gt130", True),
        ("code-value-quantity", "85354-9$gt130", False),
        ("component-code-value-quantity:missing", "false", True),
    ],
)
def test_composites_hold_in_one_element(key: str, value: str, *, found: bool) -> None:
    assert finds(PRESSURE, key, value) is found


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("code:below", "718-7"),
        ("subject:below", "Patient/p"),
        ("code:in", ""),
        ("code:fuzzy", "x"),
        ("code", "a|b|c"),
        ("code", "|"),
        ("code", ","),
        ("date", "yesterday"),
        ("date", "2024-02-30"),
        ("date", "2024-13"),
        ("date", "0000"),
        ("date:exact", "2024"),
        ("value-quantity", "5|mg"),
        ("value-quantity", "1e999"),
        ("value-quantity", "nan"),
        ("value-quantity", "9" * 400),
        ("code-value-quantity", "718-7"),
        ("code-value-quantity", "718-7$"),
        ("subject", "Patient/"),
        ("subject", "a b"),
        ("subject:Practitioner", "x"),
        ("code:missing", "yes"),
        ("identifier:of-type", "a|b"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_not_repeated(key: str, value: str) -> None:
    with pytest.raises(BadInputError) as caught:
        finds(TOKEN, key, value)
    assert key.partition(":")[0] in str(caught.value)
    assert len(value) < 4 or value not in str(caught.value)
