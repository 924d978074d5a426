"""A hostile picture is an error, ends at most its process, and the next picture is shown."""

import contextlib
import os
import signal
import struct
import threading
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, Sequence, dcmread, dcmwrite

from chartkeep.errors import RefusedError
from chartkeep.imaging.pixels import asking
from chartkeep.imaging.pixels.asking import Media, Rendering, UndecodableError
from chartkeep.imaging.pixels.pool import Pixels
from chartkeep.imaging.pixels.process import Process
from tests.imaging.pixels.samples import Sample, sample, sample_of
from tests.imaging.pixels.test_rendering import ramp

PNG = Rendering(media=Media.PNG)


def show(pixels: Pixels, given: Sample, how: Rendering = PNG) -> bytes:
    return pixels.render(given.head, given.syntax, given.frames[0], how)


def assert_still_at_work(pixels: Pixels) -> None:
    assert show(pixels, sample("CT_small")).startswith(b"\x89PNG")


def process_of(pixels: Pixels) -> int:
    show(pixels, sample("CT_small"))
    process = pixels._seats[0].process
    assert process is not None
    return process.child.pid


def with_head(given: Sample, **changes: object) -> Sample:
    """Change what a header says and leave the pixels."""
    header = dcmread(BytesIO(given.head), stop_before_pixels=True)
    for keyword, value in changes.items():
        setattr(header, keyword, value)
    out = BytesIO()
    dcmwrite(out, header)
    return given._replace(head=out.getvalue())


@pytest.mark.attack
@pytest.mark.parametrize(
    "changes",
    [
        {"Rows": 0},
        {"Rows": 65_535, "Columns": 65_535},
        {"Rows": 8_000, "Columns": 8_000},
        {"BitsAllocated": 12},
        {"BitsStored": 40},
        {"SamplesPerPixel": 200},
        {"SamplesPerPixel": 3},
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"NumberOfFrames": 2_000_000_000},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["CT_small", "MR_small_RLE", "MR_small_jp2klossless"])
def test_a_header_that_lies_is_an_error_or_is_shown_and_takes_nothing(
    pixels: Pixels, name: str, changes: dict[str, object]
) -> None:
    lying = with_head(sample(name), **changes)
    try:
        show(pixels, lying)
    except RefusedError:
        assert "NumberOfFrames" not in changes  # one frame is decoded, however many are claimed
    assert_still_at_work(pixels)


@pytest.mark.attack
def test_a_stream_that_claims_another_size_reaches_no_library(pixels: Pixels) -> None:
    given = sample("MR_small_jp2klossless")
    frame = bytearray(given.frames[0])
    at = frame.index(b"\xff\x4f\xff\x51")
    struct.pack_into("!II", frame, at + 8, 60_000, 60_000)
    with pytest.raises(UndecodableError):
        show(pixels, given._replace(frames=[bytes(frame)]))


@pytest.mark.parametrize(
    "name",
    ["MR_small_jp2klossless", "MR_small_RLE", "SC_rgb_jpeg_gdcm", "SC_rgb_dcmtk_+eb+cr"],
)
def test_damaged_streams_of_every_library_harm_nothing(pixels: Pixels, name: str) -> None:
    given = sample(name)
    chance = np.random.default_rng(4)
    for _ in range(15):
        frame = bytearray(given.frames[0])
        for at in chance.integers(0, len(frame), 6):
            frame[at] = chance.integers(0, 256)
        for each in (bytes(frame), bytes(frame[: len(frame) // 3]), b""):
            with contextlib.suppress(UndecodableError):
                show(pixels, given._replace(frames=[each]))
    assert_still_at_work(pixels)


def test_a_stream_cut_short_takes_seconds_at_most(pixels: Pixels) -> None:
    given = sample("MR_small_jpeg_ls_lossless")  # CharLS searches for what is missing
    cut = given.frames[0][: len(given.frames[0]) // 3]
    for frame in (cut, cut + b"\xff\xd9"):
        with pytest.raises(UndecodableError):
            show(pixels, given._replace(frames=[frame]))
    assert_still_at_work(pixels)


def palette(**changes: object) -> Sample:
    colors = {
        f"{color}PaletteColorLookupTable{what}": value
        for color in ("Red", "Green", "Blue")
        for what, value in (("Descriptor", [16, 0, 16]), ("Data", bytes(32)))
    }
    return sample_of(ramp(PhotometricInterpretation="PALETTE COLOR", **(colors | changes)))


def test_a_pixel_beyond_the_palette_has_its_last_colour(pixels: Pixels) -> None:
    assert show(pixels, palette())


@pytest.mark.parametrize(
    "changes",
    [
        {"RedPaletteColorLookupTableDescriptor": [0, 65_535, 16]},
        {"RedPaletteColorLookupTableDescriptor": [65_535, 0, 255]},
        {"RedPaletteColorLookupTableData": b""},
        {"SegmentedRedPaletteColorLookupTableData": struct.pack("<4H", 2, 65_535, 9, 9)},
        {"SegmentedRedPaletteColorLookupTableData": struct.pack("<3H", 1, 65_535, 9) * 4_000},
    ],
    ids=range(5),
)
def test_palettes_that_lie_are_errors_or_colours(
    pixels: Pixels, changes: dict[str, object]
) -> None:
    with contextlib.suppress(UndecodableError):
        show(pixels, palette(**changes))
    assert_still_at_work(pixels)


def test_a_table_longer_than_it_says_is_cut_and_one_of_no_entries_refused(pixels: Pixels) -> None:
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4, 0, 16], bytes(400)
    assert show(pixels, sample_of(ramp(VOILUTSequence=Sequence([table]))))
    table.LUTData = b""
    with pytest.raises(UndecodableError):
        show(pixels, sample_of(ramp(VOILUTSequence=Sequence([table]))))


@pytest.mark.attack
def test_a_head_of_ten_thousand_nested_sequences_is_an_error(pixels: Pixels) -> None:
    begin = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    begin += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    given = sample("CT_small")
    meta = given.head[: given.head.index(b"\x08\x00\x05\x00")]
    with pytest.raises(UndecodableError):
        show(pixels, given._replace(head=meta + begin * 10_000))
    assert_still_at_work(pixels)


def test_a_deflated_bomb_is_an_error(pixels: Pixels) -> None:
    given = sample("image_dfl")
    length = struct.unpack_from("<I", given.file, 140)[0]
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = squeeze.compress(bytes(1 << 24)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    bomb = zeros * 120 + squeeze.flush()  # 2 GB
    with pytest.raises(UndecodableError):
        show(pixels, given._replace(head=given.file[: 144 + length] + bomb))
    assert_still_at_work(pixels)


def test_what_is_longer_than_a_frame_may_be_is_not_even_sent(
    pixels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chartkeep.imaging.pixels.pool.MOST_FRAME", 1_000)
    with pytest.raises(UndecodableError, match="larger"):
        show(pixels, sample("CT_small"))


def test_a_job_too_long_ends_its_process_and_not_the_next_job() -> None:
    pixels = Pixels()
    process_of(pixels)
    pixels._seconds = 0.001
    slow = sample("examples_jpeg2k")
    with pytest.raises(UndecodableError, match="late"):
        show(pixels, slow)
    pixels._seconds = 30
    assert_still_at_work(pixels)
    pixels.close()


@pytest.mark.attack
def test_a_process_killed_in_the_middle_is_an_error_and_another_takes_its_place() -> None:
    pixels = Pixels()
    pid = process_of(pixels)
    os.kill(pid, signal.SIGSTOP)
    killer = threading.Timer(0.2, os.kill, (pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(UndecodableError, match="ended"):
        show(pixels, sample("CT_small"))
    assert process_of(pixels) != pid
    pixels.close()


def test_a_process_that_died_between_jobs_costs_no_job() -> None:
    pixels = Pixels()
    os.kill(process_of(pixels), signal.SIGKILL)
    pixels._seats[0].process.child.wait()
    assert_still_at_work(pixels)
    pixels.close()


@pytest.mark.attack
def test_a_process_inherits_no_secret_and_may_open_nothing(
    pixels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = process_of(pixels)
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert {each.split(b"=")[0] for each in environment if each} == {
        b"PYTHONPATH",
        b"OPENBLAS_NUM_THREADS",
    }
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    for name in ("Max open files", "Max processes", "Max file size", "Max core file size"):
        line = next(each for each in limits if each.startswith(name))
        assert line.removeprefix(name).split()[:2] == ["0", "0"]
    assert len(list(Path(f"/proc/{pid}/fd").iterdir())) == 3  # the socket, and nowhere twice
    status = Path(f"/proc/{pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status


@pytest.mark.attack
def test_a_worker_taken_over_says_no_words_and_no_more_than_is_bounded(
    pixels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    process_of(pixels)
    monkeypatch.setattr("chartkeep.imaging.pixels.process.MOST_ANSWER", 100)
    with pytest.raises(UndecodableError):
        show(pixels, sample("CT_small"))  # 100 bytes are not enough: it is taken for a liar
    monkeypatch.undo()
    assert_still_at_work(pixels)


def test_faults_are_numbers_and_our_own_words() -> None:
    for number in (1, 2, 3, 77):
        with pytest.raises(RefusedError):
            asking.raise_fault(number)


def test_many_threads_share_few_processes(pixels: Pixels) -> None:
    given, answers = sample("MR_small"), []
    right = show(pixels, given)

    def ask() -> None:
        answers.extend(show(pixels, given) == right for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 30


def test_a_process_ends_with_its_parent() -> None:
    process = Process()
    process.await_ready()
    process.line.close()  # what the kernel does when the parent dies
    assert process.child.wait(30) == 0
