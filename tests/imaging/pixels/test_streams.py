"""What a stream says of its own size is read before a library is let at it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.imaging.pixels.stream import stated_size
from tests.imaging.pixels.samples import sample
from tests.imaging.pixels.streams import feed


@given(st.binary(max_size=200))
def test_any_bytes_are_a_size_or_none_or_cut_short(data: bytes) -> None:
    feed(data)


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_jp2klossless",
        "MR_small_jpeg_ls_lossless",
        "SC_rgb_jpeg_gdcm",
        "SC_rgb_dcmtk_+eb+cy+s4",
        "JPGExtended",
        "examples_ybr_color",
    ],
)
def test_a_true_stream_states_what_its_header_says(name: str) -> None:
    picture = sample(name)
    header = picture.read()
    said = header.Rows, header.Columns, header.SamplesPerPixel
    assert stated_size(picture.frames[0]) == said


def test_run_lengths_state_nothing() -> None:
    assert stated_size(sample("MR_small_RLE").frames[0]) is None
