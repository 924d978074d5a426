"""The manifest: written, read back, and where frames lie."""

import hashlib
import json
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.encaps import generate_frames

from chartkeep.errors import BadInputError, DamagedError, UnknownFormatError
from chartkeep.imaging.cutter import read_head
from chartkeep.imaging.facts import read_facts
from chartkeep.imaging.instance import (
    Instance,
    describe,
    encode_instance,
    frame_ranges,
    head_bytes,
    head_ranges,
    pixel_value,
    read_instance,
)
from chartkeep.inventor.dicom import (
    JPEG_BASELINE,
    Where,
    Whose,
    cine,
    document,
    encapsulate,
    write_file,
    xray,
)
from tests.imaging.corpus import own

VECTORS = Path(__file__).parents[1] / "vectors" / "imaging" / "instances.json"
WHOSE = Whose("4711", "MINATO", "Mensah^Ama", "19560803")
WHERE = Where("2.25.1", "2.25.2", "2.25.3", "20261122", "081500", "A-17")
NAMES = {0x00080016: ("UI", "1.2"), 0x00080018: ("UI", "2.25.3"), 0x0020000D: ("UI", "2.25.1"),
         0x0020000E: ("UI", "2.25.2")}  # fmt: skip


def manifest(data: bytes) -> Instance:
    head = read_head(data)
    return describe(head, read_facts(head), hashlib.sha256(data).digest())


def taken(data: bytes, ranges: list[tuple[int, int]]) -> bytes:
    return b"".join(data[at : at + length] for at, length in ranges)


def vectors() -> list[dict[str, Any]]:
    return list(json.loads(VECTORS.read_text())["cases"])


@pytest.mark.parametrize("case", vectors(), ids=lambda case: case["name"])
def test_published_manifests_are_read_as_ever(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["manifest"])
    match case["expect"]:
        case "ok":
            instance = read_instance(raw)
            assert json.loads(json.dumps(_plain(instance))) == case["fields"]
            assert encode_instance(instance) == raw
        case "unknown format":
            with pytest.raises(UnknownFormatError):
                read_instance(raw)
        case "damaged":
            with pytest.raises(DamagedError):
                read_instance(raw)
        case other:
            raise AssertionError(other)


def _plain(instance: Instance) -> dict[str, Any]:
    plain = {name: getattr(instance, name) for name in instance.__struct_fields__}
    plain |= {"digest": instance.digest.hex(), "head": instance.head.hex()}
    return plain | {"bulk": [[each.tag, each.at, each.length] for each in instance.bulk]}


@pytest.mark.parametrize(
    "name",
    ["SC_rgb_rle_2frame.dcm", "examples_ybr_color.dcm", "SC_rgb_rle_32bit_2frame.dcm"],
)
def test_frames_of_encapsulated_data_are_those_pydicom_gives(name: str) -> None:
    data = own(name)
    instance = manifest(data)
    theirs = pydicom.dcmread(BytesIO(data))
    frames = list(generate_frames(theirs.PixelData, number_of_frames=instance.frames))
    assert [taken(data, frame_ranges(instance, n + 1)) for n in range(len(frames))] == frames
    assert len(frames) == instance.frames


def test_native_frames_are_slices_of_the_pixel_data() -> None:
    data = cine(WHOSE, WHERE, frames=5, size=16)
    instance = manifest(data)
    pixels = pydicom.dcmread(BytesIO(data)).PixelData
    frames = [taken(data, frame_ranges(instance, n)) for n in range(1, 6)]
    assert b"".join(frames) == pixels
    assert {len(frame) for frame in frames} == {256}


def test_a_frame_of_several_fragments_is_found_by_the_offset_table() -> None:
    pixels = encapsulate([b"a" * 10, b"b" * 20, b"c" * 30])
    table = bytes(4) + (18 + 28).to_bytes(4, "little")  # two frames: a and b, c
    pixels = pixels[:20].replace(b"\x0c\0\0\0", b"\x08\0\0\0") + table + pixels[32:]
    data = write_file({**NAMES, 0x00280008: ("IS", "2")}, JPEG_BASELINE, pixels)
    instance = manifest(data)
    assert instance.firsts == (0, 2)
    assert taken(data, frame_ranges(instance, 1)) == b"a" * 10 + b"b" * 20
    assert taken(data, frame_ranges(instance, 2)) == b"c" * 30


def test_a_table_that_fits_no_fragment_is_not_believed() -> None:
    pixels = encapsulate([b"a" * 10, b"b" * 20])
    pixels = pixels.replace((18).to_bytes(4, "little"), (17).to_bytes(4, "little"), 1)
    data = write_file({**NAMES, 0x00280008: ("IS", "3")}, JPEG_BASELINE, pixels)
    with pytest.raises(BadInputError, match="does not say"):
        frame_ranges(manifest(data), 2)


@pytest.mark.parametrize("number", [0, 2, -1])
def test_a_frame_that_is_not_there_is_refused(number: int) -> None:
    with pytest.raises(BadInputError, match="no such frame"):
        frame_ranges(manifest(xray(WHOSE, WHERE, 16)), number)


def test_bits_that_do_not_fit_the_pixel_data_are_not_believed() -> None:
    rows = {0x00280010: ("US", 65535), 0x00280011: ("US", 65535), 0x00280100: ("US", 16)}
    pixels = {0x7FE00010: ("OW", bytes(64))}
    data = write_file({**NAMES, **rows, **pixels}, "1.2.840.10008.1.2.1")
    assert taken(data, frame_ranges(manifest(data), 1)) == bytes(64)


@pytest.mark.parametrize("name", ["CT_small.dcm", "waveform_ecg.dcm", "MR_small_bigendian.dcm"])
def test_a_head_too_long_to_keep_is_read_from_the_file(name: str) -> None:
    data = own(name)
    instance = manifest(data)
    read = b"".join(data[at : at + length] for at, length in head_ranges(instance))
    assert read == read_head(data).data
    assert head_bytes(instance, lambda at, length: data[at : at + length]) == read
    assert bool(instance.head) == (len(read) <= 65_536)


def test_a_document_is_a_bulk_value_and_no_pixel_data() -> None:
    data = document(WHOSE, WHERE, b"%PDF-1.4" + bytes(9000))
    instance = manifest(data)
    assert pixel_value(instance) is None
    (value,) = instance.bulk
    assert data[value.at : value.at + 8] == b"%PDF-1.4"


def test_the_head_of_an_ordinary_picture_is_small() -> None:
    assert len(encode_instance(manifest(xray(WHOSE, WHERE, 64)))) < 1_000


def test_in_a_deflated_file_places_count_its_inflated_dataset() -> None:
    data = own("image_dfl.dcm")
    instance = manifest(data)
    inflated = data[: instance.start] + zlib.decompress(data[instance.start :], -zlib.MAX_WBITS)
    pixels = pydicom.dcmread(BytesIO(data)).PixelData
    assert instance.deflated
    assert taken(inflated, frame_ranges(instance, 1)) == pixels
    assert taken(inflated, list(head_ranges(instance))) == instance.head
