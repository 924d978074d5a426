"""A clinician's day through npm's fhir-kit-client."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.service import Service, born

NODE = Path(__file__).parent / "node"
pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        not (shutil.which("node") and (NODE / "node_modules").is_dir()),
        reason="needs node and its packages: make journeys",
    ),
]


def test_a_day_with_fhir_kit_client(service: Service) -> None:
    with service.client() as web:
        ident = web.post("/Patient", json=born("Zama")).json()["id"]
    service.place(ident)
    command = ["node", "day.mjs", service.base, service.token(), ident]
    ran = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
