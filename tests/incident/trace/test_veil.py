import pytest

from chartkeep.errors import BadInputError, NotFoundError
from chartkeep.incident.trace.doors.veil import Veil, serial_of

STAFF = ["sato", "tanaka", "wijaya"]
BOTH = b"what both halves give, 32 bytes."


def test_what_hid_a_name_opens_it_again() -> None:
    veil = Veil(BOTH)
    ident = veil.hide("tanaka")
    assert Veil(BOTH, serial_of(ident)).lift(ident, STAFF) == "tanaka"
    assert "tanaka" not in ident + repr(veil)


def test_another_secret_or_another_trace_opens_no_name() -> None:
    ident = Veil(BOTH).hide("sato")
    for other in (Veil(b"x" * 32, serial_of(ident)), Veil(BOTH)):
        with pytest.raises(NotFoundError):
            other.lift(ident, STAFF)


def test_ids_of_two_traces_do_not_compare() -> None:
    first, second = Veil(BOTH), Veil(BOTH)
    assert first.hide("sato") != second.hide("sato")
    assert first.hide("sato") == first.hide("sato")


def test_what_is_no_id_is_refused() -> None:
    for ident in ("", "sato", "p-0011", "p-" + "0" * 32, "p-0011223g-" + "0" * 32):
        with pytest.raises(BadInputError):
            serial_of(ident)
