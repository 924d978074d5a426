"""Whatever bytes a writer sends: an answer, and the store goes on."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError
from chartkeep.store.blobs import Blobs
from chartkeep.store.memory import MemoryBook
from chartkeep.store.protocol import Commit, DropLabels, NewEntry, ReplaceWraps, Shred
from chartkeep.store.verify import verify_book
from tests.store.house import FACILITY, ORIGIN, Desk, Writer, ident, peer_of

ANNA = ident("anna")
WARD = Writer()
LEASE = WARD.lease(ANNA)
SEALED = WARD.entry(LEASE).sealed


def spoiled(good: bytes) -> st.SearchStrategy[bytes]:
    """Bytes that look like the good ones: cut, lengthened, changed in one place, or anything."""
    places = st.integers(0, len(good) - 1)
    return st.one_of(
        st.just(good),
        st.binary(max_size=300),
        places.map(lambda at: good[:at]),
        st.binary(min_size=1, max_size=9).map(lambda more: good + more),
        st.tuples(places, st.integers(1, 255)).map(
            lambda it: good[: it[0]] + bytes([good[it[0]] ^ it[1]]) + good[it[0] + 1 :]
        ),
    )


IDS = st.one_of(st.just(ANNA), st.binary(max_size=20))
ENTRIES = st.builds(NewEntry, spoiled(SEALED), spoiled(bytes(16)))
REQUESTS = st.one_of(
    st.builds(
        Commit,
        IDS,
        st.lists(spoiled(LEASE.wrap), max_size=2),
        st.lists(ENTRIES, max_size=3),
        st.lists(IDS, max_size=3),
    ),
    st.builds(ReplaceWraps, IDS, st.lists(spoiled(LEASE.wrap), max_size=2)),
    st.builds(DropLabels, IDS, st.lists(IDS, max_size=2)),
    st.builds(Shred, IDS),
)


@settings(max_examples=50, deadline=None)
@given(asked=st.lists(REQUESTS, min_size=1, max_size=6))
def test_every_call_of_a_group_is_answered_and_the_book_stays_whole(asked: list[Commit]) -> None:
    with TemporaryDirectory() as folder:
        desk = Desk(MemoryBook(FACILITY, ORIGIN), Blobs(Path(folder)))
    said = desk.ask_all(*((request, WARD.peer) for request in asked))
    assert len(said) == len(asked)
    assert desk.stopped == []
    assert verify_book(desk.book) == []


def test_a_shredding_of_no_chart_is_refused(desk: Desk) -> None:
    with pytest.raises(BadInputError, match="16 bytes"):
        desk.ask(Shred(b"short"), peer_of("keyholder"))
