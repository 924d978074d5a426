"""Labels: never one twice, an entry's own, dropped when the store has the next, kept by no liar."""

import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from chartkeep.errors import BadInputError, SealBrokenError
from chartkeep.keyholder.backup import make_backup, restore_backup
from chartkeep.keyholder.protocol import Labelled, ReadLabels, RotateChart, SamePerson, WriteLabels
from chartkeep.keyholder.verbs.labelling import MOST_BATCHES, MOST_KEYWORDS
from chartkeep.model import Millis
from chartkeep.sealing.backup import make_operators
from chartkeep.sealing.box import BoxKey, seal_box
from tests import cast
from tests.keyholder.desk import Desk, Letter, write_labels
from tests.keyholder.test_shredding import run_all_errands, shred

STAY, VISIT = b"s" * 16, b"v" * 16


def write(desk: Desk, chart: bytes, *words: str, about: bytes = b"") -> list[bytes]:
    given: list[bytes] = desk.ask(write_labels(chart, words, about), "engine").labels
    return given


def read(desk: Desk, token: bytes, word: str) -> set[bytes]:
    (found,) = desk.ask(ReadLabels(token, "TREAT", [word])).found
    return set(found.labels)


def settle(desk: Desk, chart: bytes, *stored: bytes) -> set[bytes]:
    """Run all errands at a store that has these labels; gives those it was told to delete."""
    done = run_all_errands(desk, [], None, dict.fromkeys(stored, chart))
    return {label for verb, label in done if verb == "drop"}


def test_no_label_ever_comes_twice(desk: Desk) -> None:
    charts = [desk.chart().chart for _ in range(3)]
    given = [
        label
        for _ in range(4)
        for chart in charts
        for about in (chart, STAY)
        for label in write(desk, chart, "name:sato", "ward:3W", about=about)
    ]
    assert len(given) == len(set(given)) == 3 * 4 * 2 * 16
    assert {len(label) for label in given} == {16}


@pytest.mark.parametrize(("words", "labels"), [(0, 0), (1, 16), (15, 16), (16, 16), (17, 32)])
def test_the_number_of_labels_is_a_multiple_of_sixteen(desk: Desk, words: int, labels: int) -> None:
    assert len(write(desk, desk.chart().chart, *(f"name:{n}" for n in range(words)))) == labels


def test_many_entries_are_padded_together(desk: Desk) -> None:
    labelled = [Labelled(bytes([n]) * 16, ["a", "b"]) for n in range(9)]
    given = desk.ask(WriteLabels(desk.chart().chart, labelled), "engine").labels
    assert len(given) == len(set(given)) == 32


def test_more_keywords_than_one_question_may_have_are_refused(desk: Desk) -> None:
    words = [str(n) for n in range(1_000)]
    labelled = [Labelled(bytes([n]) * 16, words) for n in range(MOST_KEYWORDS // 1_000 + 1)]
    with pytest.raises(BadInputError, match="keywords"):
        desk.ask(WriteLabels(desk.chart().chart, labelled), "engine")


def test_a_replacement_drops_exactly_the_old_labels_of_that_entry(desk: Desk) -> None:
    chart, aiko = desk.chart().chart, desk.login("aiko")
    old = write(desk, chart, "ward:3W", "name:sato")
    stay = write(desk, chart, "ward:3W", about=STAY)
    new = write(desk, chart, "ward:5E", "name:sato")
    assert settle(desk, chart, *old, *stay, *new) == set(old)  # the padding too
    assert read(desk, aiko, "ward:3W") < set(stay)
    assert read(desk, aiko, "ward:5E") | read(desk, aiko, "name:sato") < set(new)
    assert settle(desk, chart, *stay, *new) == set()


def test_an_entry_that_has_no_keywords_any_more_loses_its_labels(desk: Desk) -> None:
    chart, aiko = desk.chart().chart, desk.login("aiko")
    stay = write(desk, chart, "ward:3W", about=STAY)
    assert write(desk, chart, about=STAY) == []
    assert settle(desk, chart) == set(stay)
    assert read(desk, aiko, "ward:3W") == set()


def test_an_entry_that_never_had_keywords_costs_no_line(desk: Desk) -> None:
    chart = desk.chart().chart
    size = desk.keyholder.book.size()
    assert write(desk, chart, about=STAY) == []
    assert desk.keyholder.book.size() == size
    assert write(desk, chart, "name:sato") != []
    assert write(desk, chart) == []
    assert desk.keyholder.book.size() == size + 2


def test_labels_stay_until_the_store_has_the_next_ones(desk: Desk) -> None:
    chart, aiko = desk.chart().chart, desk.login("aiko")
    old, new = write(desk, chart, "name:sato"), write(desk, chart, "name:sato")
    assert settle(desk, chart, *old) == set()
    assert len(read(desk, aiko, "name:sato") & set(old)) == 1
    assert settle(desk, chart, *old, *new) == set(old)


def test_labels_that_never_come_to_the_store_are_forgotten(desk: Desk) -> None:
    chart = desk.chart().chart
    old, new = write(desk, chart, "name:sato"), write(desk, chart, "name:ito")
    desk.clock.move(hours=2)
    assert settle(desk, chart, *old) == set(new)
    aiko = desk.login("aiko")
    assert (read(desk, aiko, "name:sato") < set(old), read(desk, aiko, "name:ito")) == (True, set())
    assert desk.keyholder.book.value("SELECT count(*) FROM errand") == 0


def test_of_two_writers_the_one_who_stored_is_kept(desk: Desk) -> None:
    chart = desk.chart().chart
    old, his, ours = (write(desk, chart, word) for word in ("name:a", "name:b", "name:c"))
    assert settle(desk, chart, *old, *his) == set(old)
    desk.clock.move(hours=2)
    assert settle(desk, chart, *his) == set(ours)
    assert read(desk, desk.login("aiko"), "name:b") < set(his)


def test_an_errand_stays_until_the_store_did_it(desk: Desk) -> None:
    chart = desk.chart().chart
    old = write(desk, chart, "ward:3W")
    new = write(desk, chart, "ward:5E")
    again = desk.restart()
    assert settle(again, chart, *new) == set(old)
    assert settle(again, chart, *new) == set()
    again.stop()


def test_a_rotation_keeps_every_list(desk: Desk) -> None:
    wanted, aiko = desk.chart(), desk.login("aiko")
    write(desk, wanted.chart, "whole:sato")
    stay = write(desk, wanted.chart, "ward:3W", about=STAY)
    desk.ask(RotateChart(wanted.chart, wanted.wraps), "host")
    assert desk.ask(SamePerson(wanted.chart, ["whole:sato"]), "engine").same
    new = write(desk, wanted.chart, "ward:5E", about=STAY)
    assert settle(desk, wanted.chart, *new) == set(stay)
    assert read(desk, aiko, "ward:3W") == set()


def test_labels_written_in_the_turn_of_a_rotation_lie_under_the_new_key(desk: Desk) -> None:
    wanted = desk.chart()
    letters = [
        Letter("engine", write_labels(wanted.chart, ["whole:sato"])),
        Letter("host", RotateChart(wanted.chart, wanted.wraps)),
        Letter("engine", write_labels(wanted.chart, ["ward:3W"], STAY)),
    ]
    desk.send(letters)
    assert desk.ask(SamePerson(wanted.chart, ["whole:sato"]), "engine").same
    assert write(desk, wanted.chart, about=STAY) == []
    assert len(settle(desk, wanted.chart)) == 16


def test_a_list_of_the_first_format_is_read_and_replaced(desk: Desk) -> None:
    chart, aiko = desk.chart().chart, desk.login("aiko")
    holder = desk.keyholder
    word = holder.ring.search.keyword_hash("whole:sato")
    key = BoxKey(holder.ring.chart_key(chart).secret, b"words")
    sealed = seal_box(key, chart, msgspec.msgpack.encode([(word, 99), (b"p" * 16, -1)]))
    holder.book.apply(
        [("label", (word, holder.ring.search.hide(99))), ("chart_words", (chart, sealed))]
    )
    assert desk.ask(SamePerson(chart, ["whole:sato"]), "engine").same
    old = read(desk, aiko, "whole:sato")
    new = write(desk, chart, "whole:sato")
    assert settle(desk, chart, *new) == old | {b"p" * 16}


def test_shredding_drops_the_labels_of_every_entry_though_one_list_is_broken(desk: Desk) -> None:
    chart = desk.chart().chart
    for word, about in (("name:sato", chart), ("ward:3W", STAY), ("ward:5E", VISIT)):
        write(desk, chart, word, about=about)
    desk.keyholder.book.apply([("chart_words", (chart + VISIT, b"CKX1 broken"))])
    shred(desk, chart)
    desk.clock.move(hours=7 * 24)
    desk.round()
    book = desk.keyholder.book
    assert book.value("SELECT count(*) FROM chart_words") == 0
    assert book.value("SELECT count(*) FROM label") == 1  # the broken list's, of nothing any more
    assert settle(desk, chart) == set()  # the store deletes all labels of what it shreds
    assert book.value("SELECT count(*) FROM chart_key WHERE chart = ?", (chart,)) == 0


def test_a_restored_keyholder_gives_no_label_given_since_its_backup(
    desk: Desk, tmp_path: Path
) -> None:
    """Nor one that a second keyholder gives, restored from the same backup."""
    chart = desk.chart().chart
    given = write(desk, chart, "name:sato")
    for each in restored(desk, tmp_path):
        given += [label for _ in range(3) for label in write(each, chart, "name:sato", "name:ito")]
    given += [label for _ in range(3) for label in write(desk, chart, "name:sato", "name:ito")]
    assert len(given) == len(set(given)) == 16 + 9 * 16


def test_after_a_start_no_label_is_given_again(desk: Desk) -> None:
    chart = desk.chart().chart
    given = write(desk, chart, "name:sato")
    again = desk.restart()
    given += write(again, chart, "name:sato")
    again.stop()
    assert len(given) == len(set(given)) == 32


@pytest.mark.attack
def test_the_keyholders_disk_does_not_show_which_keywords_came_together(desk: Desk) -> None:
    for name in ("sato", "ito", "mori"):
        write(desk, desk.chart().chart, *(f"name:{name[:end]}" for end in range(1, len(name))))
    rows = desk.keyholder.book.rows("SELECT n FROM label")
    assert len({hidden for (hidden,) in rows}) == len(rows) == 8
    assert {len(hidden) for (hidden,) in rows} == {16}  # no number, no order


def restored(desk: Desk, folder: Path) -> Iterator[Desk]:
    operators, shares = make_operators(2, 3)
    out, reader = io.BytesIO(), desk.keyholder.book.reader()
    make_backup(reader, out.write, cast.FACILITY.id, operators, Millis(desk.clock.at))
    reader.close()
    for name in ("one", "two"):
        restore_backup(io.BytesIO(out.getvalue()), folder / name, shares)
        again = Desk(folder / name, desk.clock)
        yield again
        again.stop()


# Whoever writes without storing, or writes to learn.


@pytest.mark.attack
def test_a_writer_that_stores_nothing_makes_nobody_unfindable(desk: Desk) -> None:
    chart, aiko = desk.chart().chart, desk.login("aiko")
    true = write(desk, chart, "name:sato")
    for _ in range(5 * MOST_BATCHES):
        write(desk, chart, "name:false")
    sealed = desk.keyholder.book.value("SELECT length(sealed) FROM chart_words")
    assert sealed < MOST_BATCHES * 16 * 32  # and what it makes us keep is bounded
    assert len(read(desk, aiko, "name:sato") & set(true)) == 1
    desk.clock.move(hours=2)
    settle(desk, chart, *true)
    assert len(read(desk, desk.login("aiko"), "name:sato") & set(true)) == 1
    assert read(desk, desk.login("aiko"), "name:false") == set()


@pytest.mark.attack
def test_a_flood_of_labels_holds_up_no_shredding(desk: Desk) -> None:
    old, chart = desk.chart().chart, desk.chart().chart
    for words in (["x"], ["y"], []):
        letters = [
            Letter("engine", write_labels(chart, words, bytes([n]) * 16)) for n in range(250)
        ]
        desk.send(letters * 3)
    assert desk.keyholder.book.value("SELECT count(*) FROM errand") >= 2_000
    shred(desk, old)
    desk.clock.move(hours=7 * 24)
    desk.round()
    assert run_all_errands(desk, [])[0] == ("shred", old)


@pytest.mark.attack
def test_a_name_dictionary_through_deposit_learns_nothing(desk: Desk) -> None:
    """What comes back is the same for an entry that has the keyword, and for one that has not."""
    had, had_not = desk.chart().chart, desk.chart().chart
    write(desk, had, "name:sato", *(f"x{n}" for n in range(15)))
    write(desk, had_not, *(f"y{n}" for n in range(16)))
    for guess in ([], ["name:sato"], ["name:sato", *(f"z{n}" for n in range(16))]):
        for about in (b"", STAY):
            sizes = {len(write(desk, chart, *guess, about=about)) for chart in (had, had_not)}
            assert len(sizes) == 1


@pytest.mark.attack
def test_a_question_about_the_person_tells_nothing_of_other_entries(desk: Desk) -> None:
    chart = desk.chart().chart
    write(desk, chart, "whole:sato")
    write(desk, chart, "with:budi|2026-11-22", "whole:budi", about=STAY)
    assert desk.ask(SamePerson(chart, ["whole:sato"]), "engine").same
    assert not desk.ask(SamePerson(chart, ["whole:budi"]), "engine").same
    with pytest.raises(BadInputError):
        desk.ask(SamePerson(chart, ["with:budi|2026-11-22"]), "engine")


@pytest.mark.attack
def test_a_lists_row_put_under_another_entry_does_not_open(desk: Desk) -> None:
    chart = desk.chart().chart
    write(desk, chart, "with:budi|2026-11-22", about=STAY)
    book = desk.keyholder.book
    sealed = book.value("SELECT sealed FROM chart_words WHERE chart = ?", (chart + STAY,))
    for place in (chart, chart + VISIT):
        book.apply([("chart_words", (place, sealed))])
    for about in (chart, VISIT):
        with pytest.raises(SealBrokenError):
            write(desk, chart, "x", about=about)
