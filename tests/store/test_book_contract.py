"""What every book does, whichever it is."""

import pytest

from chartkeep.errors import BadInputError, ConflictError, RefusedError
from chartkeep.ledger.tree import Tree
from chartkeep.model import Section
from chartkeep.sealing.entry import read_cut_header
from chartkeep.store.protocol import (
    Commit,
    DropLabels,
    Head,
    NewEntry,
    Read,
    ReplaceWraps,
    Shred,
)
from chartkeep.store.records import line_of
from chartkeep.store.tiling import tile_reader
from chartkeep.store.verify import verify_book
from chartkeep.wire.frames import Failed
from tests.store.house import Desk, Writer, ident, peer_of

ANNA, BUDI = ident("anna"), ident("budi")
KEEPER = peer_of("keyholder")


def reading(chart: bytes = ANNA, **other: object) -> Read:
    asked = {"sections": [], "kinds": [], "entries": [], "history": False, "after": 0, "limit": 0}
    return Read(chart, **{**asked, **other})  # type: ignore[arg-type]


def test_it_gives_back_what_was_committed_with_its_wrap(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    one, two = ward.entry(lease), ward.entry(lease)
    said = desk.put(ward, lease, one, two)
    found = desk.book.reader().page(reading())
    assert (said.indices, said.size) == ([1, 2], 3)
    assert (found.wraps, found.entries, found.more) == ([lease.wrap], [one.sealed, two.sealed], 0)


def test_it_gives_only_the_sections_kinds_and_entries_asked_for(desk: Desk, ward: Writer) -> None:
    clinical, results = ward.lease(ANNA), ward.lease(ANNA, Section.RESULTS)
    desk.put(ward, clinical, note := ward.entry(clinical, "note", kind="Condition"))
    desk.put(ward, results, lab := ward.entry(results, "lab"))
    book = desk.book
    assert book.page(reading(sections=[Section.RESULTS])).entries == [lab.sealed]
    assert book.page(reading(kinds=["Condition"])).entries == [note.sealed]
    assert book.page(reading(entries=[ident("lab")])).wraps == [results.wrap]
    assert book.page(reading(BUDI)).entries == []


def test_it_tells_the_types_of_what_is_there_now(desk: Desk, ward: Writer) -> None:
    clinical, results = ward.lease(ANNA), ward.lease(BUDI, Section.RESULTS)
    desk.put(ward, clinical, *(ward.entry(clinical, n, kind="Condition") for n in ("a", "b")))
    desk.put(ward, results, ward.entry(results, "lab", kind="Observation"))
    both = [Section.CLINICAL, Section.RESULTS]
    assert desk.book.kinds([ANNA, BUDI], both) == ["Condition", "Observation"]
    assert desk.book.kinds([ANNA], both) == ["Condition"]
    assert desk.book.kinds([BUDI], [Section.CLINICAL]) == desk.book.kinds([], both) == []


def test_the_newest_line_of_a_chart_tells_of_every_change(desk: Desk, ward: Writer) -> None:
    clinical, results = ward.lease(ANNA), ward.lease(ANNA, Section.RESULTS)
    assert desk.book.newest(ANNA) == -1
    desk.put(ward, results, ward.entry(results, "lab"))
    first = desk.book.newest(ANNA)
    desk.put(ward, clinical, ward.entry(clinical, "note"))
    second = desk.book.newest(ANNA)
    other = ward.lease(BUDI)
    desk.put(ward, other, ward.entry(other, "his"))
    assert -1 < first < second == desk.book.newest(ANNA) < desk.book.newest(BUDI)


def test_the_journal_changes_nothing_that_is_shown(desk: Desk, ward: Writer) -> None:
    clinical, notes = ward.lease(ANNA), ward.lease(ANNA, Section.JOURNAL)
    desk.put(ward, clinical, ward.entry(clinical, "note"))
    before = desk.book.newest(ANNA)
    desk.put(ward, notes, ward.entry(notes, "who read it"))
    assert desk.book.newest(ANNA) == before >= 0


def test_an_audit_is_given_headers_and_nothing_sealed(desk: Desk, ward: Writer) -> None:
    anna, budi = ward.lease(ANNA), ward.lease(BUDI)
    desk.put(ward, anna, ward.entry(anna, "note"), ward.entry(anna, "plan"))
    desk.put(ward, anna, ward.entry(anna, "note", version=2))
    desk.put(ward, budi, ward.entry(budi, "his"))
    every = [(at, read_cut_header(raw)) for at, raw in desk.book.headers(b"", 0, 10)]
    assert [head.version for _, head in every] == [1, 1, 2, 1]
    assert [at for at, _ in every] == sorted(at for at, _ in every)
    mine = [read_cut_header(raw) for _, raw in desk.book.headers(ANNA, 0, 10)]
    assert mine == [head for _, head in every if head.chart == ANNA]
    second = every[1][0]
    assert [at for at, _ in desk.book.headers(b"", second, 2)] == [at for at, _ in every[1:3]]


def test_it_shows_replaced_versions_only_as_history(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    desk.put(ward, lease, old := ward.entry(lease, "note"))
    desk.put(ward, lease, new := ward.entry(lease, "note", version=2))
    assert desk.book.page(reading()).entries == [new.sealed]
    assert desk.book.page(reading(history=True)).entries == [old.sealed, new.sealed]
    assert desk.book.heads([ident("note"), ident("nobody")])[0].version == 2


def test_two_versions_of_one_commit_are_one_after_the_other(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    old, new = (ward.entry(lease, "note", text, version=n) for n, text in ((1, b"1"), (2, b"2")))
    assert desk.put(ward, lease, old, new).indices == [1, 2]
    assert desk.book.page(reading()).entries == [new.sealed]
    assert desk.book.page(reading(history=True)).entries == [old.sealed, new.sealed]
    assert verify_book(desk.book) == []


def test_it_pages_through_a_chart(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    sent = [ward.entry(lease) for _ in range(5)]
    desk.put(ward, lease, *sent)
    first = desk.book.page(reading(limit=3))
    second = desk.book.page(reading(limit=3, after=first.more))
    assert [*first.entries, *second.entries] == [entry.sealed for entry in sent]
    assert (first.more, second.more) == (3, 0)


def test_it_gives_the_faces_of_many_charts(desk: Desk, ward: Writer) -> None:
    faces = []
    for chart in (ANNA, BUDI):
        lease = ward.lease(chart, Section.FACE)
        desk.put(ward, lease, face := ward.entry(lease))
        faces.append((lease.wrap, face.sealed))
    found = desk.book.faces([ANNA, BUDI, ident("nobody")])
    assert list(zip(found.wraps, found.entries, strict=True)) == faces


def test_it_tells_where_an_entry_stands_and_with_which_content(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    desk.put(ward, lease, ward.entry(lease, "note"), lab := ward.entry(lease, "lab", b"1"))
    desk.put(ward, lease, new := ward.entry(lease, "note", b"2", version=2))
    note, nobody, result = desk.book.heads([ident("note"), ident("nobody"), ident("lab")])
    assert note == Head(ANNA, Section.CLINICAL, 2, "Observation", new.content)
    assert nobody == Head(b"", 0, 0, "", b"")
    assert (result.version, result.content) == (1, lab.content)


def test_it_takes_the_very_same_bytes_once_and_gives_the_old_line(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    entry = ward.entry(lease)
    first, again = desk.put(ward, lease, entry), desk.put(ward, lease, entry, entry)
    assert (first.indices * 2, desk.book.size()) == (again.indices, again.size)


def test_the_same_bytes_with_another_content_hash_are_not_the_same(
    desk: Desk, ward: Writer
) -> None:
    lease = ward.lease(ANNA)
    entry = ward.entry(lease)
    desk.put(ward, lease, entry)
    with pytest.raises(ConflictError, match="version 1 cannot follow"):
        desk.put(ward, lease, NewEntry(entry.sealed, ident("other")))


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_content_hash_of_another_length_is_refused(desk: Desk, ward: Writer, length: int) -> None:
    lease = ward.lease(ANNA)
    with pytest.raises(BadInputError, match="16 bytes"):
        desk.put(ward, lease, NewEntry(ward.entry(lease).sealed, bytes(length)))


@pytest.mark.parametrize("version", [0, 1, 3])
def test_it_refuses_a_version_that_does_not_follow(desk: Desk, ward: Writer, version: int) -> None:
    lease = ward.lease(ANNA)
    desk.put(ward, lease, ward.entry(lease, "note"))
    with pytest.raises(ConflictError, match=f"version {version} cannot follow"):
        desk.put(ward, lease, ward.entry(lease, "note", b"other", version=version))


def test_it_takes_a_commit_whole_or_not_at_all(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    with pytest.raises(ConflictError):
        desk.put(ward, lease, ward.entry(lease), ward.entry(lease, version=7))
    assert desk.book.size() == 0
    assert desk.book.tally() == (0, 0, 0)


def test_one_refusal_does_not_touch_the_rest_of_its_group(desk: Desk, ward: Writer) -> None:
    lease, other = ward.lease(ANNA), ward.lease(BUDI)
    good = Commit(ANNA, [lease.wrap], [ward.entry(lease)], [])
    bad = Commit(BUDI, [other.wrap], [ward.entry(other, version=2)], [])
    also = Commit(ANNA, [], [ward.entry(lease)], [])
    said = desk.ask_all((good, ward.peer), (bad, ward.peer), (also, ward.peer))
    assert [type(one).__name__ for one in said] == ["Committed", "Failed", "Committed"]
    assert desk.book.tally() == (2, 1, sum(len(e.sealed) for e in good.entries + also.entries))


def test_the_second_of_two_who_change_the_same_version_loses(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    desk.put(ward, lease, ward.entry(lease, "note"))
    twice = [Commit(ANNA, [], [ward.entry(lease, "note", text, version=2)], [])
             for text in (b"mine", b"yours")]  # fmt: skip
    said = desk.ask_all(*((commit, ward.peer) for commit in twice))
    assert isinstance(said[1], Failed)
    assert said[1].error == "ConflictError"
    assert desk.book.page(reading()).entries == [twice[0].entries[0].sealed]


def test_a_label_stands_for_one_chart(desk: Desk, ward: Writer) -> None:
    anna, budi = ward.lease(ANNA), ward.lease(BUDI)
    desk.put(ward, anna, ward.entry(anna), labels=(ident("a"), ident("b")))
    desk.put(ward, anna, ward.entry(anna), labels=(ident("b"),))
    with pytest.raises(ConflictError, match="a label is taken"):
        desk.put(ward, budi, ward.entry(budi), labels=(ident("b"),))
    assert desk.book.charts([ident("a"), ident("b"), ident("c")]) == [ANNA, ANNA, b""]


def test_dropped_labels_find_nothing_and_are_free_again(desk: Desk, ward: Writer) -> None:
    anna, budi = ward.lease(ANNA), ward.lease(BUDI)
    desk.put(ward, anna, ward.entry(anna), labels=(ident("a"), ident("b")))
    desk.ask(DropLabels(ANNA, [ident("a"), ident("nothing")]), KEEPER)
    desk.ask(DropLabels(BUDI, [ident("b")]), KEEPER)
    assert desk.book.charts([ident("a"), ident("b")]) == [b"", ANNA]
    desk.put(ward, budi, ward.entry(budi), labels=(ident("a"),))
    assert dict(desk.book.labels()) == {ident("a"): BUDI, ident("b"): ANNA}


def test_a_rotated_wrap_takes_the_place_of_the_old_one(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    desk.put(ward, lease, ward.entry(lease))
    new = ward.rotate(lease)
    desk.ask(ReplaceWraps(ANNA, [new]), KEEPER)
    assert desk.book.wraps(ANNA) == desk.book.page(reading()).wraps == [new]
    assert desk.book.wrap(ANNA, lease.key.key_id) == new
    assert [row.object for row in desk.book.rows(0, 1)] == [None]
    desk.put(ward, lease, ward.entry(lease))


def test_a_wrap_is_replaced_by_a_higher_generation_only(desk: Desk, ward: Writer) -> None:
    lease, other = ward.lease(ANNA), ward.lease(ANNA)
    desk.put(ward, lease)
    desk.ask(ReplaceWraps(ANNA, [newer := ward.rotate(lease, 3)]), KEEPER)
    assert desk.ask(ReplaceWraps(ANNA, [newer]), KEEPER).indices == []
    with pytest.raises(ConflictError, match="not of a higher generation"):
        desk.ask(ReplaceWraps(ANNA, [ward.rotate(lease, 2)]), KEEPER)
    with pytest.raises(RefusedError, match="has no wrap"):
        desk.ask(ReplaceWraps(ANNA, [ward.rotate(other)]), KEEPER)


def test_a_shredded_chart_keeps_no_wrap_and_no_label_and_takes_nothing(
    desk: Desk, ward: Writer
) -> None:
    lease = ward.lease(ANNA)
    desk.put(ward, lease, entry := ward.entry(lease), labels=(ident("a"),))
    desk.ask(Shred(ANNA), KEEPER)
    assert desk.ask(Shred(ANNA), KEEPER).indices == []
    assert desk.book.page(reading()) == type(desk.book.page(reading()))([], [entry.sealed], 0)
    assert (desk.book.wraps(ANNA), desk.book.charts([ident("a")])) == ([], [b""])
    assert desk.book.shreds() == [ANNA]
    with pytest.raises(RefusedError, match="is shredded"):
        desk.put(ward, lease, ward.entry(lease))


def test_every_line_follows_from_its_object_and_the_tiles_from_the_lines(
    desk: Desk, ward: Writer
) -> None:
    lease = ward.lease(ANNA)
    for _ in range(3):
        desk.put(ward, lease, *(ward.entry(lease) for _ in range(100)))
    tree = Tree()
    for row in desk.book.rows(0, 1000):
        tree.append(line_of(row.type, row.words))  # type: ignore[arg-type]
    head = desk.sequencer.head
    assert (tree.size, tree.root()) == head
    assert Tree.load(head.size, tile_reader(desk.book)).root() == head.root
    assert desk.book.tile(0, 0) == tree.take_tiles()[0].hashes
