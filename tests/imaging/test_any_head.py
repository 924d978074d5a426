"""Files nobody would write; the body of fuzz/dicom.py."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError
from chartkeep.imaging.cutter import read_head
from chartkeep.inventor.dicom import write_file
from tests.imaging.corpus import own
from tests.imaging.heads import WORD, feed

SEEDS = [
    own(name)
    for name in ("SC_rgb_rle_2frame.dcm", "reportsi.dcm", "priv_SQ.dcm", "ExplVR_BigEnd.dcm",
                 "chrH31.dcm", "image_dfl.dcm", "rtplan.dcm")
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real file with bytes changed, cut out or doubled."""
    data = bytearray(draw(st.sampled_from(SEEDS))[:8000])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(128, len(data) - 1))
        match draw(st.sampled_from(["change", "cut", "double"])):
            case "change":
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at : at + draw(st.integers(1, 40))]
                data += bytes(200)
            case _:
                data[at:at] = data[at : at + draw(st.integers(1, 40))]
    return bytes(data)


@settings(max_examples=200, deadline=None)
@given(damaged() | st.binary(max_size=80))
def test_any_bytes_are_a_head_or_a_refusal(data: bytes) -> None:
    feed(data)


def test_a_planted_word_is_in_what_is_fed() -> None:
    dataset = {
        0x00080016: ("UI", WORD.decode()), 0x00080018: ("UI", WORD), 0x0020000D: ("UI", WORD),
        0x0020000E: ("UI", WORD), 0x00100020: ("LO", WORD),
    }  # fmt: skip
    feed(write_file(dataset, "1.2.840.10008.1.2.1"))
    with pytest.raises(BadInputError):
        read_head(WORD)
