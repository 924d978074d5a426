"""A clinician's day through fhirpy (Beda Software), synchronous and not."""

import asyncio
from typing import Any

import pytest

fhirpy = pytest.importorskip("fhirpy", reason="make journeys installs it")
errors = pytest.importorskip("fhirpy.base.exceptions")

from tests.journeys.service import Service, born, bundle, entry, glucose  # noqa: E402

pytestmark = pytest.mark.journey
PATCH = [{"op": "replace", "path": "/status", "value": "amended"}]


def test_a_day_with_the_synchronous_client(service: Service) -> None:
    client = fhirpy.SyncFHIRClient(service.base, authorization=f"Bearer {service.token()}")
    assert client.execute("metadata", method="get")["fhirVersion"] == "4.0.1"
    emi = client.resource("Patient", **born("Wada"))
    emi.save()
    service.place(emi.id)
    for day in range(1, 6):
        client.resource("Observation", **glucose(emi.id, day, day)).save()

    found = client.resources("Observation").search(patient=emi.id).sort("-date").limit(2)
    assert [each.valueQuantity.value for each in found.fetch_all()] == [5, 4, 3, 2, 1]
    lenient = {"Prefer": "handling=lenient"}  # `count` sends a parameter FHIR has not
    counting = fhirpy.SyncFHIRClient(service.base, client.authorization, extra_headers=lenient)
    assert counting.resources("Observation").search(patient=emi.id).count() == 5
    one = found.first()
    assert client.reference("Observation", one.id).to_resource().id == one.id
    one["status"] = "corrected"
    one.save()
    assert one.meta.versionId == "2"
    patched = client.execute(f"Observation/{one.id}", method="patch", data=PATCH)
    assert patched["status"] == "amended"
    one.delete()
    with pytest.raises(errors.ResourceNotFound):
        one.refresh()

    sent = bundle(
        "batch", entry("GET", f"Observation?patient={emi.id}"),
        entry("POST", "Observation", glucose(emi.id, 9)),
    )  # fmt: skip
    answers = client.execute("", data=sent)["entry"]
    assert [each["response"]["status"][:3] for each in answers] == ["200", "201"]
    assert emi.execute("$everything", method="get")["total"] == 6
    assert emi.execute("$summary", method="get")["type"] == "document"
    assert emi.is_valid()
    assert not client.resource("Observation", status="odd").is_valid()


def test_somebody_elses_chart_is_forbidden(service: Service) -> None:
    client = fhirpy.SyncFHIRClient(service.base, authorization=f"Bearer {service.token()}")
    with pytest.raises(errors.ForbiddenError):
        client.resources("Observation").search(patient="nobody").fetch()
    stranger = fhirpy.SyncFHIRClient(service.base, authorization="Bearer made-up")
    with pytest.raises(errors.AuthorizationError):
        stranger.resources("Organization").fetch()


def test_a_day_with_the_asynchronous_client(service: Service) -> None:
    client = fhirpy.AsyncFHIRClient(service.base, authorization=f"Bearer {service.token()}")

    async def bring() -> Any:
        emi = client.resource("Patient", **born("Wakai"))
        await emi.save()
        return emi

    async def work(ident: str) -> list[Any]:
        made = [client.resource("Observation", **glucose(ident, at, at)) for at in range(1, 6)]
        await asyncio.gather(*(each.save() for each in made))
        found = client.resources("Observation").search(patient=ident).sort("date").limit(2)
        return [each.valueQuantity.value async for each in found]

    emi = asyncio.run(bring())
    service.place(emi.id)
    assert asyncio.run(work(emi.id)) == [1, 2, 3, 4, 5]
