"""A Patient a client named, whom a feed changes afterwards: the client's name still leads there."""

from chartkeep.clinical.claim import Number
from chartkeep.clinical.deriving import derive
from chartkeep.clinical.ownership import Strangers
from chartkeep.clinical.reading import read_resource
from chartkeep.custody.deposit import deposit
from chartkeep.custody.placing import person_parcel
from chartkeep.model import ChartId
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
