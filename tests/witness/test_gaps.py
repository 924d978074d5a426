"""A ledger that lost its end is cosigned again when the witness's operator says so, not before."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chartkeep.errors import LedgerBrokenError, RefusedError
from chartkeep.sealing.signing import SigningKey
from chartkeep.witness.gaps import accept_gap, read_gap
from chartkeep.witness.server import WitnessServer

from .conftest import LOG_KEYS, ORIGIN, GrowingLog, client_of, noon

OLD, NEW = GrowingLog(), GrowingLog(b"x")
KEYS = LOG_KEYS[ORIGIN]


def test_an_accepted_ledger_grows_from_there_and_only_grows(
    start: Callable[[], WitnessServer], tmp_path: Path
) -> None:
    witness = client_of(start())
    witness.add_checkpoint(0, [], OLD.signed(9, epoch=1))
    with pytest.raises((RefusedError, LedgerBrokenError)):
        witness.add_checkpoint(5, NEW.proof(5, 7), NEW.signed(7, epoch=1))
    gap = read_gap(tmp_path, NEW.signed(5, epoch=1).raw(), KEYS)
    assert (gap.saw.checkpoint.size, gap.now.checkpoint.size) == (9, 5)
    accept_gap(tmp_path, gap, "ibu ratna", noon())
    assert witness.latest(ORIGIN).checkpoint.size == 5
    witness.add_checkpoint(5, NEW.proof(5, 7), NEW.signed(7, epoch=1))
    with pytest.raises((RefusedError, LedgerBrokenError)):
        witness.add_checkpoint(7, OLD.proof(7, 9), OLD.signed(9, epoch=1))
    (line,) = (tmp_path / "gaps.jsonl").read_text().splitlines()
    kept = json.loads(line)
    assert (kept["by"], kept["saw"]) == ("ibu ratna", OLD.signed(9, epoch=1).raw().decode())


@pytest.mark.attack
def test_what_the_ledger_did_not_sign_or_was_taken_over_from_is_not_accepted(
    start: Callable[[], WitnessServer], tmp_path: Path
) -> None:
    witness = client_of(start())
    witness.add_checkpoint(0, [], OLD.signed(9, epoch=1))
    with pytest.raises(LedgerBrokenError):
        read_gap(tmp_path, NEW.signed(5, 1, SigningKey.from_seed(b"f" * 32)).raw(), KEYS)
    with pytest.raises(LedgerBrokenError, match="taken over from"):
        read_gap(tmp_path, NEW.signed(5, epoch=0).raw(), KEYS)
    with pytest.raises(RefusedError, match="this very ledger"):
        read_gap(tmp_path, OLD.signed(9, epoch=1).raw(), KEYS)
    with pytest.raises(RefusedError, match="does not know"):
        read_gap(tmp_path, NEW.signed(5, epoch=1).raw(), [])
    with pytest.raises(RefusedError, match="says who they are"):
        accept_gap(tmp_path, read_gap(tmp_path, NEW.signed(5, 1).raw(), KEYS), " ", noon())
