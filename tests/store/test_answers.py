"""A question that asks for too much is refused before anybody looks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chartkeep.errors import BadInputError
from chartkeep.store.protocol import Find, Found, Heads, Kinds, Read, ReadBlobs
from chartkeep.wire.frames import Message
from tests.recovery import vaults
from tests.recovery.vaults import Direct, VaultRun
from tests.store.house import ident

ANNA = ident("anna")
MANY = 300_000


@pytest.fixture
def run(tmp_path: Path) -> Iterator[VaultRun]:
    """A store whose ward may read too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vaults.MAY, "ward-3", ["read", "write"])
        running = VaultRun(tmp_path)
    running.deposit("anna")
    yield running
    running.close()


GREEDY = (
    Read(ANNA, [], ["Observation"] * MANY, [], False, 0, 100),
    Read(ANNA, [1] * MANY, [], [], False, 0, 100),
    Read(ANNA, [], [], [ANNA] * MANY, False, 0, 100),
    Kinds([ANNA], [1] * MANY),
    Kinds([ANNA] * MANY, []),
    Heads([ANNA] * MANY),
    Find([ANNA] * MANY),
    ReadBlobs(ANNA, [(ANNA, 0, 0)] * MANY),
)


@pytest.mark.attack
def test_a_question_of_300_000_words_is_refused_and_the_next_one_answered(run: VaultRun) -> None:
    ward = Direct(run.store, run.ward.peer)
    for question in GREEDY:
        with pytest.raises(BadInputError, match=r"at a time|are asked for"):
            ward.ask(question, Message)
    assert ward.ask(Read(ANNA, [], [], [], False, 0, 100), Found).entries
