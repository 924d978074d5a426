"""What a store knows of its vault, and commits that wait for it."""

import pytest

from chartkeep.errors import BadInputError, UnavailableError
from chartkeep.store.protocol import Commit, Committed
from chartkeep.store.vaulting import LATE, MAX_MARKS, PATIENCE, Vaulting
from chartkeep.wire.frames import Failed, to_error
from tests.store.house import NOW, Ask, peer_of


class Growing:
    """A ledger's size and a clock, both set by hand."""

    def __init__(self) -> None:
        self.size = 0
        self.now = NOW

    def vaulting(self, *, after: bool = False) -> Vaulting:
        return Vaulting(lambda: self.size, lambda: self.now, after=after)


def commit() -> Ask:
    return Ask(Commit(b"c" * 16, [], [], []), peer_of("ward-3"))


def test_a_store_no_vault_ever_took_from_says_so_once_it_has_something() -> None:
    growing = Growing()
    vaulting = growing.vaulting()
    assert vaulting.alarms() == []
    growing.size = 1
    assert "no vault" in vaulting.alarms()[0]
    vaulting.told(1)
    assert (vaulting.alarms(), vaulting.lag()) == ([], 0)


def test_a_vault_that_has_more_than_there_is_is_said() -> None:
    growing = Growing()
    vaulting = growing.vaulting()
    vaulting.told(0)
    with pytest.raises(BadInputError, match="more lines than there are"):
        vaulting.told(1_000)
    assert "the vault said it has 1,000 lines" in vaulting.alarms()[0]


def test_lag_is_the_age_of_the_oldest_line_the_vault_lacks() -> None:
    growing = Growing()
    vaulting = growing.vaulting()
    for second in range(10):
        growing.size, growing.now = second + 1, NOW + second * 1000
        vaulting._mark()
    vaulting.told(4)
    assert vaulting.lag() == 5_000
    vaulting.told(10)
    assert vaulting.lag() == 0
    vaulting.told(3)  # an older word of it changes nothing
    assert (vaulting.vaulted, vaulting.lag()) == (10, 0)


def test_a_vault_that_stays_away_is_red_and_its_marks_stay_few() -> None:
    growing = Growing()
    vaulting = growing.vaulting()
    vaulting.told(0)
    for second in range(5 * MAX_MARKS):
        growing.size, growing.now = second + 1, NOW + second * 1000
        vaulting._mark()
    assert vaulting.lag() == (5 * MAX_MARKS - 1) * 1000 > LATE
    assert len(vaulting._marks) <= MAX_MARKS
    assert "lines behind" in vaulting.alarms()[0]


def test_a_commit_waits_for_the_vault_and_for_nothing_it_has() -> None:
    growing = Growing()
    vaulting = growing.vaulting(after=True)
    growing.size = 9
    early, late = commit(), commit()
    vaulting.hold(early).answer(Committed([3], 4))
    vaulting.hold(late).answer(Committed([8], 9))
    assert early.said is None
    vaulting.told(4)
    assert (early.said, late.said) == (Committed([3], 4), None)
    vaulting.told(9)
    again = commit()
    vaulting.hold(again).answer(Committed([8], 9))
    assert late.said == again.said == Committed([8], 9)


def test_a_refusal_does_not_wait() -> None:
    asked = commit()
    Growing().vaulting(after=True).hold(asked).fail(UnavailableError("no"))
    assert isinstance(asked.said, Failed)


@pytest.mark.attack
def test_a_vault_that_never_answers_holds_nobody_for_ever() -> None:
    growing = Growing()
    vaulting = growing.vaulting(after=True)
    asked = commit()
    vaulting.hold(asked).answer(Committed([0], 1))
    vaulting._give_up(NOW + PATIENCE - 1)
    assert asked.said is None
    vaulting._give_up(NOW + PATIENCE)
    assert isinstance(asked.said, Failed)
    assert isinstance(to_error(asked.said), UnavailableError)


@pytest.mark.attack
def test_a_vault_that_claims_lines_that_are_not_there_is_refused() -> None:
    growing = Growing()
    vaulting = growing.vaulting(after=True)
    asked = commit()
    vaulting.hold(asked).answer(Committed([0], 1))
    with pytest.raises(BadInputError):
        vaulting.told(1 << 40)
    assert (asked.said, vaulting.vaulted) == (None, -1)


def test_who_waits_when_the_store_ends_hears_so() -> None:
    vaulting = Growing().vaulting(after=True)
    asked = commit()
    vaulting.hold(asked).answer(Committed([0], 1))
    vaulting.close()
    assert isinstance(asked.said, Failed)
