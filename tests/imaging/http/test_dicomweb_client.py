"""Python's `dicomweb-client` against the product's own server: every call it has that we serve."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest

from chartkeep.custody.journal import Journal
from chartkeep.fhir.http.door import Door
from chartkeep.inventor.dicom import cine, document, video, xray
from chartkeep.web.caller import write_token
from chartkeep.wiring.feeds import DicomWeb, Feeds
from chartkeep.wiring.serving import doors, picture_door
from tests.house import HouseRun
from tests.imaging.http.conftest import LINDA, MRN, where
from tests.records import put
from tests.web.served import free_port, serving_at

requests = pytest.importorskip("requests", reason="requests is not installed")
dicomweb = pytest.importorskip("dicomweb_client", reason="dicomweb-client is not installed")
pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
DOCUMENT = b"%PDF-1.7 invented"


@pytest.fixture
def client(house: HouseRun, tmp_path: Path) -> Iterator[Any]:
    sent = house.send(
        put("Patient", "p", identifier=[{"system": MRN, "value": "4711"}],
            name=[{"family": "Sato", "given": ["Linda"]}], birthDate="1950-01-02"),
        source="fhir",
    )  # fmt: skip
    house.admit(sent.charts[0])
    joined = house.join("serve")
    door = Door(joined, Journal(joined))
    feeds = Feeds(issuers={"MINATO": MRN}, dicomweb=DicomWeb(issuer="MINATO"))
    pictures = picture_door(door, feeds)
    app = doors(door, pictures=pictures)
    with serving_at(app, free_port()) as address, requests.Session() as session:
        token = write_token(house.login("aiko", "serve"))
        session.headers["Authorization"] = f"Bearer {token}"
        yield dicomweb.DICOMwebClient(f"{address}/dicom-web", session=session)
    pictures.pixels.close()
    door.journal.close()


@pytest.fixture
def stored(client: Any) -> Any:
    files = [xray(LINDA, where(), 32), cine(LINDA, where("a", 2), 4, 16)]
    files += [document(LINDA, where("a", 3), DOCUMENT), video(LINDA, where("a", 4), bytes(999), 9)]
    answer = client.store_instances([pydicom.dcmread(BytesIO(each)) for each in files])
    assert len(answer.ReferencedSOPSequence) == len(files)
    return client


def names(series: int = 1) -> tuple[str, str, str]:
    at = where("a", series)
    return at.study, at.series, at.instance


def test_it_stores_and_searches_at_every_level(stored: Any) -> None:
    study, series, _ = names()
    assert len(stored.search_for_studies(search_filters={"PatientID": "4711"})) == 1
    assert len(stored.search_for_studies(fuzzymatching=True,
                                         search_filters={"PatientName": "lin"})) == 1  # fmt: skip
    assert len(stored.search_for_studies(search_filters={"PatientID": "4711"}, limit=1,
                                         offset=1)) == 0  # fmt: skip
    assert len(stored.search_for_series(study)) == 4
    assert len(stored.search_for_series(search_filters={"PatientID": "4711"})) == 4
    assert len(stored.search_for_instances(study, series, fields=["Rows"])) == 1
    assert len(stored.search_for_instances(study)) == 4


def test_it_retrieves_instances_series_and_studies(stored: Any) -> None:
    study, series, instance = names()
    assert stored.retrieve_instance(study, series, instance).SOPInstanceUID == instance
    assert len(stored.retrieve_series(study, series)) == 1
    assert len(stored.retrieve_study(study, media_types=[("application/dicom", "*")])) == 4
    assert len(list(stored.iter_study(study, media_types=[("application/dicom", "*")]))) == 4
    assert len(list(stored.iter_series(study, series))) == 1


def test_it_retrieves_in_another_transfer_syntax(stored: Any) -> None:
    wanted = "1.2.840.10008.1.2.4.90"
    got = stored.retrieve_instance(*names(), media_types=[("application/dicom", wanted)])
    assert got.file_meta.TransferSyntaxUID == wanted


def test_it_retrieves_metadata(stored: Any) -> None:
    study, series, instance = names()
    assert len(stored.retrieve_study_metadata(study)) == 4
    assert len(stored.retrieve_series_metadata(study, series)) == 1
    told = stored.retrieve_instance_metadata(study, series, instance)
    assert pydicom.Dataset.from_json(told, lambda *_: b"").SOPInstanceUID == instance


def test_it_retrieves_frames_and_bulk_data(stored: Any) -> None:
    at = names(2)
    default = stored.retrieve_instance_frames(*at, frame_numbers=[1, 4])
    assert [len(each) for each in default] == [256, 256]
    octets = stored.retrieve_instance_frames(
        *at, frame_numbers=[2], media_types=["application/octet-stream"]
    )
    assert len(octets[0]) == 256
    assert len(list(stored.iter_instance_frames(*at, frame_numbers=[1, 2]))) == 2
    uri = stored.retrieve_instance_metadata(*at)["7FE00010"]["BulkDataURI"]
    # This client leaves the port out of the Host it sends (0.61, web.py), and is answered with it.
    uri = uri.replace("http://localhost/dicom-web", stored.base_url)
    assert len(stored.retrieve_bulkdata(uri)[0]) == 1024
    assert len(stored.retrieve_bulkdata(uri, media_types=["application/octet-stream"])[0]) == 1024
    assert len(list(stored.iter_bulkdata(uri))) == 1


def test_it_retrieves_what_people_look_at(stored: Any) -> None:
    study, series, instance = names()
    assert stored.retrieve_instance_rendered(study, series, instance).startswith(b"\xff\xd8")
    png = stored.retrieve_instance_rendered(study, series, instance, media_types=["image/png"])
    assert png.startswith(b"\x89PNG")
    assert stored.retrieve_series_rendered(study, series).startswith(b"\xff\xd8")
    frame = stored.retrieve_instance_frames_rendered(study, series, instance, frame_numbers=[1])
    assert frame.startswith(b"\xff\xd8")
    shown = stored.retrieve_instance_rendered(*names(3), media_types=["application/pdf"])
    assert shown.startswith(DOCUMENT)
    film = stored.retrieve_instance_rendered(*names(4), media_types=["video/*"])
    assert len(film) >= 999
