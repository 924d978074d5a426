"""Folders joined to the other doors: images, archives and FHIR in a real house."""

import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from chartkeep.custody.clearing import Kept, inbox_look, list_inbox, take_out
from chartkeep.errors import RefusedError
from chartkeep.intake.folders.taking import State
from chartkeep.model import Section
from chartkeep.wiring.feeds import Feeds, FolderFeed
from chartkeep.wiring.folders import folder_refile, folder_watchers
from tests.house import ALL, HouseRun, house
from tests.records import put

__all__ = ["house"]
MRN = "http://minato.example/mrn"
PDF = b"%PDF-1.7 a paper %%EOF"


def image(number: str = "4711", uid: str = "") -> bytes:
    dataset = dcmread(str(get_testdata_file("CT_small.dcm")))
    dataset.PatientID, dataset.PatientName, dataset.PatientBirthDate = number, "Sato^Aiko", ""
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid or generate_uid()
    into = io.BytesIO()
    dataset.save_as(into)
    return into.getvalue()


class Folder:
    def __init__(self, house: HouseRun, path: Path, **more: bool) -> None:
        self.house, self.path = house, path
        path.mkdir()
        told = FolderFeed(name="drop", path=str(path), issuer="MINATO", **more)  # type: ignore[arg-type]
        self.feeds = Feeds(issuers={"MINATO": MRN}, folders=[told])
        name = [{"family": "Sato", "given": ["Aiko"]}]
        identifier = [{"system": MRN, "value": "4711"}]
        self.chart = house.send(put("Patient", "a", identifier=identifier, name=name)).charts[0]

    def take(self, **files: bytes) -> Counter[State]:
        for name, raw in files.items():
            (self.path / name).write_bytes(raw)
        (watcher,) = folder_watchers(self.feeds, self.house.engine, print)
        watcher.look(0)
        return watcher.look(100)

    def kinds(self) -> Counter[str]:
        self.house.admit(self.chart)
        opened = self.house.open(self.house.login("aiko"), self.chart, ALL - {Section.IDENTITY})
        return Counter(entry.header.kind for entry in opened.entries)

    def left(self) -> list[str]:
        return [path.name for path in self.path.rglob("*") if path.is_file()]


@pytest.fixture
def folder(house: HouseRun, tmp_path: Path) -> Folder:
    return Folder(house, tmp_path / "drop", bundles=True)


def test_images_and_archives_of_them_are_instances_of_the_chart(folder: Folder) -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("IM1", "IM2"):
            archive.writestr(f"../../{name}", image())
        archive.writestr("AUTORUN.INF", b"[autorun]")
        archive.writestr("DICOMDIR", b"\0" * 200)
    done = folder.take(a=image(), b=into.getvalue())
    assert done == Counter({State.TAKEN: 2})
    assert folder.kinds()["DicomInstance"] == 3
    assert folder.left() == []


def test_an_archive_of_somebody_unknown_waits_and_a_broken_image_is_named(folder: Folder) -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("1", image("9999"))
        archive.writestr("2", image()[:400])
    assert folder.take(b=into.getvalue()) == Counter({State.REFUSED: 1})
    assert "member 2" in (folder.path / "refused" / "b.why").read_text()
    (waiting,) = list_inbox(inbox_look(folder.house.login("hiro")), folder.house.desk)
    assert waiting.row.door == "dicom"


def test_fhir_comes_as_a_bundle_a_resource_or_a_line_each(folder: Folder) -> None:
    def patient(ident: str) -> bytes:
        body = {"resourceType": "Patient", "id": ident, "name": [{"family": "Mori"}]}
        return json.dumps(body).encode()

    bundle = {
        "resourceType": "Bundle", "type": "collection",
        "entry": [{"fullUrl": "urn:uuid:7b2c7bb7-66d8-4a02-9c2c-0d2e3f0f2b11",
                   "resource": json.loads(patient("c"))}],
    }  # fmt: skip
    done = folder.take(
        a=json.dumps(bundle).encode(), b=patient("p1"),
        c=patient("p2") + b"\n\n" + patient("p3") + b"\n",
    )  # fmt: skip
    assert done == Counter({State.TAKEN: 3})
    assert len(folder.house.search(folder.house.login("aiko"), name="Mori")) == 4


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"resourceType":"Patient","id":"a"}\n{"resourceType":"Pati', "line 2"),
        (b'{"resourceType":"Patient","birthDate":"soon"}', "birthDate"),
        (b'{"no":"resource"}', "line 1"),
        (b"{" * 100_000, "line 1"),
    ],
)
def test_fhir_that_is_not_right_is_refused_by_its_place(
    folder: Folder, raw: bytes, said: str
) -> None:
    assert folder.take(a=raw) == Counter({State.REFUSED: 1})
    assert said in (folder.path / "refused" / "a.why").read_text()


@pytest.mark.attack
def test_fhir_is_taken_only_where_it_is_allowed(house: HouseRun, tmp_path: Path) -> None:
    folder = Folder(house, tmp_path / "drop")
    raw = b'{"resourceType":"Patient","id":"a"}'
    assert folder.take(a=raw) == Counter({State.REFUSED: 1})
    assert "bundles" in (folder.path / "refused" / "a.why").read_text()


def test_a_registrar_files_what_waited(folder: Folder) -> None:
    assert folder.take(a=PDF) == Counter({State.ASIDE: 1})
    token = folder.house.login("hiro")
    (waiting,) = list_inbox(inbox_look(token), folder.house.desk)
    kept = take_out(waiting.ident, inbox_look(token), folder.house.desk)
    folder_refile(folder.feeds, folder.house.engine)(kept, folder.chart)
    assert folder.kinds()["DocumentReference"] == 1
    with pytest.raises(RefusedError, match="not configured"):
        folder_refile(Feeds(), folder.house.engine)(Kept(*kept), folder.chart)


def test_a_folder_of_an_unknown_issuer_is_refused(folder: Folder) -> None:
    with pytest.raises(RefusedError, match="issuer"):
        folder_watchers(Feeds(folders=folder.feeds.folders), folder.house.engine, print)
