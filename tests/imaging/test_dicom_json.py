"""DICOM JSON: as pydicom makes it, and what it names is found again in the file."""

import logging
import warnings
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pydicom
import pytest
from hypothesis import given, settings

from chartkeep.errors import BadInputError, NotFoundError
from chartkeep.imaging.cutter import read_head
from chartkeep.imaging.dicom_json import INLINE, encode_head
from chartkeep.imaging.facts import read_facts
from chartkeep.imaging.instance import Instance, describe
from chartkeep.imaging.json_file import Part, make_file
from chartkeep.imaging.locating import value_range
from chartkeep.inventor.dicom import Elements, Where, Whose, cine, document, ecg, write_file, xray
from tests.imaging.corpus import BROKEN, own, peer_files, pydicom_files
from tests.imaging.test_any_head import damaged

WHOSE = Whose("4711", "MINATO", "Mensah^Ama=門佐^天", "19560803")
WHERE = Where("2.25.1", "2.25.2", "2.25.3", "20261122", "081500", "A-17")
BASE = "http://h/studies/1/series/2/instances/3/bulkdata"
PADDED = {"693_J2KI.dcm", "693_UNCI.dcm", "SC_rgb_gdcm_KY.dcm", "SC_rgb_jpeg_lossy_gdcm.dcm",
          "SC_rgb_gdcm2k_uncompressed.dcm"}  # fmt: skip
"""pydicom keeps a blank at the end of a value that is not the last, which the standard drops."""
OTHER = {"badVR.dcm", "DICOMDIR-nooffset", "emri_small_jpeg_2k_lossless_too_short.dcm"}
"""pydicom gives no JSON, or reads directory records whose lengths lie."""


NAMES: Elements = {0x00080016: ("UI", "1.2"), 0x00080018: ("UI", "1.3")}


def encode(data: bytes) -> dict[str, Any]:
    head = read_head(data)
    return encode_head(head.data, head.encoding, BASE)


def manifest(data: bytes) -> Instance:
    head = read_head(data)
    return describe(head, read_facts(head), bytes(32))


def theirs(data: bytes) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(BytesIO(data), force=True)
        return dataset.to_json_dict(INLINE, lambda _: "uri")


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """What must be equal: all but group lengths, the character set, and where bulk is found."""
    return {
        tag: _plain(each) for tag, each in row.items() if tag[4:] != "0000" and tag != "00080005"
    }


def _plain(element: dict[str, Any]) -> dict[str, Any]:
    kept = {name: each for name, each in element.items() if name in ("vr", "Value")}
    values = kept.pop("Value", [])
    if element["vr"] == "SQ":
        values = [plain(item) for item in values]
    if element["vr"] == "PN":
        values = [{k: v for k, v in (name or {}).items() if v} or None for name in values]
    values = [None if value == "" else value for value in values]
    return kept if values in ([], [None]) else kept | {"Value": values}


@pytest.mark.parametrize(
    "path", [p for p in pydicom_files() if p.name not in BROKEN | PADDED | OTHER], ids=str
)
def test_it_is_the_json_pydicom_makes(path: Path) -> None:
    logging.disable()
    data = path.read_bytes()
    assert plain(encode(data)) == plain(theirs(data))
    orjson.dumps(encode(data))


@pytest.mark.peer
def test_it_is_the_json_pydicom_makes_of_large_pictures_too() -> None:
    files = [path for path in peer_files() if path.name not in PADDED | OTHER]
    assert len(files) > 60
    for path in files:
        assert plain(encode(path.read_bytes())) == plain(theirs(path.read_bytes())), path.name


def test_small_binary_values_are_inline_and_large_ones_are_named() -> None:
    data = own("CT_small.dcm")
    row = encode(data)
    inline = next(each for each in row.values() if "InlineBinary" in each)
    assert len(b64decode(inline["InlineBinary"])) <= INLINE
    assert row["7FE00010"] == {"vr": "OW", "BulkDataURI": f"{BASE}/7FE00010"}


def uris(row: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for element in row.values():
        if uri := element.get("BulkDataURI"):
            found.append((element["vr"], uri[len(BASE) + 1 :]))
        if element["vr"] == "SQ":
            found += [each for item in element.get("Value", []) for each in uris(item)]
    return found


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "waveform_ecg.dcm", "MR_small_bigendian.dcm", "examples_ybr_color.dcm",
             "rtdose.dcm", "examples_overlay.dcm"],
)  # fmt: skip
def test_what_a_uri_names_lies_where_it_is_found(name: str) -> None:
    data = own(name)
    instance, head = manifest(data), read_head(data)
    dataset = pydicom.dcmread(BytesIO(data))
    named = uris(encode(data))
    assert named
    for _, path in named:
        at, length = value_range(instance, head.data, path)
        value: Any = dataset
        for step in path.split("/"):
            value = value[int(step)] if len(step) < 8 else value[int(step, 16)].value
        found = data[at : at + length]
        assert value == (found if length == len(value) else found[: len(value)])


def test_a_nested_value_behind_a_bulk_value_is_found_in_the_file() -> None:
    inner: Elements = {0x00420011: ("OB", b"inner" * 300)}
    data = write_file({
        0x00080016: ("UI", "1.2"), 0x00080018: ("UI", "1.3"), 0x0020000D: ("UI", "1.4"),
        0x0020000E: ("UI", "1.5"), 0x00420011: ("OB", bytes(9000)),
        0x00880200: ("SQ", [{}, inner]),
    }, "1.2.840.10008.1.2.1")  # fmt: skip
    path = dict(map(reversed, uris(encode(data))))
    assert path == {"00420011": "OB", "00880200/1/00420011": "OB"}
    at, length = value_range(manifest(data), read_head(data).data, "00880200/1/00420011")
    assert data[at : at + length] == b"inner" * 300


@pytest.mark.parametrize(
    "path", ["00100020/0/00100020", "99999999", "x", "7FE00010/0/7FE00010", ""]
)
def test_a_value_that_is_not_there_is_not_found(path: str) -> None:
    data = own("CT_small.dcm")
    with pytest.raises(NotFoundError):
        value_range(manifest(data), read_head(data).data, path)


def test_a_broken_sequence_does_not_hide_the_rest() -> None:
    dataset: Elements = {
        0x00080016: ("UI", "1.2"), 0x00080018: ("UI", "1.3"),
        0x00101002: ("OB", b"no items at all!"), 0x0020000D: ("UI", "1.4"),
    }  # fmt: skip
    data = write_file(dataset, "1.2.840.10008.1.2.1").replace(
        b"\x10\x00\x02\x10OB", b"\x10\x00\x02\x10SQ"
    )
    row = encode(data)
    assert row["00101002"] == {"vr": "UN", "BulkDataURI": f"{BASE}/00101002"}
    assert row["0020000D"]["Value"] == ["1.4"]


@settings(max_examples=150, deadline=None)
@given(damaged())
def test_whatever_parsed_is_json_or_a_refusal(data: bytes) -> None:
    try:
        head = read_head(data)
    except BadInputError:
        return
    try:
        row = encode_head(head.data, head.encoding, BASE)
    except BadInputError:
        return
    orjson.dumps(row)


@pytest.mark.attack
def test_sequences_in_sequences_are_read_once_and_no_deeper_than_allowed() -> None:
    nested = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 5000
    with pytest.raises(BadInputError):
        read_head(own("CT_small.dcm") + nested)
    inner: Elements = {}
    for _ in range(80):
        inner = {0x0040A730: ("SQ", [inner])}
    row = encode(write_file({**NAMES, **inner}, "1.2.840.10008.1.2.1"))
    assert row["0040A730"]["vr"] == "UN"


def bulk_of(data: bytes):  # noqa: ANN201 - Bulk
    instance, head = manifest(data), read_head(data)

    def bulk(uri: str) -> Part:
        at, length = value_range(instance, head.data, uri[len(BASE) + 1 :])
        return Part(data[at : at + length])

    return bulk


@pytest.mark.parametrize(
    "data",
    [own("CT_small.dcm"), own("waveform_ecg.dcm"), own("reportsi.dcm"), own("chrH31.dcm"),
     xray(WHOSE, WHERE, 32), cine(WHOSE, WHERE, 3, 16), document(WHOSE, WHERE, b"%PDF" * 2000),
     ecg(WHOSE, WHERE, [[1, -2, 3]] * 12)],
    ids=["CT", "waveform", "SR", "Japanese", "X-ray", "cine", "PDF", "ECG"],
)  # fmt: skip
def test_a_file_made_of_json_and_bulk_says_the_same(data: bytes) -> None:
    row = orjson.loads(orjson.dumps(encode(data)))
    row.setdefault("00080016", {"vr": "UI", "Value": ["1.2"]})
    row["00080018"] = {"vr": "UI", "Value": ["1.3"]}
    made = make_file(row, bulk_of(data))
    again = encode(made)
    assert plain(again) == plain(row)
    assert plain(theirs(made)) == plain(again)


def test_compressed_pixels_and_video_are_wrapped_in_their_syntax() -> None:
    row = encode(xray(WHOSE, WHERE, 16))
    for media_type, syntax in (("image/jpeg", "1.2.840.10008.1.2.4.50"),
                               ("video/mp4", "1.2.840.10008.1.2.4.102")):  # fmt: skip
        head = read_head(make_file(row, lambda _, m=media_type: Part(b"stream", m)))
        assert head.syntax == syntax
        assert head.cuts[0x7FE00010].fragments == (0, 6)


@pytest.mark.attack
@pytest.mark.parametrize(
    "change",
    [
        {"00280010": {"vr": "US", "Value": [70000]}}, {"00280010": {"vr": "US", "Value": ["x"]}},
        {"00280010": {"vr": "ZZ", "Value": [1]}}, {"00280010": None}, {"nonsense": {"vr": "US"}},
        {"00100010": {"vr": "PN", "Value": ["text"]}}, {"00400555": {"vr": "SQ", "Value": [5]}},
        {"00080018": {"vr": "UI", "Value": ["../x"]}},
        {"00420011": {"vr": "OB", "InlineBinary": "*"}},
        {"00080060": {"vr": "CS", "Value": ["x" * 70000]}},
        {"00280106": {"vr": "AT", "Value": [None]}},
    ],
)  # fmt: skip
def test_metadata_that_are_none_are_refused(change: dict[str, Any]) -> None:
    data = xray(WHOSE, WHERE, 16)
    with pytest.raises(BadInputError):
        make_file({**encode(data), **change}, bulk_of(data))


@pytest.mark.attack
def test_metadata_without_end_are_refused() -> None:
    row: dict[str, Any] = {}
    for _ in range(500):
        row = {"0040A730": {"vr": "SQ", "Value": [row]}}
    with pytest.raises(BadInputError, match="nest deeper"):
        make_file({**row, **encode(xray(WHOSE, WHERE, 16))}, lambda _: Part(b""))
