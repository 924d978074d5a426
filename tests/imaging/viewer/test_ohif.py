"""OHIF as npm publishes it shows what a hospital keeps, to who is logged in, and asks nobody else.

`make viewer` fetches it. With CHARTKEEP_SHOTS=folder each test leaves a picture of its screen.
"""

import os
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("playwright", reason="make browser")

import numpy as np
import pydicom
from PIL import Image
from playwright.sync_api import Browser, Error, Page

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.journal import Journal
from chartkeep.fhir.http.door import Door
from chartkeep.imaging.arriving import File
from chartkeep.imaging.taking import Fate, Sender, Taker
from chartkeep.imaging.viewer.files import find_viewer
from chartkeep.inventor.dicom import Where, Whose, document, invent_uid
from chartkeep.wiring.serving import doors
from chartkeep.wiring.viewing import viewer_doors
from tests import cast, memory
from tests.console.chromium import chromium, log_in, screen
from tests.console.hospital import Hospital
from tests.house import HouseRun
from tests.imaging.pixels.samples import BUNDLE, more_pictures, quietly_read
from tests.records import put
from tests.web.served import free_port, serving_at

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::UserWarning")]
ROOT = Path(__file__).parents[3]
SHOTS = os.environ.get("CHARTKEEP_SHOTS", "")
MRN = "http://minato.example/mrn"
LINDA = Whose("4711", "MINATO", "Sato^Linda", "19500102", "F")
PATIENCE = 60_000


class Clinic(NamedTuple):
    """A hospital, and the origin of its viewer."""

    hospital: Hospital
    viewer: str
    studies: dict[str, str]


def of_linda(file: bytes, study: str) -> bytes:
    """Make a file one of Linda's, in a study of its own, its pixels as they are."""
    dataset = quietly_read(file)
    dataset.PatientID, dataset.IssuerOfPatientID = LINDA.number, LINDA.issuer
    dataset.PatientName, dataset.PatientBirthDate = LINDA.name, LINDA.birth
    dataset.PatientSex, dataset.StudyInstanceUID = LINDA.sex, study
    if dataset.get("PixelSpacing") == [0, 0]:
        dataset.PixelSpacing = ["0.16", "0.16"]  # of nothing OHIF draws nothing
    out = BytesIO()
    pydicom.dcmwrite(out, dataset)
    return out.getvalue()


def files() -> dict[str, bytes]:
    folder = more_pictures()
    if folder is None:
        pytest.skip("pydicom-data is not installed (make browser)")
    found = {path.name: path for path in folder.rglob("*.dcm")}
    chosen = {
        "chest": found["RG1_J2KR.dcm"],
        "cine": found["color3d_jpeg_baseline.dcm"],
        "ecg": BUNDLE / "waveform_ecg.dcm",
    }
    made = {name: of_linda(path.read_bytes(), invent_uid(name)) for name, path in chosen.items()}
    where = Where(
        invent_uid("paper"), invent_uid("paper", 1), invent_uid("paper", 1, 1),
        "20261122", "081500", "A-paper", 1,
    )  # fmt: skip
    return made | {"paper": document(LINDA, where, paper())}


def paper() -> bytes:
    """A page with a grey square on it, as a PDF."""
    page = Image.new("L", (300, 400), 255)
    page.paste(90, (50, 50, 250, 250))
    out = BytesIO()
    page.save(out, "PDF")
    return out.getvalue()


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    if not (ROOT / "viewer" / "index.html").exists():
        pytest.skip("the viewer is not here (make viewer)")
    with memory.folder() as folder:
        house = HouseRun(folder, cast.FakeClock())
        try:
            yield from _open(house)
        finally:
            house.close()


def _open(house: HouseRun) -> Iterator[Clinic]:
    sent = house.send(
        put(
            "Patient", "p", identifier=[{"system": MRN, "value": LINDA.number}],
            name=[{"family": "Sato", "given": ["Linda"]}], birthDate="1950-01-02", gender="female",
        ),
        source="fhir",
    )  # fmt: skip
    house.admit(sent.charts[0])
    given = files()
    taker = Taker(house.join("serve"), Issuers({"MINATO": MRN}))
    outcomes = taker.take([File(BytesIO(each)) for each in given.values()], Sender("CT3", MRN))
    assert [each.fate for each in outcomes] == [Fate.STORED] * len(given)
    joined = house.join("serve")
    door = Door(joined, Journal(joined), "Minato", log=house.releases_key)
    viewer = viewer_doors(house.join("serve"), find_viewer(ROOT / "viewer"))
    with serving_at(doors(door), free_port()) as pages, serving_at(viewer, free_port()) as pictures:
        studies = {name: invent_uid(name) for name in given}
        yield Clinic(Hospital(house, pages, sent.charts), pictures, studies)
    door.journal.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser, clinic: Clinic) -> Iterator[Page]:
    """A screen; at the end it has asked nobody else, and no rule of the policy was broken."""
    made = screen(browser)
    made.set_default_timeout(PATIENCE)
    strangers: list[str] = []
    complaints: list[str] = []
    ours = (clinic.viewer, clinic.hospital.address, "data:", "blob:", "chrome")
    made.on("request", lambda r: None if r.url.startswith(ours) else strangers.append(r.url))
    made.on("console", lambda said: complaints.append(said.text) if "olicy" in said.text else None)
    yield made
    if made.url.startswith(clinic.viewer):
        assert not made.get_by_text("Something went wrong").count()
    made.context.close()
    assert strangers == []
    assert complaints == []


def open_study(page: Page, clinic: Clinic, name: str) -> None:
    log_in(page, clinic.hospital, "aiko")
    page.goto(f"{clinic.viewer}/viewer?StudyInstanceUIDs={clinic.studies[name]}")
    page.get_by_text("Confirm and hide").click()


def keep(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"ohif-{name}.png")


def light_of(page: Page, selector: str) -> float:
    """How far the greys of an element lie apart: nothing drawn is nothing apart."""
    shot = Image.open(BytesIO(page.locator(selector).first.screenshot())).convert("L")
    return float(np.asarray(shot).std())


def await_light(page: Page, name: str, least: float, selector: str = ".cornerstone-canvas") -> None:
    """Wait until a picture is drawn: a screen without one is black, with words in its corners."""
    page.wait_for_selector(selector)
    end = time.monotonic() + PATIENCE / 1_000
    while (light := light_of(page, selector)) < least and time.monotonic() < end:
        page.wait_for_timeout(500)
    keep(page, name)
    assert light >= least


def test_a_chest_x_ray_is_shown(page: Page, clinic: Clinic) -> None:
    open_study(page, clinic, "chest")
    await_light(page, "chest", 40)


def test_an_ultrasound_of_120_frames_is_shown(page: Page, clinic: Clinic) -> None:
    open_study(page, clinic, "cine")
    await_light(page, "cine", 20)
    assert page.get_by_text("1/120").count()


def test_a_twelve_lead_ecg_is_drawn(page: Page, clinic: Clinic) -> None:
    open_study(page, clinic, "ecg")
    await_light(page, "ecg", 20)
    page.wait_for_timeout(1_000)
    keep(page, "ecg")


def test_a_pdf_is_shown(page: Page, clinic: Clinic) -> None:
    open_study(page, clinic, "paper")
    await_light(page, "paper", 20, "object[type='application/pdf']")


def test_nobody_sees_a_study_without_a_session(page: Page, clinic: Clinic) -> None:
    with page.expect_response("**/dicom-web/**") as answered:
        page.goto(f"{clinic.viewer}/viewer?StudyInstanceUIDs={clinic.studies['chest']}")
    assert answered.value.status == 401


def test_no_script_of_the_viewer_reads_the_cookie_or_writes(page: Page, clinic: Clinic) -> None:
    open_study(page, clinic, "chest")
    assert "chartkeep" not in page.evaluate("document.cookie")
    store = "fetch(location.origin + '/dicom-web/studies', {method: 'POST'}).then(a => a.status)"
    assert page.evaluate(store) == 405


def test_the_policy_lets_no_script_reach_the_console(browser: Browser, clinic: Clinic) -> None:
    page = screen(browser)
    page.set_default_timeout(PATIENCE)
    open_study(page, clinic, "chest")
    for mode in ("cors", "no-cors"):
        with pytest.raises(Error, match="Failed to fetch"):
            page.evaluate(
                "([address, mode]) => fetch(address, {mode})",
                [f"{clinic.hospital.address}/ward", mode],
            )
    page.evaluate("() => { setTimeout('window.evil = 1') }")
    page.wait_for_timeout(200)
    assert page.evaluate("window.evil") is None
    page.context.close()
