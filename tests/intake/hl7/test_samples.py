"""Every event is taken, and the same again changes nothing."""

import pytest

import hl7
from chartkeep.intake.hl7.reading import read_header, read_message
from tests.intake.hl7.conftest import Feed
from tests.intake.hl7.samples import SAMPLES


def test_every_event_is_taken_and_the_same_again_is_known(feed: Feed) -> None:
    assert {name: feed.send(raw) for name, raw in SAMPLES.items()} == dict.fromkeys(SAMPLES, "AA")
    again = {name: feed.send(raw) for name, raw in SAMPLES.items()}
    assert again == dict.fromkeys(SAMPLES, "AA it was here before")


@pytest.mark.parametrize("name", SAMPLES)
def test_another_reader_finds_the_same_fields(name: str) -> None:
    raw = SAMPLES[name]
    ours, theirs = read_message(raw, read_header(raw)), hl7.parse(raw.decode())
    assert len(ours.segments) == len(theirs)
    for mine, other in zip(ours.segments, theirs, strict=True):
        assert mine.name == str(other[0])
        assert [mine.raw(at) for at in range(1, len(other))] == [str(f) for f in other[1:]]
