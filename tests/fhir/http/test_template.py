"""The access log says which interaction was asked for, and nothing of whom it was about."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
from starlette.routing import Mount, Router

from chartkeep.fhir.http.app import fhir_app
from chartkeep.fhir.http.asked import Answer, Asked
from chartkeep.fhir.http.capability import metadata
from chartkeep.fhir.http.template import WORDS, template
from chartkeep.web.bounds import Bounded, Bounds
from tests.web.served import serving, until

SECRET = "Zebedee-Quartermain"


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("", "/"),
        ("metadata", "/metadata"),
        ("Observation", "/Observation"),
        ("Observation/_search", "/Observation/_search"),
        (f"Observation/{SECRET}", "/Observation/{id}"),
        (f"Observation/{SECRET}/_history/{SECRET}", "/Observation/{id}/_history/{version}"),
        (f"Patient/{SECRET}/$everything", "/Patient/{id}/$everything"),
        (f"{SECRET}/Observation", "/{type}/{id}"),
        (f"Patient/1/${SECRET}", "/Patient/{id}/{word}"),
        (f"Patient/1/_history/2/{SECRET}", "/Patient/{id}/_history/{version}/…"),
    ],
)
def test_a_template_holds_words_of_the_standard_only(path: str, written: str) -> None:
    assert template(tuple(part for part in path.split("/") if part)) == written


def test_every_operation_the_server_names_has_its_word() -> None:
    told = orjson.loads(metadata(Asked("GET", ("metadata",), [], {}, b"", "")).body)
    (rest,) = told["rest"]
    named = {f"${each['name']}" for r in rest["resource"] for each in r.get("operation", [])}
    assert named
    assert named <= WORDS


@pytest.mark.attack
def test_the_access_log_names_the_interaction_and_nobody(tmp_path: Path) -> None:
    access: list[str] = []
    with ThreadPoolExecutor(1) as threads:
        mounted = Mount("/fhir", fhir_app(lambda _: Answer(404), threads))
        with serving(Bounded(Router([mounted]), Bounds(), access.append), tmp_path) as served:
            path = f"/fhir/Observation/{SECRET}?subject={SECRET}"
            served.ask(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
            until(lambda: len(access) == 1)
    assert access[0].startswith("GET /fhir/Observation/{id} 404 ")
    assert SECRET not in access[0]
