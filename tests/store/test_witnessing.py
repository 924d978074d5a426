"""The store and its witness: heads are shown, silence is said, an old copy is not served."""

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chartkeep.errors import ConflictError, LedgerBrokenError, UnavailableError
from chartkeep.ledger.checkpoint import Checkpoint, Opened
from chartkeep.ledger.hashing import EMPTY_ROOT
from chartkeep.ledger.note import Note, cosign
from chartkeep.ledger.proofs import verify_consistency
from chartkeep.model import Millis
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.protocol import Commit
from chartkeep.store.server import Identity, Store, run_store
from tests.store.house import FACILITY, NOW, ORIGIN, Ask, Writer, ident

ANNA = ident("anna")
IDENTITY = Identity(FACILITY, ORIGIN, SigningKey.from_seed(b"k" * 32))


class PaperWitness:
    """A witness in memory; `mood` may raise or wait before it does anything."""

    def __init__(self) -> None:
        self.seen = Checkpoint.at(ORIGIN, 0, EMPTY_ROOT)
        self.mood: Callable[[], None] = lambda: None
        self._key = SigningKey.from_seed(b"w" * 32)

    def latest(self, origin: str, not_before: int = 0) -> Opened:
        self.mood()
        return Opened(self.seen, Note(self.seen.text(), ()), {})

    def add_checkpoint(self, old_size: int, proof: list[bytes], signed: Note) -> Note:
        self.mood()
        new = Checkpoint.parse(signed.text)
        if old_size != self.seen.size:
            raise ConflictError("stale")
        if old_size:
            verify_consistency(old_size, self.seen.root, new.size, new.root, proof)
        self.seen = new
        signature = cosign(signed.text, "witness.example", self._key, NOW // 1000)
        return Note(signed.text, (*signed.signatures, signature))


def silent() -> None:
    raise UnavailableError("the witness does not answer")


class Open:
    """A store on a folder, without a wire."""

    def __init__(self, folder: Path, witness: PaperWitness | None) -> None:
        (folder / "peers.json").write_text(json.dumps({}))
        self.now = NOW
        self.store = Store(folder, IDENTITY, clock=lambda: Millis(self.now), witness=witness)
        self.ward = Writer()

    def deposit(self) -> None:
        lease = self.ward.lease(ANNA)
        call = Ask(Commit(ANNA, [lease.wrap], [self.ward.entry(lease)], []), self.ward.peer)
        self.store.service._writing.put(call)
        self.wait(lambda: call.said is not None)

    def wait(self, until: Callable[[], bool]) -> None:
        for _ in range(6_000):
            if until():
                return
            time.sleep(0.01)
        pytest.fail("it never happened")


def test_the_witness_sees_every_head_and_the_cosigned_note_is_kept(tmp_path: Path) -> None:
    witness = PaperWitness()
    opened = Open(tmp_path, witness)
    opened.deposit()
    opened.wait(lambda: witness.seen.size == 2)
    opened.deposit()
    opened.store.close()
    assert witness.seen.size == 4
    again = Open(tmp_path, witness)
    assert "witness.example" in again.store._book.note()
    assert again.store.witnessing.alarms() == []
    again.store.close()


def test_a_hanging_witness_blocks_nobody_and_is_said(tmp_path: Path) -> None:
    witness, released = PaperWitness(), threading.Event()
    opened = Open(tmp_path, witness)
    witness.mood = lambda: released.wait(30) and None
    for _ in range(3):
        opened.deposit()
    opened.now += 61_000
    (alarm,) = opened.store.witnessing.alarms()
    assert "the witness has not answered for 61 s, 6 lines behind" in alarm
    released.set()
    opened.wait(lambda: witness.seen.size == 6)
    opened.store.close()


def test_a_lost_answer_of_the_witness_heals(tmp_path: Path) -> None:
    witness = PaperWitness()
    opened = Open(tmp_path, witness)
    opened.deposit()
    opened.wait(lambda: opened.store.witnessing.witnessed == 2)
    opened.store.witnessing._shown = 0
    opened.deposit()
    opened.wait(lambda: witness.seen.size == 4)
    opened.store.close()


@pytest.mark.attack
def test_an_old_copy_of_the_store_is_not_served(tmp_path: Path) -> None:
    folder, copy, witness = tmp_path / "a", tmp_path / "b", PaperWitness()
    folder.mkdir()
    first = Open(folder, witness)
    first.deposit()
    first.store.close()
    shutil.copytree(folder, copy)
    second = Open(folder, witness)
    second.deposit()
    second.store.close()
    with pytest.raises(LedgerBrokenError, match="2 lines, and 4 were seen") as refusal:
        run_store(copy, "unix:/nowhere", IDENTITY, clock=lambda: NOW, witness=witness)
    assert "restore" in refusal.value.hint


@pytest.mark.attack
def test_a_store_with_another_history_is_not_served(tmp_path: Path) -> None:
    witness = PaperWitness()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        opened = Open(tmp_path / name, witness if name == "a" else None)
        opened.deposit()
        opened.deposit()
        opened.store.close()
    with pytest.raises(LedgerBrokenError, match="not the one that was seen"):
        Open(tmp_path / "b", witness)


def test_a_store_starts_without_its_witness_and_says_so(tmp_path: Path) -> None:
    witness = PaperWitness()
    witness.mood = silent
    opened = Open(tmp_path, witness)
    opened.deposit()
    assert any("would have gone unnoticed" in text for text in opened.store.alarms.sentences())
    opened.store.close()


def test_a_store_without_a_witness_says_so(tmp_path: Path) -> None:
    opened = Open(tmp_path, None)
    opened.deposit()
    assert "no witness is set up" in opened.store.witnessing.alarms()[0]
    opened.store.close()


@pytest.mark.attack
def test_an_old_copy_started_while_the_witness_was_cut_off_is_said(tmp_path: Path) -> None:
    witness = PaperWitness()
    opened = Open(tmp_path, witness)
    witness.seen = Checkpoint.at(ORIGIN, 99, EMPTY_ROOT)
    opened.deposit()
    opened.wait(lambda: "old copy" in " ".join(opened.store.witnessing.alarms()))
    opened.store.close()
