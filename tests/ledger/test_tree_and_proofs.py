"""The tree against its definition, at every small size and around tile edges."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import LedgerBrokenError
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.proofs import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    push_spans,
    range_proof,
    verify_consistency,
    verify_inclusion,
)
from chartkeep.ledger.tree import Tree, verify_tiles

from .growth import Log, numbered, slow_root

EDGES = [0, 1, 2, 70, 255, 256, 257, 511, 512, 513]
DEEP = 65_536 + 257


@pytest.fixture(scope="module")
def deep() -> Log:
    return Log(numbered(DEEP))


@pytest.mark.parametrize("size", EDGES)
def test_the_root_is_the_one_of_the_definition(size: int) -> None:
    assert Log(numbered(size)).root() == slow_root(numbered(size))


@pytest.mark.parametrize("size", [*range(1, 70), 255, 256, 257])
def test_every_entry_is_proved_at_every_size(size: int) -> None:
    log = Log(numbered(size))
    for index, entry in enumerate(log.entries):
        proof = inclusion_proof(index, size, log.read)
        verify_inclusion(hash_leaf(entry), index, size, proof, log.root())


@pytest.mark.parametrize("new", [*range(40), 256, 257])
def test_every_earlier_size_is_proved_consistent(new: int) -> None:
    log = Log(numbered(new))
    for old in range(new + 1):
        old_root = slow_root(log.entries[:old])
        verify_consistency(old, old_root, new, log.root(), consistency_proof(old, new, log.read))


@settings(max_examples=40, deadline=None)
@given(index=st.integers(0, DEEP - 1), old=st.sampled_from([1, 255, 257, 65_535, 65_536, 65_537]))
def test_proofs_hold_in_a_tree_of_three_levels(deep: Log, index: int, old: int) -> None:
    proof = inclusion_proof(index, DEEP, deep.read)
    verify_inclusion(hash_leaf(deep.entries[index]), index, DEEP, proof, deep.root())
    growth = consistency_proof(old, DEEP, deep.read)
    verify_consistency(old, Log(deep.entries[:old]).root(), DEEP, deep.root(), growth)


@pytest.mark.parametrize("size", [*EDGES, 65_536, DEEP])
def test_a_loaded_tree_goes_on_where_it_stopped(deep: Log, size: int) -> None:
    before = Log(deep.entries[:size])
    tree = Tree.load(size, before.read)
    assert (tree.size, tree.root()) == (size, before.root())
    tree.append_many(numbered(300))
    assert tree.root() == Log([*before.entries, *numbered(300)]).root()


def test_tiles_are_handed_out_once_and_in_order() -> None:
    tree = Tree()
    tree.append_many(numbered(600))
    assert [(tile.level, tile.index, tile.width) for tile in tree.take_tiles()] == [
        (0, 0, 256),
        (0, 1, 256),
    ]
    assert tree.take_tiles() == []
    assert [(tile.level, tile.index, tile.width) for tile in tree.partials()] == [
        (0, 2, 88),
        (1, 0, 2),
    ]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_range_between_its_frontiers_gives_the_root(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    log = Log(numbered(size))
    left, right = range_proof(start, end, size, log.read)
    frontier = Frontier()
    push_spans(frontier, start, left)
    for entry in log.entries[start:end]:
        frontier.push(hash_leaf(entry))
    push_spans(frontier, size, right)
    assert frontier.root() == log.root()


@pytest.mark.attack
@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_proof_with_one_flipped_bit_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 70))
    index = data.draw(st.integers(0, size - 1))
    log = Log(numbered(size))
    proof = inclusion_proof(index, size, log.read)
    which = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    proof[which] = (int.from_bytes(proof[which]) ^ (1 << bit)).to_bytes(32)
    with pytest.raises(LedgerBrokenError):
        verify_inclusion(hash_leaf(log.entries[index]), index, size, proof, log.root())


@pytest.mark.attack
def test_an_inclusion_proof_fits_no_other_place_or_length() -> None:
    log = Log(numbered(37))
    leaf, proof = hash_leaf(log.entries[20]), inclusion_proof(20, 37, log.read)
    wrong = [(index, 37, proof) for index in range(40) if index != 20]
    wrong += [(20, 37, proof[:-1]), (20, 37, [*proof, proof[0]]), (20, 37, [b"", *proof])]
    wrong += [(20, 64, [*proof, proof[0]]), (20, 20, proof), (-1, 37, proof)]
    for index, size, hashes in wrong:
        with pytest.raises(LedgerBrokenError):
            verify_inclusion(leaf, index, size, hashes, log.root())


@pytest.mark.attack
@pytest.mark.parametrize("old", [1, 2, 6, 20, 32, 36])
def test_a_fork_cannot_be_proved_consistent(old: int) -> None:
    honest, forked = Log(numbered(old, b"a")), Log(numbered(37, b"b"))
    proof = consistency_proof(old, 37, forked.read)
    for hashes in (proof, [], proof[:-1], [*proof, proof[0]], [honest.root(), *proof]):
        with pytest.raises(LedgerBrokenError):
            verify_consistency(old, honest.root(), 37, forked.root(), hashes)


@pytest.mark.attack
def test_a_rollback_is_not_consistent() -> None:
    with pytest.raises(LedgerBrokenError, match="shorter"):
        verify_consistency(8, Log(numbered(8)).root(), 7, Log(numbered(7)).root(), [])
    with pytest.raises(LedgerBrokenError, match="forked"):
        verify_consistency(8, Log(numbered(8)).root(), 8, Log(numbered(8, b"x")).root(), [])


def test_it_verifies_only_the_new_part(deep: Log) -> None:
    asked: list[tuple[int, int]] = []

    def read(level: int, index: int, width: int) -> bytes:
        asked.append((level, index))
        return deep.read(level, index, width)

    old = 65_536 - 200
    verify_tiles((old, Log(deep.entries[:old]).root()), (DEEP, deep.root()), read)
    assert len(set(asked)) <= 8


@pytest.mark.attack
@pytest.mark.parametrize("old", [0, 1, 200, 256, 300, 767])
def test_verifying_tiles_refuses_any_flipped_byte(old: int) -> None:
    log = Log(numbered(768 + 5))
    sizes = (old, slow_root(log.entries[:old])), (log.size, log.root())
    verify_tiles(*sizes, log.read)
    touched = [(0, index) for index in range(old // 256, 4)] + [(1, 0)]
    for where in touched:

        def read(level: int, index: int, width: int, where: tuple[int, int] = where) -> bytes:
            hashes = bytearray(log.read(level, index, width))
            if (level, index) == where:
                hashes[len(hashes) // 2] ^= 1
            return bytes(hashes)

        with pytest.raises(LedgerBrokenError):
            verify_tiles(*sizes, read)
