"""The same day from a shell: what docs/fhir.md shows works as it stands there."""

import json
import shutil
import subprocess
from typing import Any, NamedTuple

import pytest

from tests.journeys.service import Service, born, bundle, entry, glucose

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")


class Got(NamedTuple):
    """One answer, read."""

    status: int
    headers: dict[str, str]
    body: Any


def curl(url: str, *options: str, token: str = "", body: Any = None, method: str = "") -> Got:
    command = ["curl", "--silent", "--include", "--globoff", "--max-time", "60", url, *options]
    command += ["-X", method] if method else []
    command += ["-H", f"Authorization: Bearer {token}"] if token else []
    sent = b"" if body is None else json.dumps(body).encode()
    command += ["-H", "Content-Type: application/fhir+json", "--data-binary", "@-"] if sent else []
    ran = subprocess.run(command, input=sent, capture_output=True, check=True)
    head, _, said = ran.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
    return Got(int(first.split()[1]), headers, json.loads(said) if said else None)


def test_a_clinicians_day_in_a_shell(service: Service) -> None:
    base = service.base
    assert curl(f"{base}/metadata").body["resourceType"] == "CapabilityStatement"
    typed = [f"{name}={said}" for name, said in service.credentials().items()]
    form = [word for each in typed for word in ("--data-urlencode", each)]
    token = curl(f"{service.url}/auth/token", *form).body["access_token"]

    emi = curl(f"{base}/Patient", token=token, body=born("Ueda")).body["id"]
    service.place(emi)
    made = [curl(f"{base}/Observation", token=token, body=glucose(emi, at)) for at in (4, 5, 6)]
    assert [each.status for each in made] == [201] * 3
    one = made[0].body
    url = f"{base}/Observation/{one['id']}"
    assert curl(url, token=token).body == one

    found = curl(f"{base}/Observation?patient={emi}&_count=2", token=token).body
    (after,) = [link["url"] for link in found["link"] if link["relation"] == "next"]
    rest = curl(after, token=token).body
    assert [found["total"], len(found["entry"]), len(rest["entry"])] == [3, 2, 1]

    put = curl(url, "-H", 'If-Match: W/"1"', token=token, body=one, method="PUT")
    assert (put.status, put.headers["etag"]) == (200, 'W/"2"')
    again = curl(url, "-H", 'If-Match: W/"1"', token=token, body=one, method="PUT")
    assert again.status == 412
    patch = [{"op": "replace", "path": "/status", "value": "amended"}]
    kind = ["-H", "Content-Type: application/json-patch+json"]
    assert curl(url, *kind, token=token, body=patch, method="PATCH").body["status"] == "amended"
    assert curl(url, token=token, method="DELETE").status == 204
    assert curl(url, token=token).status == 410

    reads = [entry("GET", f"Observation?patient={emi}"), entry("DELETE", "Patient/x")]
    batch = curl(base, token=token, body=bundle("batch", *reads)).body
    assert [each["response"]["status"] for each in batch["entry"]] == ["200", "405"]
    whole = curl(f"{base}/Patient/{emi}/$everything", token=token).body
    assert whole["total"] == 3
    assert curl(f"{base}/Patient/{emi}/$summary", token=token).body["type"] == "document"
    checked = curl(f"{base}/Patient/$validate", token=token, body={"resourceType": "Patient"})
    assert (checked.status, checked.body["resourceType"]) == (200, "OperationOutcome")


def test_whoever_is_not_logged_in_is_told_where(service: Service) -> None:
    got = curl(f"{service.base}/Patient/x")
    assert (got.status, got.headers["www-authenticate"]) == (401, "Bearer")
    assert "/auth/token" in got.body["issue"][0]["diagnostics"]
