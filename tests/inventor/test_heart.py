"""Invented ECGs and papers are what they say they are."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from PIL import Image

from chartkeep.clinical.ecg.drawing import draw
from chartkeep.clinical.ecg.model import Ecg, lead_named
from chartkeep.intake.ecg.reading import read_ecg
from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.heart import LEADS, MICROVOLT, aecg, twelve_leads
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.inventor.papers import letter, scan


def test_the_same_seed_beats_the_same() -> None:
    assert twelve_leads(chance_for(1, "heart")) == twelve_leads(chance_for(1, "heart"))
    assert twelve_leads(chance_for(1, "heart")) != twelve_leads(chance_for(2, "heart"))


def test_limb_leads_are_of_one_heart() -> None:
    leads = dict(zip(LEADS, twelve_leads(chance_for(1, "heart")), strict=True))
    for one, two, three in zip(leads["I"], leads["II"], leads["III"], strict=True):
        assert one + three == two
    assert all(len(samples) == 5_000 and abs(max(samples)) < 600 for samples in leads.values())


def test_it_is_drawn_as_twelve_leads() -> None:
    made = tuple(
        lead_named(name, tuple(samples), Decimal(MICROVOLT), "uV")
        for name, samples in zip(LEADS, twelve_leads(chance_for(1, "heart")), strict=True)
    )
    assert "12 leads" in draw(Ecg(made, Decimal(500)))


def test_its_file_is_read_as_anybodys() -> None:
    pytest.importorskip("ecgdatakit", reason="the extra `ecg` is not installed")
    patient = invent_hospital(1, 3, date(2026, 3, 1)).patient(0)
    leads = twelve_leads(chance_for(1, "heart"), seconds=2)
    found = read_ecg({"a.xml": aecg(patient, datetime(2026, 3, 1, 6, tzinfo=UTC), leads)}, UTC)
    assert found.patient_id == patient.identifiers[0][1]
    assert found.birth_date == patient.birth.isoformat()
    assert [list(lead.samples) for lead in found.ecg.leads] == leads


def test_papers_are_what_readers_read() -> None:
    pdf = letter("Referral (urgent)", ["Dear colleague,", "née Müller"])
    assert pdf.startswith(b"%PDF-1.4")
    table = int(pdf.rsplit(b"startxref\n", 1)[1].split()[0])
    assert pdf[table:].startswith(b"xref")
    picture = Image.open(io.BytesIO(scan()))
    picture.load()
    assert picture.size == (150, 200)
