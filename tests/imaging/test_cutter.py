"""Taking files apart: real ones, large ones, hostile ones."""

import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path
from struct import pack

import pydicom
import pytest

from chartkeep.errors import BadInputError
from chartkeep.imaging import cutter as cutter_module
from chartkeep.imaging.cutter import MOST_ELEMENTS, MOST_HEAD, Cutter, read_head
from chartkeep.imaging.elements import DEEPEST, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from chartkeep.imaging.head import PIXEL_TAGS, Head
from chartkeep.inventor.dicom import encapsulate, write_elements, write_file
from tests.imaging.corpus import BROKEN, own, peer_files, pydicom_files

SMALL = {0x00080016: ("UI", "1.2"), 0x00080018: ("UI", "1.3")}
PREAMBLE = bytes(128) + b"DICM"


def wide(tag: int, vr: bytes, length: int, value: bytes = b"") -> bytes:
    """An element with a length of four bytes, true or not."""
    return pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, length) + value


def in_pieces(data: bytes, size: int, syntax: str = "") -> Head:
    cutter = Cutter(syntax)
    for at in range(0, len(data), size):
        cutter.feed(data[at : at + size])
    return cutter.finish()


def feed_all(pieces: list[bytes]) -> None:
    cutter = Cutter()
    for piece in pieces:
        cutter.feed(piece)


def check_like_pydicom(path: Path) -> None:
    head = read_head(path.read_bytes())
    theirs = pydicom.dcmread(path, force=True)
    assert head.found.keys() == {int(tag) for tag in theirs.keys()}  # noqa: SIM118 - no dict
    assert head.size == path.stat().st_size


def test_the_corpus_is_there() -> None:
    assert len(pydicom_files()) >= 170


@pytest.mark.parametrize("path", [p for p in pydicom_files() if p.name not in BROKEN], ids=str)
@pytest.mark.filterwarnings("ignore")
def test_every_file_of_pydicom_is_read_as_pydicom_reads_it(path: Path) -> None:
    check_like_pydicom(path)


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore")
def test_every_file_of_pydicom_data_is_read_as_pydicom_reads_it() -> None:
    files = [path for path in peer_files() if "too_short" not in path.name]
    assert len(files) > 60
    for path in files:
        check_like_pydicom(path)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_what_ends_too_early_is_refused(name: str) -> None:
    with pytest.raises(BadInputError):
        read_head(next(path for path in Path(pydicom.__file__).parent.rglob(name)).read_bytes())


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "name", ["SC_rgb_rle_2frame.dcm", "reportsi.dcm", "image_dfl.dcm", "MR_small_bigendian.dcm"]
)
def test_in_pieces_it_is_the_same_head(name: str, size: int) -> None:
    data = own(name)[: 9000 if size == 1 else None]
    if len(data) == len(own(name)):
        assert in_pieces(data, size) == read_head(data)


def test_a_cut_value_lies_where_it_is_said_to_lie() -> None:
    data = own("CT_small.dcm")
    head = read_head(data)
    cut = head.cuts[0x7FE00010]
    theirs = pydicom.dcmread(BytesIO(data)).PixelData
    assert data[cut.at : cut.at + cut.length] == theirs
    assert data[head.start : head.start + 100] == head.data[:100]
    assert not PIXEL_TAGS & {tag for tag in head.found if head.value(tag)}


def test_a_dataset_without_file_meta_needs_its_transfer_syntax() -> None:
    data = read_head(own("MR_small_implicit.dcm"))
    dataset = own("MR_small_implicit.dcm")[data.start :]
    assert read_head(dataset, IMPLICIT_LITTLE).found == data.found
    assert read_head(dataset, IMPLICIT_LITTLE).start == 0


def test_explicit_data_under_an_implicit_name_are_read_as_they_are() -> None:
    dataset = write_elements(SMALL)
    assert not read_head(dataset, IMPLICIT_LITTLE).encoding.implicit


def test_what_the_head_is_ready_for_is_known_before_the_bulk_has_come() -> None:
    data = write_file({**SMALL, 0x0020000E: ("UI", "1.5"), 0x7FE00010: ("OB", bytes(50_000))},
                      EXPLICIT_LITTLE)  # fmt: skip
    cutter = Cutter()
    cutter.feed(data[:2000])
    assert cutter.ready
    assert cutter.preview().value(0x0020000E) == b"1.5\0"


def test_frames_of_encapsulated_data_are_listed_without_keeping_them() -> None:
    parts = [bytes([n]) * 1000 for n in range(50)]
    data = write_file(SMALL, "1.2.840.10008.1.2.4.50", encapsulate(parts))
    cut = in_pieces(data, 333).cuts[0x7FE00010]
    assert cut.fragments == (200, *[1000] * 50)
    assert cut.length == len(encapsulate(parts)) - 12
    assert in_pieces(data, 333) == read_head(data)


def test_a_missing_last_delimiter_is_forgiven() -> None:
    data = write_file(SMALL, "1.2.840.10008.1.2.4.50", encapsulate([b"ab"])[:-8])
    assert read_head(data).cuts[0x7FE00010].fragments == (4, 2)


def hostile() -> dict[str, bytes]:
    """Files that lie, each with the element it lies in."""
    begin = write_file(SMALL, EXPLICIT_LITTLE)
    nested = b"".join(
        wide(0x00081140, b"SQ", 0xFFFFFFFF) + pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
        for _ in range(DEEPEST)
    )
    return {
        "(0008,1140) nests": begin + nested,
        "(0008,1140) has items": begin + wide(0x00081140, b"SQ", 0xFFFFFFFF, bytes(400)),
        "(0008,1140) is cut short": begin + wide(0x00081140, b"SQ", 0xFFFFFFFE, bytes(40)),
        "(7FE0,0010) is cut short": begin + wide(0x7FE00010, b"OW", 0xFFFFFFF0, bytes(40)),
        "(7FE0,0010) has fragments": begin + wide(0x7FE00010, b"OB", 0xFFFFFFFF, bytes(40)),
        "(0010,0010) is cut short": begin + pack("<HH2sH", 0x10, 0x10, b"PN", 65535),
        "(FFFE,E0DD) is a delimiter": begin + pack("<HHI", 0xFFFE, 0xE0DD, 0),
        "(7FE0,0010) comes twice": begin + 2 * wide(0x7FE00010, b"OW", 2, b"ab"),
        "file meta over 1 MiB": PREAMBLE + wide(0x00020102, b"OB", 0xFFFFFFF0, bytes(40)),
        "ends in its file meta": begin[:200],
        "not a DICOM file": bytes(5000),
        "holds no element": PREAMBLE,
    }


@pytest.mark.attack
@pytest.mark.parametrize("why", sorted(hostile()))
def test_a_file_that_lies_is_refused_by_the_element(why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        in_pieces(hostile()[why], 97)
    assert why in str(refused.value)


@pytest.mark.attack
def test_more_elements_than_any_file_has_are_refused() -> None:
    many = b"".join(
        pack("<HHI", 9 + n // 60000 * 2, n % 60000, 0) for n in range(MOST_ELEMENTS + 9)
    )
    with pytest.raises(BadInputError, match="one of more than"):
        read_head(many, IMPLICIT_LITTLE)


@pytest.mark.attack
def test_more_fragments_than_any_file_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutter_module, "MOST_FRAGMENTS", 20_000)
    begin = write_file(SMALL, EXPLICIT_LITTLE) + wide(0x7FE00010, b"OB", 0xFFFFFFFF)
    item = pack("<HHI", 0xFFFE, 0xE000, 0)
    with pytest.raises(BadInputError, match="fragments"):
        read_head(begin + item * 20_002)


@pytest.mark.attack
def test_a_head_without_end_takes_bounded_memory() -> None:
    begin = write_file(SMALL, EXPLICIT_LITTLE) + wide(0x00081140, b"SQ", 0xFFFFFFFF)
    item = pack("<HHI", 0xFFFE, 0xE000, 65_000) + bytes(65_000)
    tracemalloc.start()
    with pytest.raises(BadInputError, match="head longer"):
        feed_all([begin, *[item] * (2 * MOST_HEAD // 65_000)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MOST_HEAD


@pytest.mark.attack
def test_a_gigabyte_of_pixels_passes_in_bounded_memory() -> None:
    cutter = Cutter()
    cutter.feed(write_file(SMALL, EXPLICIT_LITTLE) + wide(0x7FE00010, b"OW", 1 << 30))
    piece = bytes(1 << 20)
    tracemalloc.start()
    for _ in range(1 << 10):
        cutter.feed(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert cutter.finish().cuts[0x7FE00010].length == 1 << 30
    assert peak < 100_000


@pytest.mark.attack
def test_a_deflated_bomb_is_refused_in_bounded_memory() -> None:
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = deflate.compress(write_elements(SMALL) + wide(0x00281201, b"OW", 0xF0000000))
    bomb += b"".join(deflate.compress(bytes(1 << 22)) for _ in range(70)) + deflate.flush()
    meta = write_file(SMALL, "1.2.840.10008.1.2.1.99")
    meta = meta[: len(meta) - len(write_elements(SMALL))]
    tracemalloc.start()
    with pytest.raises(BadInputError, match="inflates"):
        read_head(meta + bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32 << 20


def test_big_endian_without_file_meta_is_read_when_its_syntax_is_known() -> None:
    data = next(Path(pydicom.__file__).parent.rglob("ExplVR_BigEndNoMeta.dcm")).read_bytes()
    assert read_head(data, EXPLICIT_BIG).value(0x00080005) == b"ISO_IR 100"
