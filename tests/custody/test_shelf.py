"""What the shelf gives back, and what it must have forgotten."""

from chartkeep.custody.envelope import Envelope
from chartkeep.custody.shelf import OpenedEntry, Shelf
from chartkeep.model import ChartId, EntryId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.sealing.entry import EntryHeader

CHART, OTHER = ChartId(b"c" * 16), ChartId(b"d" * 16)
CLINICAL, RESULTS = Section.CLINICAL, Section.RESULTS
END = Millis(1_000)


def opened(raw: bytes, section: Section = CLINICAL) -> dict[bytes, OpenedEntry]:
    header = EntryHeader(
        FacilityId(b"f" * 16), CHART, section, KeyId(b"k" * 16), EntryId(b"e" * 16), 1,
        Millis(1), InstanceId(b"i" * 16), "Condition",
    )  # fmt: skip
    return {b"sealed " + raw: OpenedEntry(header, Envelope("load", "Condition/1"), raw)}


def test_it_gives_what_the_last_look_at_a_section_showed() -> None:
    shelf = Shelf()
    shelf.put(CHART, END, opened(b"one") | opened(b"lab", RESULTS))
    assert shelf.take(CHART, [CLINICAL], Millis(999)) == opened(b"one")
    both = shelf.take(CHART, [CLINICAL, RESULTS], Millis(999))
    assert both == opened(b"one") | opened(b"lab", RESULTS)


def test_it_gives_nothing_of_another_chart_or_section() -> None:
    shelf = Shelf()
    shelf.put(CHART, END, opened(b"one"))
    assert not shelf.take(OTHER, [CLINICAL], Millis(0))
    assert not shelf.take(CHART, [RESULTS], Millis(0))


def test_it_has_forgotten_every_section_whose_lease_ended_at_the_next_look_at_any() -> None:
    shelf = Shelf()
    shelf.put(CHART, END, opened(b"one"))
    shelf.take(OTHER, [CLINICAL], END)
    assert not shelf.take(CHART, [CLINICAL], Millis(0))


def test_a_look_at_one_section_does_not_keep_another_past_its_lease() -> None:
    shelf = Shelf()
    shelf.put(CHART, END, opened(b"one") | opened(b"lab", RESULTS))
    shelf.put(CHART, Millis(END + 500), opened(b"lab", RESULTS))
    assert shelf.take(CHART, [CLINICAL, RESULTS], END) == opened(b"lab", RESULTS)


def test_a_narrower_look_leaves_nothing_of_the_wider_one() -> None:
    shelf = Shelf()
    shelf.put(CHART, END, opened(b"one") | opened(b"two"))
    shelf.put(CHART, END, opened(b"two"))
    assert shelf.take(CHART, [CLINICAL], Millis(0)) == opened(b"two")


def test_the_section_looked_at_longest_ago_makes_room() -> None:
    shelf = Shelf(most=30)
    shelf.put(CHART, END, opened(b"one"))
    shelf.put(OTHER, END, opened(b"two"))
    shelf.put(CHART, END, opened(b"lab", RESULTS))
    assert not shelf.take(CHART, [CLINICAL], Millis(0))
    assert shelf.take(CHART, [RESULTS], Millis(0))


def test_it_keeps_no_section_larger_than_itself() -> None:
    shelf = Shelf(most=10)
    shelf.put(CHART, END, opened(b"one"))
    assert not shelf.take(CHART, [CLINICAL], Millis(0))
