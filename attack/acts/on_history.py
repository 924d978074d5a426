"""Lies to the vault: root has the store's signing key, and says what he likes."""

import os
from collections.abc import Callable
from typing import Any

from tests.recovery.vaults import STORE_KEY, VaultRun
from tests.store.house import ORIGIN

from attack.acts.day import Day
from attack.acts.table import act
from chartkeep.ledger.checkpoint import Checkpoint, sign_checkpoint
from chartkeep.store.protocol import Note, RecordList


def forged(size: int, root: bytes) -> Note:
    """Sign any head with the stolen key."""
    return Note(sign_checkpoint(Checkpoint.at(ORIGIN, size, root), STORE_KEY).raw().decode())


def grow(day: Day) -> None:
    """Let the ledger grow, so that the vault asks."""
    day.write(2, 2, 1)


def changing(change: Callable[[bytes], bytes | None]) -> Callable[..., RecordList]:
    """Answer with every entry changed."""

    def records(real: Callable[..., RecordList], *asked: int) -> RecordList:
        found = real(*asked)
        told = [(k, c, change(o or b"")) if k == 2 else (k, c, o) for k, c, o in found.records]
        return RecordList(told, found.gone)

    return records


@act("vault", quick=True)
def poisons_new_entries(day: Day) -> None:
    """The store gives the vault encrypted bytes for every new entry."""
    day.lies["records"] = changing(lambda thing: os.urandom(len(thing)))
    grow(day)


@act("vault")
def gives_truncated_objects(day: Day) -> None:
    """The store gives the vault the first half of every new entry."""
    day.lies["records"] = changing(lambda thing: thing[: len(thing) // 2])
    grow(day)


@act("vault")
def gives_nothing_for_objects(day: Day) -> None:
    """The store says of new entries that they were dropped."""
    day.lies["records"] = changing(lambda _: None)
    grow(day)


@act("vault")
def swaps_objects(day: Day) -> None:
    """The store gives new entries in another order."""

    def records(real: Callable[..., RecordList], *asked: int) -> RecordList:
        found = real(*asked)
        return RecordList(found.records[::-1], found.gone)

    day.lies["records"] = records
    grow(day)


@act("vault", quick=True)
def writes_history_anew(day: Day) -> None:
    """A whole false history of other entries, longer, and signed with the stolen key."""
    (day.folder / "false").mkdir()
    false = VaultRun(day.folder / "false")
    for number in range(12):
        false.deposit(f"nobody {number}", entries=8)
    day.stop_store()
    day.store, day.down = false.store, False


@act("vault")
def forks(day: Day) -> None:
    """Another root of the same length, signed with the stolen key."""
    size = day.vault.size
    day.lies["checkpoint"] = lambda _real: forged(size, os.urandom(32))


@act("vault")
def shrinks(day: Day) -> None:
    """A shorter ledger, signed with the stolen key."""
    size = day.vault.size
    day.lies["checkpoint"] = lambda _real: forged(size - 5, os.urandom(32))


@act("vault")
def promises_too_much(day: Day) -> None:
    """A longer ledger is signed, and its lines are not there."""
    size = day.vault.size
    day.lies["checkpoint"] = lambda _real: forged(size + 1_000, os.urandom(32))


@act("vault")
def replays_an_old_checkpoint(day: Day) -> None:
    """The store shows the vault yesterday's checkpoint again."""
    old = VaultRun.client(day).checkpoint()
    grow(day)
    day.settle()
    day.lies["checkpoint"] = lambda _real: old


@act("vault")
def signs_with_another_key(day: Day) -> None:
    """Heads come signed by a key of the intruder's own."""

    def other(real: Callable[[], Note]) -> Note:
        text, _, signed = real().note.rpartition("\n\n")
        return Note(text + "\n\n" + signed[:-8] + "AAAAAAA=")

    day.lies["checkpoint"] = other


@act("vault")
def gives_other_blobs(day: Day) -> None:
    """The store gives noise for every new blob."""

    def read_blobs(real: Callable[..., list[memoryview]], *asked: Any) -> list[memoryview]:
        return [memoryview(os.urandom(len(part))) for part in real(*asked)]

    day.lies["read_blobs"] = read_blobs
    grow(day)
