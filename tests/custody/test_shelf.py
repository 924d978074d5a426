"""What the shelf gives back, and what it must have forgotten."""

from chartkeep.custody.envelope import Envelope
from chartkeep.custody.shelf import OpenedEntry, Shelf
from chartkeep.model import ChartId, EntryId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.sealing.entry import EntryHeader

CHART, OTHER = ChartId(b"c" * 16), ChartId(b"d" * 16)
AIKO, INTRUDER = b"aiko's token", b"another token"
END = Millis(1_000)


def opened(raw: bytes) -> dict[bytes, OpenedEntry]:
    header = EntryHeader(
        FacilityId(b"f" * 16), CHART, Section.CLINICAL, KeyId(b"k" * 16), EntryId(b"e" * 16), 1,
        Millis(1), InstanceId(b"i" * 16), "Condition",
    )  # fmt: skip
    return {b"sealed " + raw: OpenedEntry(header, Envelope("load", "Condition/1"), raw)}


def test_it_gives_a_session_what_its_last_look_showed() -> None:
    shelf = Shelf()
    shelf.put(AIKO, CHART, END, opened(b"one"))
    assert shelf.take(AIKO, CHART, Millis(999)) == opened(b"one")


def test_it_gives_nothing_to_another_session_and_nothing_of_another_chart() -> None:
    shelf = Shelf()
    shelf.put(AIKO, CHART, END, opened(b"one"))
    assert not shelf.take(INTRUDER, CHART, Millis(0))
    assert not shelf.take(AIKO, OTHER, Millis(0))


def test_it_has_forgotten_every_chart_whose_lease_ended_at_the_next_look_at_any() -> None:
    shelf = Shelf()
    shelf.put(AIKO, CHART, END, opened(b"one"))
    shelf.take(INTRUDER, OTHER, END)
    assert not shelf.take(AIKO, CHART, Millis(0))


def test_a_narrower_look_leaves_nothing_of_the_wider_one() -> None:
    shelf = Shelf()
    shelf.put(AIKO, CHART, END, opened(b"one") | opened(b"two"))
    shelf.put(AIKO, CHART, END, opened(b"two"))
    assert shelf.take(AIKO, CHART, Millis(0)) == opened(b"two")


def test_the_chart_looked_at_longest_ago_makes_room() -> None:
    shelf = Shelf(most=30)
    shelf.put(AIKO, CHART, END, opened(b"one"))
    shelf.put(AIKO, OTHER, END, opened(b"two"))
    shelf.put(INTRUDER, CHART, END, opened(b"six"))
    assert not shelf.take(AIKO, CHART, Millis(0))
    assert shelf.take(INTRUDER, CHART, Millis(0))


def test_it_keeps_no_chart_larger_than_itself() -> None:
    shelf = Shelf(most=10)
    shelf.put(AIKO, CHART, END, opened(b"one"))
    assert not shelf.take(AIKO, CHART, Millis(0))
