"""Studies of pictures over FHIR: read and searched as ImagingStudy, written by nobody."""

from io import BytesIO

import orjson
import pytest

from chartkeep.clinical.issuers import Issuers
from chartkeep.clinical.schema import check_resource
from chartkeep.imaging.taking import Fate, File, Sender, Taker
from chartkeep.inventor.dicom import Where, Whose, xray
from chartkeep.model import to_text
from tests.fhir.http.conftest import Clinic

MRN = "urn:mrn"


def take(clinic: Clinic, *numbers: int, whose: str = "mrn-p") -> None:
    taker = Taker(clinic.house.engine, Issuers({}))
    for number in numbers:
        where = Where("2.25.7", "2.25.8", f"2.25.9.{number}", "20261101", "081500", "A-1", number)
        data = xray(Whose(whose, "", "", ""), where, 16)
        outcome = taker.take_one(File(BytesIO(data)), Sender("CR1", MRN))
        assert outcome.fate is Fate.STORED


def test_a_study_is_found_and_read_as_an_imaging_study(clinic: Clinic) -> None:
    take(clinic, 1, 2)
    web = clinic.web("aiko")
    study = web.get("ImagingStudy?patient=p").entries[0]["resource"]
    check_resource("ImagingStudy", study, orjson.dumps(study))
    assert study["numberOfInstances"] == 2
    assert study["subject"]["reference"] == "Patient/p"
    got = web.get(f"ImagingStudy/{study['id']}")
    assert got.body == study
    assert got.status == 200
    take(clinic, 3)
    again = web.get(f"ImagingStudy/{study['id']}")
    assert (again.body["numberOfInstances"], again.body["meta"]["versionId"]) == (3, "3")


@pytest.mark.parametrize(
    "query", ["identifier=urn:dicom:uid|urn:oid:2.25.7", "modality=CR", "started=2026-11-01",
              "series=2.25.8", "instance=2.25.9.1"],
)  # fmt: skip
def test_it_is_searched_like_any_resource(clinic: Clinic, query: str) -> None:
    take(clinic, 1)
    about = f"ImagingStudy?patient=p&{query}"
    assert len(clinic.web("aiko").get(about).entries) == 1


@pytest.mark.attack
def test_nobody_writes_a_view(clinic: Clinic) -> None:
    take(clinic, 1)
    web = clinic.web("aiko")
    study = web.get("ImagingStudy?patient=p").entries[0]["resource"]
    name = f"ImagingStudy/{study['id']}"
    web.ask("DELETE", name)
    patch = [{"op": "add", "path": "/description", "value": "x"}]
    assert web.ask("PATCH", name, patch, content_type="application/json-patch+json").status >= 400
    assert web.get(f"{name}/_history").status in (403, 404)
    assert web.get(name).body == study


@pytest.mark.attack
def test_another_wards_study_and_one_that_is_not_there_are_refused_alike(clinic: Clinic) -> None:
    take(clinic, 1, whose="mrn-q")
    entry = clinic.house.engine.entry_id("dicom", "DicomStudy/IMAGING/2.25.7/A-1/2026-11-01/CR")
    web = clinic.web("aiko")
    there = web.get(f"ImagingStudy/{to_text(entry)}")
    nowhere = web.get("ImagingStudy/01234567-0123-0123-0123-0123456789ab")
    assert (there.status, there.issue) == (nowhere.status, nowhere.issue)
    assert there.status in (403, 404)
