"""A clinician's day through fhirclient (SMART Health IT), which checks every answer's elements."""

import pytest

client = pytest.importorskip("fhirclient.client", reason="make journeys installs it")

from fhirclient.models import bundle, observation, patient  # noqa: E402
from fhirclient.server import FHIRNotFoundException, FHIRPermissionDeniedException  # noqa: E402

from tests.journeys.service import Service, born, glucose  # noqa: E402

pytestmark = pytest.mark.journey


def smart(service: Service) -> "client.FHIRClient":
    """Log in as an application that was given its token."""
    made = client.FHIRClient({"app_id": "journeys", "api_base": service.base})
    assert made.prepare()
    made.server.session.headers["Authorization"] = f"Bearer {service.token()}"
    return made


def test_a_day_with_fhirclient(service: Service) -> None:
    server = smart(service).server
    assert server.capabilityStatement.fhirVersion == "4.0.1"
    ident = patient.Patient(born("Yagi")).create(server)["id"]
    service.place(ident)
    for day in range(1, 6):
        observation.Observation(glucose(ident, float(day), day)).create(server)

    asked = {"patient": ident, "code": "http://loinc.org|2339-0", "_sort": "-date", "_count": "2"}
    search = observation.Observation.where(asked)
    found = list(search.perform_resources_iter(server))
    assert [each.valueQuantity.value for each in found] == [5, 4, 3, 2, 1]
    assert next(search.perform_iter(server)).total == 5

    one = observation.Observation.read(found[0].id, server)
    one.status = "amended"
    assert one.update(server)["meta"]["versionId"] == "2"
    one.delete(server)
    with pytest.raises(Exception, match="410"):
        observation.Observation.read(one.id, server)

    everything = bundle.Bundle.read_from(f"Patient/{ident}/$everything", server)
    assert [each.resource.resource_type for each in everything.entry][:2] == [
        "Patient", "Observation",
    ]  # fmt: skip
    document = bundle.Bundle.read_from(f"Patient/{ident}/$summary", server)
    assert document.entry[0].resource.resource_type == "Composition"


def test_somebody_elses_chart_is_forbidden(service: Service) -> None:
    server = smart(service).server
    with pytest.raises(FHIRPermissionDeniedException):
        observation.Observation.read("nobodys", server)
    with pytest.raises(FHIRNotFoundException):
        bundle.Bundle.read_from("Martian/1", server)
