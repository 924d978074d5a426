"""The public Synthea set over HTTP: every file posted as it is, held against a plain load."""

import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from chartkeep.clinical.deciding import FACILITY
from chartkeep.wiring.joining import join
from chartkeep.wiring.loading import load_file
from tests.fhir.test_synthea import FILES
from tests.journeys.service import Service

pytestmark = pytest.mark.skipif(
    not FILES, reason="needs the Synthea set: set CHARTKEEP_SHARED to the folder that holds data/"
)


def post(web: httpx.Client, path: Path) -> list[Any]:
    """Post a file as it lies there, packed; gives the response of each entry."""
    headers = {
        "Content-Type": "application/fhir+json", "Content-Encoding": "gzip",
        "Idempotency-Key": "synthea",
    }  # fmt: skip
    got = web.post("/", content=path.read_bytes(), headers=headers)
    assert got.status_code == 200, got.text[:500]
    return [each["response"] for each in got.json()["entry"]]


def kinds_in(path: Path) -> Counter[str]:
    entries = orjson.loads(gzip.decompress(path.read_bytes()))["entry"]
    return Counter(each["resource"]["resourceType"] for each in entries)


def test_what_is_posted_is_what_a_plain_load_takes(service: Service) -> None:
    some = sorted(FILES, key=lambda path: path.stat().st_size)[:4]
    engine = join(service.home, "loader")
    loaded = [load_file(path, "load", engine).new for path in some]
    engine.keyholder.close()
    engine.store.close()
    with service.client() as web:
        answers = [post(web, path) for path in some]
        new = [sum(each["status"] == "201 Created" for each in each_file) for each_file in answers]
        assert new == loaded
        again = post(web, some[0])
        assert [each["location"] for each in again] == [each["location"] for each in answers[0]]
        assert {each["status"] for each in again} == {"200 OK"}


@pytest.mark.journey
def test_the_whole_set_is_loaded_and_read_back(service: Service) -> None:
    with service.client() as web:
        for at, path in enumerate(FILES):
            answers = post(web, path)
            sent = kinds_in(path)
            assert Counter(each["location"].split("/")[0] for each in answers) == sent
            if at % 10:
                continue
            patient = next(x for x in answers if x["location"].startswith("Patient/"))
            ident = patient["location"].split("/")[1]
            service.place(ident)
            shown: Counter[str] = Counter()
            url = f"/Patient/{ident}/$everything"
            while url:
                page = web.get(url).json()
                shown.update(each["resource"]["resourceType"] for each in page["entry"])
                url = next((x["url"] for x in page["link"] if x["relation"] == "next"), "")
            assert shown == Counter({k: n for k, n in sent.items() if k not in FACILITY})
