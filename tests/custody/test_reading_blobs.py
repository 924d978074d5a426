"""Blobs out of the house: what was sealed, where it was sealed, in its lease; or an error."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartkeep.custody import blobs
from chartkeep.custody.blobs import Range, read_blob, read_blobs, stream_blob
from chartkeep.custody.charts import Charts, Held
from chartkeep.custody.house import House
from chartkeep.custody.release import Look, release
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import (
    BadInputError,
    DamagedError,
    FrozenError,
    NotAllowedError,
    NotFoundError,
    UnavailableError,
)
from chartkeep.keyholder import actions
from chartkeep.model import ChartId, Purpose, Section, to_id, to_text
from chartkeep.sealing.blob import sealed_size
from tests.custody.images import LONG, SMALL, files, image, take
from tests.house import HouseRun, Meddling
from tests.records import lab, patient

IMAGING = frozenset({Section.IMAGING})


def opened(house: HouseRun, chart: ChartId, charts: Charts | None = None) -> tuple[Held, Any]:
    """Open the images of a chart; gives the section and its entries by the key of each."""
    look = Look(house.login("aiko"), IMAGING, Purpose.TREATMENT)
    (held,) = (charts or Charts(house.desk)).look(chart, look)
    return held, {entry.envelope.key: entry for entry in held.entries.values()}


@pytest.mark.parametrize("content", [b"", b"x" * 16_384, SMALL, LONG])
def test_an_image_comes_back_as_it_was_sent(
    house: HouseRun, chart: ChartId, content: bytes
) -> None:
    take(chart, house.engine, image(content))
    held, images = opened(house, chart)
    assert read_blob(held, images["1.2.3"], house.desk) == content
    pieces = list(stream_blob(images["1.2.3"], lambda: held, house.desk))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= blobs.PIECE


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(LONG)), st.integers(0, 3 << 20))
def test_a_range_is_the_slice_of_the_whole(
    long_image: tuple[House, Held, OpenedEntry], start: int, length: int
) -> None:
    desk, held, entry = long_image
    assert read_blob(held, entry, desk, start, length) == LONG[start : start + length]
    pieces = stream_blob(entry, lambda: held, desk, start, length)
    assert b"".join(pieces) == LONG[start : start + length]


@pytest.fixture
def long_image(house: HouseRun, chart: ChartId) -> tuple[House, Held, OpenedEntry]:
    take(chart, house.engine, image(LONG))
    held, images = opened(house, chart)
    return house.desk, held, images["1.2.3"]


def counting(house: HouseRun) -> tuple[House, list[list[tuple[bytes, int, int]]]]:
    """A desk that tells what ranges the store was asked for, a list a round."""
    rounds: list[list[tuple[bytes, int, int]]] = []

    def count(real: Callable[..., Any], chart: bytes, ranges: Any) -> Any:
        rounds.append(ranges)
        return real(chart, ranges)

    desk = house.join("desk")
    desk.store = Meddling(desk.store, read_blobs=count)  # type: ignore[assignment]
    return desk, rounds


def test_a_small_range_touches_its_own_chunks_only(house: HouseRun, chart: ChartId) -> None:
    take(chart, house.engine, image(LONG))
    held, images = opened(house, chart)
    desk, rounds = counting(house)
    read_blob(held, images["1.2.3"], desk, 2_000_000, 500)
    assert [sum(length for _, _, length in each) for each in rounds] == [149 + 16_400]


def test_ranges_of_many_images_are_one_question(house: HouseRun, chart: ChartId) -> None:
    contents = {f"1.2.{n}": SMALL + bytes([n]) for n in range(60)}
    take(chart, house.engine, *(image(content, key) for key, content in contents.items()))
    held, images = opened(house, chart)
    desk, rounds = counting(house)
    whole = read_blobs(held, [Range(images[key]) for key in contents], desk)
    ends = read_blobs(held, [Range(images[key], 30_000, 1 << 20) for key in contents], desk)
    assert whole == list(contents.values())
    assert ends == [content[30_000:] for content in whole]
    assert len(rounds) == 2


def test_what_one_answer_does_not_hold_is_asked_in_parts(
    house: HouseRun, chart: ChartId, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(chart, house.engine, image(LONG), image(SMALL, "1.2.4"))
    held, images = opened(house, chart)
    monkeypatch.setattr(blobs, "MOST_AT_ONCE", 1_000_000)
    monkeypatch.setattr(blobs, "MOST_ASKED", 1_500_000)
    desk, rounds = counting(house)
    found = read_blobs(held, [Range(images["1.2.3"]), Range(images["1.2.4"])], desk)
    assert found == [LONG, SMALL]
    assert len(rounds) == 3


@pytest.mark.parametrize(("start", "length"), [(-1, 5), (len(LONG) + 1, 5), (5, -1)])
def test_a_range_outside_is_refused(
    long_image: tuple[House, Held, OpenedEntry], start: int, length: int
) -> None:
    desk, held, entry = long_image
    with pytest.raises(BadInputError):
        read_blob(held, entry, desk, start, length)


def test_an_entry_without_a_blob_says_so(house: HouseRun, chart: ChartId) -> None:
    look = Look(house.login("aiko"), frozenset({Section.RESULTS}), Purpose.TREATMENT)
    (held,) = Charts(house.desk).look(chart, look)
    assert held.keys == {}
    with pytest.raises(NotFoundError, match="has no blob"):
        read_blob(held, next(iter(held.entries.values())), house.desk)


def test_a_blob_of_an_older_version_opens_with_its_history(house: HouseRun, chart: ChartId) -> None:
    for content in (SMALL, LONG):
        take(chart, house.engine, image(content, "DicomInstance/1"))
        house.clock.move(hours=2)  # another lease, another key
    look = Look(house.login("aiko"), IMAGING, Purpose.TREATMENT)
    versions = release(chart, look, house.desk, history=True)
    assert [read_blob(versions, each, house.desk) for each in versions.entries] == [SMALL, LONG]


def test_while_another_writes_the_lease_goes_on_with_its_keys(
    house: HouseRun, chart: ChartId
) -> None:
    take(chart, house.engine, image(SMALL))
    charts = Charts(house.desk)
    held, images = opened(house, chart, charts)
    take(chart, house.engine, image(LONG, "1.2.4"))
    assert read_blob(held, images["1.2.3"], house.desk) == SMALL
    held, images = opened(house, chart, charts)
    assert read_blob(held, images["1.2.4"], house.desk, 0, 10) == LONG[:10]


def test_after_the_lease_nothing_more_is_read(
    house: HouseRun, long_image: tuple[House, Held, OpenedEntry]
) -> None:
    desk, held, entry = long_image
    house.clock.move(minutes=6)
    with pytest.raises(UnavailableError, match="open no more"):
        read_blob(held, entry, desk)


def test_a_long_reader_is_a_line_each_lease_and_a_freeze_ends_it(
    house: HouseRun, chart: ChartId
) -> None:
    take(chart, house.engine, image(LONG))
    charts, look = Charts(house.desk), Look(house.login("aiko"), IMAGING, Purpose.TREATMENT)
    held = charts.look(chart, look)[0]
    entry = next(iter(held.entries.values()))
    pieces = stream_blob(entry, lambda: charts.look(chart, look)[0], house.desk)
    given = [next(pieces)]
    house.clock.move(minutes=6)
    given.append(next(pieces))
    assert house.verbs().count("release") == 2
    house.desk.keyholder.act(house.login("gita"), actions.Freeze("person", "aiko"))
    house.clock.move(minutes=6)
    with pytest.raises(FrozenError):
        next(pieces)
    assert b"".join(given) == LONG[: 2 * blobs.PIECE]


# Whoever has the store's disk, or the store itself, in his hands.


def place_of(house: HouseRun, entry: OpenedEntry) -> Path:
    blob = to_id(entry.envelope.blob.id).hex()  # type: ignore[union-attr]
    return next(path for path in files(house) if path.name == blob)


def named(entry: OpenedEntry) -> str:
    return re.escape(entry.envelope.blob.id)  # type: ignore[union-attr]


@pytest.mark.attack
@pytest.mark.parametrize("at", [0, 4, 40, 60, 80, 93, 120, 149, 20_000, -1])
def test_a_flipped_byte_of_a_blob_is_an_error_that_names_it(
    house: HouseRun, chart: ChartId, at: int
) -> None:
    take(chart, house.engine, image(SMALL), image(LONG, "1.2.4"))
    held, images = opened(house, chart)
    path = place_of(house, images["1.2.3"])
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    with pytest.raises(DamagedError, match=named(images["1.2.3"])):
        read_blob(held, images["1.2.3"], house.desk)
    assert read_blob(held, images["1.2.4"], house.desk) == LONG


@pytest.mark.attack
def test_swapped_blobs_are_named(house: HouseRun, chart: ChartId) -> None:
    """Of two entries of one section, of two sections, of two charts, all of one length."""
    other = house.send(patient("q"), lab("o2", "Patient/q")).charts[0]
    house.admit(other)
    mine = image(SMALL), image(SMALL[::-1], "1.2.4")
    take(chart, house.engine, *mine, image(SMALL, "1.2.5", Section.DOCUMENTS))
    take(other, house.engine, image(SMALL, "1.2.6"))
    held, images = opened(house, chart)
    first = place_of(house, images["1.2.3"])
    for second in set(files(house)) - {first}:
        kept, put = first.read_bytes(), second.read_bytes()
        first.write_bytes(put)
        with pytest.raises(DamagedError, match=named(images["1.2.3"])):
            read_blob(held, images["1.2.3"], house.desk)
        first.write_bytes(kept)
    assert read_blob(held, images["1.2.3"], house.desk) == SMALL


@pytest.mark.attack
@pytest.mark.parametrize("left", [0, 92, 149, 149 + 16_400, sealed_size(len(SMALL)) - 1])
def test_a_truncated_blob_is_named(house: HouseRun, chart: ChartId, left: int) -> None:
    take(chart, house.engine, image(SMALL))
    held, images = opened(house, chart)
    path = place_of(house, images["1.2.3"])
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DamagedError, match=f"{named(images['1.2.3'])} of entry .* cut short"):
        read_blob(held, images["1.2.3"], house.desk)
    path.unlink()
    with pytest.raises(DamagedError, match=f"{named(images['1.2.3'])} of entry .* is missing"):
        read_blob(held, images["1.2.3"], house.desk)


@pytest.mark.attack
@pytest.mark.parametrize("lie", [lambda parts: parts[:-1], lambda parts: [*parts, b""]])
def test_a_store_that_gives_another_number_of_parts_is_found_out(
    house: HouseRun, chart: ChartId, lie: Callable[[Any], Any]
) -> None:
    take(chart, house.engine, image(SMALL), image(SMALL, "1.2.4"))
    held, images = opened(house, chart)
    desk = house.join("desk")
    desk.store = Meddling(desk.store, read_blobs=lambda real, *asked: lie(real(*asked)))  # type: ignore[assignment]
    with pytest.raises(DamagedError):
        read_blobs(held, [Range(each) for each in images.values()], desk)


@pytest.mark.attack
def test_whoever_may_not_open_images_gets_no_key_of_one(house: HouseRun, chart: ChartId) -> None:
    take(chart, house.engine, image(SMALL))
    held, images = opened(house, chart)
    look = Look(house.login("carla"), IMAGING, Purpose.PAYMENT)
    with pytest.raises(NotAllowedError):
        Charts(house.desk).look(chart, look)
    with pytest.raises(DamagedError, match="no key here"):
        read_blob(held._replace(keys={}), images["1.2.3"], house.desk)


@pytest.mark.attack
def test_a_section_has_keys_of_its_own_blobs_only(house: HouseRun, chart: ChartId) -> None:
    take(chart, house.engine, image(SMALL), image(SMALL, "1.2.4", Section.DOCUMENTS))
    look = Look(
        house.login("aiko"),
        IMAGING | {Section.DOCUMENTS, Section.RESULTS},
        Purpose.TREATMENT,
    )
    held = {each.section: each for each in Charts(house.desk).look(chart, look)}
    keys = {section: set(each.keys) for section, each in held.items()}
    assert keys[Section.RESULTS] == set()
    assert len(keys[Section.IMAGING]) == len(keys[Section.DOCUMENTS]) == 1
    assert keys[Section.IMAGING].isdisjoint(keys[Section.DOCUMENTS])
    pictures, papers = held[Section.IMAGING], held[Section.DOCUMENTS]
    with pytest.raises(DamagedError, match="no key here"):
        read_blob(papers, next(iter(pictures.entries.values())), house.desk)
    assert to_text(chart) not in repr(pictures.keys)
