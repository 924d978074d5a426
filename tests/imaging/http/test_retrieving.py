"""WADO-RS: what was stored comes back, as it was or as it is asked for."""

from io import BytesIO

import pydicom
import pytest
from PIL import Image

from chartkeep.inventor.dicom import cine, document, ecg, encapsulate, video, write_file, xray
from tests.imaging.http.conftest import BASE, LINDA, OTTO, Clinic, Web, path, where

AS_IS = 'multipart/related; type="application/dicom"; transfer-syntax=*'
OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
ONE = "application/dicom; transfer-syntax=*"
J2K = "1.2.840.10008.1.2.4.90"


def test_one_instance_comes_back_byte_for_byte(aiko: Web, xray_of_linda: bytes) -> None:
    got = aiko.get(path(where()), AS_IS)
    assert [data for _, data in got.parts] == [xray_of_linda]
    assert got.kind.startswith('multipart/related; type="application/dicom"; boundary=')
    assert got.parts[0][0]["content-type"] == (
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    )
    alone = aiko.get(path(where()), ONE)
    assert alone.raw == xray_of_linda


def test_a_study_and_a_series_come_back_whole(clinic: Clinic, aiko: Web) -> None:
    files = [xray(LINDA, where("a", 1, n), 16) for n in (1, 2)] + [
        cine(LINDA, where("a", 2), 2, 16)
    ]
    clinic.keep(*files)
    study = aiko.get(f"/studies/{where('a').study}", AS_IS)
    assert sorted(data for _, data in study.parts) == sorted(files)
    series = aiko.get(f"/studies/{where('a').study}/series/{where('a').series}", AS_IS)
    assert sorted(data for _, data in series.parts) == sorted(files[:2])


def test_another_transfer_syntax_is_written_on_request(aiko: Web, xray_of_linda: bytes) -> None:
    got = aiko.get(
        path(where()), f"multipart/related; type=application/dicom; transfer-syntax={J2K}"
    )
    (written,) = (pydicom.dcmread(BytesIO(data)) for _, data in got.parts)
    assert written.file_meta.TransferSyntaxUID == J2K
    plain = aiko.get(path(where()), f"application/dicom; transfer-syntax={J2K}")
    assert pydicom.dcmread(BytesIO(plain.raw)).SOPInstanceUID == where().instance


def test_a_range_of_an_instance_comes_alone(aiko: Web, xray_of_linda: bytes) -> None:
    got = aiko.get(path(where()), ONE, range="bytes=128-131")
    assert (got.status, got.raw) == (206, b"DICM")
    assert got.headers["content-range"] == f"bytes 128-131/{len(xray_of_linda)}"
    assert aiko.get(path(where()), ONE, range="bytes=-4").raw == xray_of_linda[-4:]
    assert aiko.get(path(where()), ONE, range="bytes=99999999-").status == 416


def test_what_a_client_has_already_is_not_sent_again(aiko: Web, xray_of_linda: bytes) -> None:
    tag = aiko.get(path(where()), ONE).headers["etag"]
    got = aiko.get(path(where()), ONE, if_none_match=tag)
    assert (got.status, got.raw) == (304, b"")


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/zip"])
def test_instances_in_another_form_are_not_acceptable(
    aiko: Web, xray_of_linda: bytes, accept: str
) -> None:
    assert xray_of_linda
    assert aiko.get(path(where()), accept).status == 406


def test_frames_come_as_they_lie_in_the_file(clinic: Clinic, aiko: Web) -> None:
    file = cine(LINDA, where(), 4, 16)
    clinic.keep(file)
    pixels = pydicom.dcmread(BytesIO(file)).PixelData
    got = aiko.get(f"{path(where())}/frames/3,1", OCTETS)
    assert [data for _, data in got.parts] == [pixels[512:768], pixels[:256]]
    alone = aiko.get(f"{path(where())}/frames/2", "application/octet-stream")
    assert alone.raw == pixels[256:512]


@pytest.mark.parametrize("frames", ["0", "5", "1,9", "x", "", "1,,2"])
def test_a_frame_that_is_not_there_is_refused(clinic: Clinic, aiko: Web, frames: str) -> None:
    clinic.keep(cine(LINDA, where(), 4, 16))
    assert aiko.get(f"{path(where())}/frames/{frames}", OCTETS).status in (400, 404)


def test_compressed_frames_come_compressed_and_are_opened_on_request(
    clinic: Clinic, aiko: Web
) -> None:
    picture = Image.new("L", (16, 16), 90)
    raw = BytesIO()
    picture.save(raw, "JPEG")
    plain = pydicom.dcmread(BytesIO(cine(LINDA, where(), 1, 16)))
    plain.PixelData = pydicom.encaps.encapsulate([raw.getvalue()])
    plain["PixelData"].is_undefined_length = True
    plain.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
    file = BytesIO()
    plain.save_as(file, enforce_file_format=True)
    clinic.keep(file.getvalue())
    own = aiko.get(f"{path(where())}/frames/1", 'multipart/related; type="image/jpeg"')
    assert own.parts[0][1].startswith(b"\xff\xd8")
    any_kind = aiko.get(f"{path(where())}/frames/1", 'multipart/related; type="*/*"')
    assert any_kind.parts[0][0]["content-type"].startswith("image/jpeg")
    opened = aiko.get(f"{path(where())}/frames/1", "application/octet-stream")
    assert len(opened.raw) == 256
    assert abs(opened.raw[0] - 90) < 4


def test_metadata_name_bulk_data_at_the_address_the_client_used(
    aiko: Web, xray_of_linda: bytes
) -> None:
    pixels = pydicom.dcmread(BytesIO(xray_of_linda)).PixelData
    (told,) = aiko.get(f"{path(where())}/metadata").body
    uri = told["7FE00010"]["BulkDataURI"]
    assert uri.startswith(f"{BASE}/studies/")
    assert aiko.get(uri, "application/octet-stream").raw == pixels
    assert aiko.get(uri, "*/*").parts[0][1] == pixels
    assert aiko.get(uri, OCTETS).parts[0][1] == pixels
    assert aiko.get(uri, "application/octet-stream", range="bytes=2-5").raw == pixels[2:6]


def test_metadata_of_a_study_are_all_its_instances(clinic: Clinic, aiko: Web) -> None:
    clinic.keep(*(xray(LINDA, where("a", 1, n), 16) for n in range(1, 4)))
    got = aiko.get(f"/studies/{where('a').study}/metadata", "application/dicom+json")
    assert sorted(got.values("00080018")) == sorted(where("a", 1, n).instance for n in (1, 2, 3))
    assert got.values("00083002") == ["1.2.840.10008.1.2.1"] * 3


def test_a_value_inside_a_sequence_is_bulk_data_too(clinic: Clinic, aiko: Web) -> None:
    file = ecg(LINDA, where(), [range(300)] * 12)
    clinic.keep(file)
    samples = pydicom.dcmread(BytesIO(file)).WaveformSequence[0].WaveformData
    (told,) = aiko.get(f"{path(where())}/metadata").body
    uri = told["54000100"]["Value"][0]["54001010"]["BulkDataURI"]
    assert aiko.get(uri, "application/octet-stream").raw == samples


def test_a_document_is_shown_as_itself(clinic: Clinic, aiko: Web) -> None:
    file = document(LINDA, where(), b"%PDF-1.7 invented")
    clinic.keep(file)
    got = aiko.get(f"{path(where())}/rendered")
    assert (got.status, got.kind) == (200, "application/pdf")
    assert got.raw.startswith(b"%PDF-1.7 invented")
    assert aiko.get(f"{path(where())}/rendered", "image/jpeg").status == 406


def test_a_film_is_shown_as_itself_and_in_ranges(clinic: Clinic, aiko: Web) -> None:
    film = bytes(range(256)) * 8
    clinic.keep(video(LINDA, where(), film, 25))
    got = aiko.get(f"{path(where())}/rendered", "video/*")
    assert got.kind in ("video/mp4", "video/mpeg2")
    assert got.raw == film
    part = aiko.get(f"{path(where())}/rendered", "video/*", range="bytes=256-259")
    assert (part.status, part.raw) == (206, b"\0\1\2\3")


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("", (32, 32)),
        ("?viewport=16,16", (16, 16)),
        ("?window=100,50,sigmoid&quality=10", (32, 32)),
    ],
)
def test_pictures_are_shown(
    aiko: Web, xray_of_linda: bytes, query: str, size: tuple[int, int]
) -> None:
    assert xray_of_linda
    got = aiko.get(f"{path(where())}/rendered{query}", "image/jpeg")
    assert got.kind == "image/jpeg"
    assert Image.open(BytesIO(got.raw)).size == size
    png = aiko.get(f"{path(where())}/frames/1/rendered{query}", "image/png")
    assert Image.open(BytesIO(png.raw)).format == "PNG"


@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_level_has_a_look_and_a_thumbnail(
    aiko: Web, xray_of_linda: bytes, level: int
) -> None:
    assert xray_of_linda
    at = "/" + "/".join(path(where()).split("/")[1 : 1 + 2 * level])
    assert aiko.get(f"{at}/rendered").kind == "image/jpeg"
    assert aiko.get(f"{at}/thumbnail").kind == "image/jpeg"


@pytest.mark.parametrize("query", ["viewport=0,0", "viewport=x", "window=1", "quality=500"])
def test_a_look_that_cannot_be_is_refused(aiko: Web, xray_of_linda: bytes, query: str) -> None:
    assert xray_of_linda
    assert aiko.get(f"{path(where())}/rendered?{query}").status == 400


def test_what_has_no_picture_has_no_look(clinic: Clinic, aiko: Web) -> None:
    clinic.keep(ecg(LINDA, where(), [range(300)] * 12))
    assert aiko.get(f"{path(where())}/frames/1/rendered").status == 406
    assert aiko.get(f"{path(where())}/thumbnail").status == 406


@pytest.mark.attack
def test_a_picture_that_is_none_is_refused_and_the_rest_goes_on(clinic: Clinic, aiko: Web) -> None:
    names = {
        0x00080016: ("UI", "1.2.840.10008.5.1.4.1.1.7"), 0x00080018: ("UI", where().instance),
        0x00100010: ("PN", "Sato^Linda"), 0x00100020: ("LO", "4711"),
        0x0020000D: ("UI", where().study), 0x0020000E: ("UI", where().series),
        0x00280002: ("US", 1), 0x00280004: ("CS", "MONOCHROME2"),
        0x00280010: ("US", 60_000), 0x00280011: ("US", 60_000),
        0x00280100: ("US", 8), 0x00280101: ("US", 8), 0x00280102: ("US", 7),
        0x00280103: ("US", 0),
    }  # fmt: skip
    clinic.keep(write_file(names, "1.2.840.10008.1.2.4.50", encapsulate([b"\xff\xd8 nonsense"])))
    assert aiko.get(f"{path(where())}/rendered").status == 422
    assert aiko.get(f"{path(where())}/metadata").status == 200


@pytest.mark.attack
def test_another_wards_pictures_and_those_that_are_not_there_are_refused_alike(
    clinic: Clinic,
) -> None:
    clinic.keep(xray(OTTO, where("o"), 16))
    aiko = clinic.web("aiko")
    for rest in ("", "/metadata", "/frames/1", "/rendered", "/bulkdata/7FE00010"):
        there = aiko.get(path(where("o")) + rest)
        nowhere = aiko.get(path(where("nobody")) + rest)
        assert there.status == 403
        assert (there.status, there.raw) == (nowhere.status, nowhere.raw)


@pytest.mark.attack
def test_every_address_of_nonsense_is_an_error_and_no_more(aiko: Web, xray_of_linda: bytes) -> None:
    assert xray_of_linda
    for rest in ("nonsense", "bulkdata", "bulkdata/xyz", "bulkdata/00100010/1", "frames",
                 "frames/1/2", "bulkdata/" + "/".join(["00400275", "0"] * 30)):  # fmt: skip
        assert aiko.get(f"{path(where())}/{rest}").status in (400, 404)
    for url in ("/", "/nothing", "/studies/abc", "/series/1.2", "/studies/1.2/frames/1"):
        assert aiko.get(url).status in (400, 404)
    assert aiko.ask("DELETE", "/studies/1.2").status == 405


def test_opened_once_it_is_read_again_without_a_line(
    clinic: Clinic, aiko: Web, xray_of_linda: bytes
) -> None:
    aiko.get(path(where()), AS_IS)
    before = len(clinic.house.lines())
    assert aiko.get(f"{path(where())}/frames/1").status == 200
    assert aiko.get(path(where()), AS_IS).parts[0][1] == xray_of_linda
    assert len(clinic.house.lines()) == before


def test_a_lease_that_ended_is_asked_for_again(
    clinic: Clinic, aiko: Web, xray_of_linda: bytes
) -> None:
    aiko.get(path(where()), AS_IS)
    before = len(clinic.house.lines())
    clinic.house.clock.move(minutes=6)
    assert aiko.get(path(where()), AS_IS).parts[0][1] == xray_of_linda
    assert [line.verb for line in clinic.house.lines()[before:]] == ["release"]
