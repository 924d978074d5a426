"""An ECG in DICOM is drawn as one in FHIR is."""

import pytest

from chartkeep.imaging.http import tracing
from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.dicom import ecg
from chartkeep.inventor.heart import twelve_leads
from tests.imaging.http.conftest import LINDA, Clinic, Web, path, where


def test_an_ecg_is_drawn_on_its_grid(clinic: Clinic, aiko: Web) -> None:
    clinic.keep(ecg(LINDA, where(), twelve_leads(chance_for(1, "ecg"))))
    got = aiko.get(f"{path(where())}/rendered")
    assert (got.status, got.kind) == (200, "image/svg+xml")
    assert b"12 leads" in got.raw
    assert b"<script" not in got.raw
    assert aiko.get(f"{path(where())}/rendered", "image/jpeg").status == 406


@pytest.mark.attack
def test_an_ecg_that_lies_or_is_too_long_is_refused(
    clinic: Clinic, aiko: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = ecg(LINDA, where(), [range(300)] * 12)
    count = raw.index(b"\x3a\x00\x10\x00UL") + 8
    clinic.keep(raw[:count] + b"\xff\xff\xff\x7f" + raw[count + 4 :])
    assert aiko.get(f"{path(where())}/rendered").status == 400
    monkeypatch.setattr(tracing, "LARGEST", 100)
    assert aiko.get(f"{path(where())}/rendered").status == 406
