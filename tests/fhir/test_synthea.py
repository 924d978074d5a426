import gzip
import os
from collections import Counter
from pathlib import Path

import orjson
import pytest

from chartkeep.clinical.incoming import Parsed
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.model import Section

SHARED = Path(os.environ.get("CHARTKEEP_SHARED", Path(__file__).parents[3] / "shared"))
FILES = sorted((SHARED / "data/synthea-r4").glob("*.json.gz"))

EXPECTED = {
    ("Observation", Section.RESULTS): 8755,
    ("Claim", Section.IDENTITY): 2630,
    ("Encounter", Section.CLINICAL): 1997,
    ("ExplanationOfBenefit", Section.IDENTITY): 1997,
    ("Procedure", Section.CLINICAL): 1605,
    ("Immunization", Section.CLINICAL): 705,
    ("MedicationRequest", Section.CLINICAL): 633,
    ("DiagnosticReport", Section.RESULTS): 611,
    ("Condition", Section.CLINICAL): 428,
    ("CarePlan", Section.CLINICAL): 171,
    ("Goal", Section.CLINICAL): 119,
    ("Organization", Section.ORDINARY): 89,
    ("Practitioner", Section.ORDINARY): 89,
    ("Patient", Section.IDENTITY): 59,
    ("ImagingStudy", Section.IMAGING): 46,
    ("AllergyIntolerance", Section.CLINICAL): 24,
}

pytestmark = pytest.mark.skipif(
    not FILES, reason="needs the Synthea set: set CHARTKEEP_SHARED to the folder that holds data/"
)


@pytest.fixture(scope="module")
def parsed() -> list[Parsed]:
    return [parse_bundle(path.read_bytes(), path.name) for path in FILES]


def test_every_resource_lands_in_the_section_expected(parsed: list[Parsed]) -> None:
    landed = Counter((item.kind, item.section) for one in parsed for item in one.items)
    assert landed == EXPECTED
    assert not [refusal for one in parsed for refusal in one.refusals]


def test_every_resource_belongs_to_the_one_patient_of_its_file(parsed: list[Parsed]) -> None:
    for one in parsed:
        (patient,) = [item for item in one.items if item.kind == "Patient"]
        owners = {item.owner.patient for item in one.items if item.section != Section.ORDINARY}
        assert owners == {patient.key}
        assert not any(item.unresolved for item in one.items)


def test_the_bytes_are_those_of_the_file(parsed: list[Parsed]) -> None:
    whole = gzip.decompress(FILES[0].read_bytes())
    assert all(item.raw in whole for item in parsed[0].items)
    assert orjson.loads(whole)["entry"][5]["resource"] == orjson.loads(parsed[0].items[5].raw)


def test_a_western_patient_has_a_few_dozen_keywords(parsed: list[Parsed]) -> None:
    counts = [len(item.keywords) for one in parsed for item in one.items if item.kind == "Patient"]
    assert max(counts) <= 45
    assert sum(count > 0 for count in counts) == 59
