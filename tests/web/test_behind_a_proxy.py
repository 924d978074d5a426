"""A proxy on the same host ends TLS; links lead back through it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.routing import Mount, Router

from chartkeep.fhir.http.app import fhir_app
from chartkeep.fhir.http.asked import Answer
from tests.web.served import serving


@pytest.mark.parametrize(
    ("header", "base"),
    [
        ("", b"http://minato.example/fhir"),
        ("X-Forwarded-Proto: https\r\n", b"https://minato.example/fhir"),
        ("X-Forwarded-Proto: javascript\r\n", b"http://minato.example/fhir"),
    ],
)
def test_links_carry_the_scheme_the_client_used(tmp_path: Path, header: str, base: bytes) -> None:
    with ThreadPoolExecutor(1) as threads:
        mounted = Mount("/fhir", fhir_app(lambda asked: Answer(200, asked.base.encode()), threads))
        with serving(Router([mounted]), tmp_path) as served:
            head = f"GET /fhir/Patient HTTP/1.1\r\nHost: minato.example\r\n{header}"
            heard = served.ask(f"{head}Connection: close\r\n\r\n".encode())
    assert heard.body == base
