"""While a store comes back, nobody is told that something is not there which is on its way."""

from contextlib import closing
from pathlib import Path

import pytest

from chartkeep.errors import UnavailableError
from chartkeep.store.blobs import Blobs
from chartkeep.store.interim import Refuse, refuse_awaited
from chartkeep.store.protocol import Find, Headers, Read, Records, Where
from chartkeep.store.sqlite import SqliteBook
from chartkeep.wire.frames import Message
from tests.store.house import FACILITY, ORIGIN, Desk, Writer, ident

ANNA, CHO = ident("anna"), ident("cho")
BACK, AWAITED = ident("note"), ident("not back")
LABEL, LATER_LABEL = ident("a"), ident("c")


def waits(refuse: Refuse, question: Message) -> bool:
    error = refuse(question)
    assert error is None or isinstance(error, UnavailableError)
    return error is not None


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (Where([BACK]), False),
        (Where([AWAITED]), True),
        (Where([BACK, AWAITED]), True),  # one of two is not there, or is not back: nobody knows
        (Where([]), False),
        (Find([LABEL]), False),
        (Find([LATER_LABEL]), True),
        (Find([LABEL, LATER_LABEL]), True),
        (Records(0, 9), True),
        (Records(3, 9), False),
        (Headers(b"", 0, 9), True),
        (Headers(ANNA, 0, 9), False),
        (Headers(CHO, 0, 9), True),
        (Read(ANNA, [], [], [], False, 0, 9), False),
        (Read(CHO, [], [], [], False, 0, 9), True),
    ],
)  # fmt: skip
def test_what_is_about_charts_that_are_not_back_comes_again(
    tmp_path: Path,
    question: Message,
    wanted: bool,  # noqa: FBT001 - a table's column
) -> None:
    with closing(SqliteBook(tmp_path / "interim.db", FACILITY, ORIGIN)) as book:
        desk, ward = Desk(book, Blobs(tmp_path / "blobs")), Writer()
        lease = ward.lease(ANNA)
        desk.put(ward, lease, ward.entry(lease, "note"), labels=(LABEL,))
        refuse = refuse_awaited(book, 3, lambda chart: chart == CHO, lambda _chart, _blob: True)
        assert waits(refuse, question) == wanted
