"""A Patient a client named, whom a feed changes afterwards: the client's name still leads there."""

import pytest

from chartkeep.clinical.claim import Number
from chartkeep.clinical.deriving import derive
from chartkeep.clinical.face import NAME_KIND
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.ownership import Owner, Strangers
from chartkeep.clinical.reading import read_resource
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.placing import person_parcel
from chartkeep.model import ChartId, Section
from tests.fhir.http.conftest import Clinic


def test_a_patient_keeps_the_id_a_client_chose_when_a_feed_changes_them(clinic: Clinic) -> None:
    number = Number("urn:mrn", "mrn-p")
    raw = (
        b'{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"mrn-p"}],'
        b'"name":[{"family":"Changed"}],"birthDate":"1956-08-03"}'
    )
    item = derive("x", raw, read_resource(raw), Strangers(), where="feed")
    deposit(
        person_parcel(item, number, ChartId(clinic.mine[1]), clinic.house.engine),
        clinic.house.engine,
    )
    web = clinic.web("aiko")
    found = web.get("/Patient/p")
    assert found.status == 200
    assert found.body["id"] == "p"
    assert found.body["name"][0]["family"] == "Changed"
    assert web.get("/Patient?identifier=urn:mrn|mrn-p").ids == ["Patient/p"]
    assert web.get("/Observation?patient=p").ids


@pytest.mark.attack
@pytest.mark.parametrize("said", [b"q", b"\xff\xfe", b"a/../b", b""])
def test_a_writer_that_adds_another_name_renames_nobody(clinic: Clinic, said: bytes) -> None:
    house, chart = clinic.house.engine, ChartId(clinic.mine[1])
    for section in (Section.FACE, Section.IDENTITY):
        item = Item(
            f"{NAME_KIND}/{section.name}", NAME_KIND, said, Owner(), section, {}, (), frozenset(),
            None, "forged",
        )  # fmt: skip
        entry = house.entry_id("forged", item.key)
        deposit(Parcel(chart, "forged", [item], [entry], [{}]), house)
    web = clinic.web("aiko")
    assert web.get("/Patient/p").status == 200
    assert web.get("/Patient?identifier=urn:mrn|mrn-p").ids == ["Patient/p"]
