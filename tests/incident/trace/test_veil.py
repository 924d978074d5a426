import pytest

from chartkeep.errors import NotFoundError, RefusedError
from chartkeep.incident.trace.doors.veil import Veil, lift

STAFF = ["sato", "tanaka", "wijaya"]


def test_two_people_open_a_name() -> None:
    veil, shares = Veil.fresh(needed=2, total=3)
    ident = veil.hide("tanaka")
    assert lift([shares[2], shares[0]], ident, STAFF) == "tanaka"
    assert "tanaka" not in ident + repr(veil)


@pytest.mark.attack
def test_one_person_opens_no_name() -> None:
    veil, shares = Veil.fresh()
    with pytest.raises(RefusedError):
        lift(shares[:1], veil.hide("sato"), STAFF)


@pytest.mark.attack
def test_shares_of_another_trace_open_no_name() -> None:
    veil, _ = Veil.fresh()
    _, others = Veil.fresh()
    with pytest.raises(NotFoundError):
        lift(others[:2], veil.hide("sato"), STAFF)


def test_ids_of_two_traces_do_not_compare() -> None:
    first, _ = Veil.fresh()
    second, _ = Veil.fresh()
    assert first.hide("sato") != second.hide("sato")
    assert first.hide("sato") == first.hide("sato")
