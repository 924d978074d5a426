"""The witness's rules, one by one, without a socket: each refusal has its own status."""

from http import HTTPStatus

import pytest

from chartkeep.ledger.note import Note, cosign
from chartkeep.sealing.signing import SigningKey
from chartkeep.witness.rules import NotWitnessedError, Request, Seen, judge

from .conftest import KEY, LOG_KEYS, ORIGIN, GrowingLog

HONEST, OTHER = GrowingLog(), GrowingLog(b"x")


def seen_at(size: int, epoch: int = 0) -> Seen:
    nothing = Seen.nothing(ORIGIN)
    raw = Request(0, (), HONEST.signed(size, epoch).raw()).raw()
    return judge(raw, LOG_KEYS, lambda _: nothing) if size else nothing


def ask(seen: Seen, old: int, signed: Note, proof: list[bytes]) -> Seen:
    return judge(Request(old, tuple(proof), signed.raw()).raw(), LOG_KEYS, lambda _: seen)


def refusal(seen: Seen, old: int, signed: Note, proof: list[bytes]) -> NotWitnessedError:
    with pytest.raises(NotWitnessedError) as caught:
        ask(seen, old, signed, proof)
    return caught.value


@pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 9), (5, 5), (5, 6), (8, 70)])
def test_it_lets_a_log_grow(old: int, new: int) -> None:
    grown = ask(seen_at(old), old, HONEST.signed(new), HONEST.proof(old, new))
    assert grown.checkpoint.size == new


def test_it_keeps_only_signatures_it_checked() -> None:
    signed = HONEST.signed(4)
    stranger = cosign(signed.text, "stranger.example", KEY, 1)
    kept = ask(seen_at(0), 0, Note(signed.text, (stranger, *signed.signatures)), [])
    assert kept.note == signed


@pytest.mark.attack
def test_it_refuses_a_rollback_with_the_size_it_saw() -> None:
    refused = refusal(seen_at(9), 5, HONEST.signed(6), HONEST.proof(5, 6))
    assert (refused.status, refused.body) == (HTTPStatus.CONFLICT, "9\n")


@pytest.mark.attack
def test_it_refuses_a_fork_of_the_same_size() -> None:
    refused = refusal(seen_at(9), 9, OTHER.signed(9), [])
    assert refused.status == HTTPStatus.CONFLICT


@pytest.mark.attack
@pytest.mark.parametrize("proof", [OTHER.proof(9, 12), HONEST.proof(9, 12), []])
def test_it_refuses_a_fork_of_a_larger_size(proof: list[bytes]) -> None:
    refused = refusal(seen_at(9), 9, OTHER.signed(12), proof)
    assert refused.status == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.attack
def test_it_refuses_a_proof_where_none_belongs() -> None:
    refused = refusal(seen_at(0), 0, HONEST.signed(5), [bytes(32)])
    assert refused.status == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.attack
@pytest.mark.parametrize("new", [9, 12])
def test_it_refuses_an_epoch_that_was_superseded(new: int) -> None:
    refused = refusal(seen_at(9, epoch=3), 9, HONEST.signed(new, 2), HONEST.proof(9, new))
    assert refused.status == HTTPStatus.FORBIDDEN
    assert ask(seen_at(9, 3), 9, HONEST.signed(new, 4), HONEST.proof(9, new)).checkpoint.epoch == 4


@pytest.mark.attack
def test_it_refuses_another_key() -> None:
    thief = SigningKey.from_seed(b"t" * 32)
    assert refusal(seen_at(0), 0, HONEST.signed(5, key=thief), []).status == HTTPStatus.FORBIDDEN


def test_it_does_not_know_other_logs() -> None:
    raw = Request(0, (), HONEST.signed(5).raw()).raw()
    with pytest.raises(NotWitnessedError) as caught:
        judge(raw, {}, lambda _: seen_at(0))
    assert caught.value.status == HTTPStatus.NOT_FOUND


GOOD = Request(5, tuple(HONEST.proof(5, 6)), HONEST.signed(6).raw()).raw()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"old 5",
        GOOD.replace(b"old 5", b"old 05"),
        GOOD.replace(b"old 5", b"old -5"),
        GOOD.replace(b"old 5", b"old 7"),
        GOOD.replace(b"old 5\n", b"old 5\nnot base64\n"),
        GOOD.replace(b"old 5\n", b"old 5\n" + b"AAAA\n" * 64),
        GOOD.replace(b"\n6\n", b"\n06\n"),
        GOOD[:-1],
        GOOD + b"\n",
        b"\xff" + GOOD,
    ],
)
def test_it_answers_bad_request_to_what_is_malformed(raw: bytes) -> None:
    with pytest.raises(NotWitnessedError) as caught:
        judge(raw, LOG_KEYS, lambda _: seen_at(5))
    assert caught.value.status == HTTPStatus.BAD_REQUEST
