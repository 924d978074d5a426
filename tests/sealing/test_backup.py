import io
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError, DamagedError, RefusedError
from chartkeep.sealing.backup import (
    BackupHeader,
    join_operators,
    make_operators,
    open_backup,
    read_backup_header,
    seal_backup,
)
from chartkeep.sealing.shares import Share, join_shares, read_share, split_secret, write_share

from .world import FACILITY, LEASE_END

SECRET = bytes(range(32))
OPERATORS, SHARES = make_operators(2, 3)


def backup() -> bytes:
    out = io.BytesIO()
    seal_backup(io.BytesIO(b"all keys"), out.write, BackupHeader(FACILITY, LEASE_END, OPERATORS))
    return out.getvalue()


def test_any_two_of_three_operators_open_what_the_host_cannot() -> None:
    sealed = backup()
    for pair in combinations(SHARES, 2):
        out = io.BytesIO()
        header = open_backup(io.BytesIO(sealed), out.write, join_operators(list(pair)))
        assert out.getvalue() == b"all keys"
        assert header == read_backup_header(io.BytesIO(sealed))


def test_one_operator_or_two_sheets_of_one_open_nothing() -> None:
    for given_shares in ([SHARES[0]], [SHARES[0], SHARES[0]]):
        with pytest.raises(RefusedError, match="2 different shares"):
            join_operators(given_shares)


def test_a_forged_share_makes_no_key() -> None:
    forged = Share(SHARES[0].set_id, 2, 3, bytes(32))
    with pytest.raises(RefusedError, match="do not join"):
        join_operators([SHARES[0], forged])


def test_other_operators_are_told_so() -> None:
    _, others = make_operators(2, 2)
    with pytest.raises(RefusedError, match="other operators"):
        open_backup(io.BytesIO(backup()), io.BytesIO().write, join_operators(others))
    with pytest.raises(RefusedError, match="one set"):
        join_operators([SHARES[0], others[0]])


@settings(max_examples=50)
@given(st.data())
def test_any_flipped_bit_of_a_backup_is_refused(data: st.DataObject) -> None:
    sealed = bytearray(backup())
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((DamagedError, RefusedError)):
        open_backup(io.BytesIO(bytes(sealed)), io.BytesIO().write, join_operators(SHARES[:2]))


@pytest.mark.parametrize("kept", [0, 4, 59, 60, 80, 139, 140, 200])
def test_a_cut_backup_is_refused(kept: int) -> None:
    with pytest.raises(DamagedError):
        open_backup(io.BytesIO(backup()[:kept]), io.BytesIO().write, join_operators(SHARES[:2]))


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 5), st.integers(0, 3), st.randoms(use_true_random=False))
def test_any_k_of_n_join_in_any_order(needed: int, more: int, order: object) -> None:
    made = split_secret(SECRET, b"abcd", needed, needed + more)
    order.shuffle(made)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    assert join_shares(made[:needed]) == SECRET


def test_k_minus_one_shares_fit_every_secret() -> None:
    made = split_secret(SECRET, b"abcd", 2, 2)
    guesses = {join_shares([made[0], Share(b"abcd", 2, 2, bytes([n] * 32))])[0] for n in range(256)}
    assert len(guesses) == 256


@settings(max_examples=30)
@given(st.binary(min_size=32, max_size=32), st.integers(2, 255), st.integers(1, 255))
def test_a_share_reads_back_as_written_however_it_is_typed(
    values: bytes, needed: int, x: int
) -> None:
    share = Share(b"abcd", needed, x, values)
    text = write_share(share)
    assert read_share(text) == share
    typed = text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read_share("cks1" + typed[4:]) == share


@settings(max_examples=50)
@given(st.integers(5, 88), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_mistyped_character_is_noticed(at: int, symbol: str) -> None:
    text = write_share(SHARES[0])
    if text[at] in (symbol, "-"):
        return
    with pytest.raises(BadInputError) as caught:
        read_share(text[:at] + symbol + text[at + 1 :])
    assert text[5:9] not in str(caught.value)


@pytest.mark.parametrize("text", ["", "CKS1", "CKS2-" + "0" * 68, "hello", "CKS1-" + "U" * 68])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        read_share(text)


@pytest.mark.parametrize(("needed", "total"), [(1, 3), (4, 3), (2, 256), (0, 0)])
def test_senseless_numbers_of_operators_are_refused(needed: int, total: int) -> None:
    with pytest.raises(BadInputError):
        make_operators(needed, total)


def test_a_share_does_not_show_itself() -> None:
    assert SHARES[0].values.hex() not in repr(SHARES[0])
    assert repr(SHARES[0].values) not in repr(SHARES[0])
