"""The vault's own side: its disk, its process, its network, its credentials; and clocks."""

import errno
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.recovery.vaults import Direct
from tests.store.house import ident, peer_of

from attack.acts.day import Day, Heard, Rounds
from attack.acts.table import act
from chartkeep.errors import ChartkeepError, UnavailableError
from chartkeep.recovery.archive import segment_names
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.segment import Ledger
from chartkeep.store import protocol as ask
from chartkeep.store.guard.vitals import Room
from chartkeep.wire.frames import Done


def silent(_real: Callable[..., Any], *_: Any, **__: Any) -> Any:
    """Answer nothing."""
    raise UnavailableError("the network is gone")


@act("vault", within=75.0, quick=True)
def cuts_the_network(day: Day) -> None:
    """The vault's network is cut for an hour while the ward writes, and comes back."""
    day.lies = dict.fromkeys(("checkpoint", "records", "read_blobs", "vaulted"), silent)
    day.write()
    day.wait(61)
    heard = day.until_heard(["vault"])
    day.wait(3_539)
    day.lies = {}
    day.settle()
    day.heard = [heard]


@act("store", about="the vault is", within=75.0)
def kills_the_vault(day: Day) -> None:
    """The vault is killed while the ward writes; an hour later it is started again."""
    day.vault.end()
    day.write()
    heard = _until_behind(day)
    day.vault = Rounds(day, day.place)
    day.settle()
    day.heard = [heard]


@act("store", about="the vault is", within=75.0, quick=True)
def restarts_the_vault_in_the_middle(day: Day) -> None:
    """The vault dies at every step of taking a segment, and is started again each time."""
    day.vault.end()
    for step in range(1, 6):  # asked for the head, its lines, two blobs; then the store is told
        day.write(1, 2, 2)
        _die_at(day, step)
    day.write(1, 1, 0)
    heard = _until_behind(day)
    day.vault = Rounds(day, day.place)
    day.settle()
    day.heard = [heard]


def _until_behind(day: Day) -> Heard:
    """Let a minute pass, until the store says that the vault is behind."""
    day.until(day.store.service._state.vaulting._marks.__len__)
    day.wait(61)
    return day.until_heard(["store"], "the vault is")


def _die_at(day: Day, step: int) -> None:
    """Pull, and die at the n-th time something is to be kept or asked for."""
    left = [step]

    def counted(real: Callable[..., Any], *args: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return real(*args, **more)

    day.lies = dict.fromkeys(("checkpoint", "records", "read_blobs", "vaulted"), counted)
    with suppress(KeyboardInterrupt):
        day.pulling().pull()
    assert left[0] == 0, "it died"
    day.lies = {}


class Broken(FolderPlace):
    """A place whose disk or bucket is not what it should be."""

    mood: Callable[[], None] = staticmethod(lambda: None)

    def put(self, *args: Any) -> None:
        """Keep, if the mood allows."""
        self.mood()
        super().put(*args)


def _moody(day: Day, mood: Callable[[], None]) -> None:
    """Give the vault another place over the same folder, and a mood."""
    day.vault.end()
    place = Broken(day.folder / "vault")
    place.mood = mood  # type: ignore[method-assign]
    day.place = place
    day.vault = Rounds(day, day.place)


def _full() -> None:
    raise UnavailableError("the place's disk is full") from OSError(errno.ENOSPC, "full")


@act("vault", within=75.0, quick=True)
def fills_the_vaults_disk(day: Day) -> None:
    """The vault's disk is full for an hour."""
    _moody(day, _full)
    day.write()
    day.wait(61)
    heard = day.until_heard(["vault"])
    day.wait(3_539)
    _moody(day, lambda: None)
    day.settle()
    day.heard = [heard]


@act("store", about="the vault is", within=75.0)
def hangs_the_bucket(day: Day) -> None:
    """The bucket takes a segment and never answers."""
    hang = threading.Event()
    _moody(day, lambda: hang.wait(25) and None)
    day.write()
    heard = _until_behind(day)
    hang.set()
    day.settle()
    day.heard = [heard]


class Liar(FolderPlace):
    """A bucket that says yes and keeps nothing."""

    def put(self, name: str, parts: Any, until: Any) -> None:
        """Say yes."""
        del name, until
        for _ in parts:
            continue


@act("drill", quick=True)
def lies_about_keeping(day: Day) -> None:
    """A bucket says yes and keeps nothing, in one of two vaults of different operators."""
    day.second_vault()
    day.vault.end()
    day.place = Liar(day.folder / "vault")
    day.vault = Rounds(day, day.place)
    day.write()
    day.settle(heads=False)


def segments(day: Day) -> list[str]:
    """Name the first vault's segments."""
    return [name.text() for name in segment_names(day.place, Ledger.RECORDS)]


def overwrite(day: Day, name: str, raw: bytes) -> None:
    """Write into a vault's folder, as its root."""
    path = day.folder / "vault" / name
    path.chmod(0o600)
    path.write_bytes(raw)


def two_segments(day: Day) -> None:
    """Have two vaults, and a few segments in each."""
    day.second_vault()
    for _ in range(3):
        day.write(2, 3, 1)
        day.settle()


@act("drill", quick=True)
def truncates_a_segment(day: Day) -> None:
    """Root on one vault's host cuts a segment to half; there is a second vault."""
    two_segments(day)
    name = segments(day)[1]
    overwrite(day, name, day.place.read(name)[: day.place.size(name) // 2])


@act("drill")
def swaps_segments(day: Day) -> None:
    """Root on one vault's host gives two segments each other's names."""
    two_segments(day)
    one, other = segments(day)[:2]
    kept = day.place.read(one)
    overwrite(day, one, day.place.read(other))
    overwrite(day, other, kept)


@act("drill")
def flips_a_byte_of_a_segment(day: Day) -> None:
    """One byte of a segment is another one, in one of two vaults."""
    two_segments(day)
    name = segments(day)[0]
    raw = bytearray(day.place.read(name))
    raw[len(raw) // 2] ^= 1
    overwrite(day, name, bytes(raw))


@act("drill")
def encrypts_a_vault(day: Day) -> None:
    """Ransomware reaches one of two vaults' folders and encrypts all of it."""
    two_segments(day)
    day.vault.end()
    for name in list(day.place.names()):
        overwrite(day, name, os.urandom(day.place.size(name)))


@act("drill")
def deletes_a_vault(day: Day) -> None:
    """One of two vaults is deleted."""
    two_segments(day)
    day.vault.end()
    shutil.rmtree(day.folder / "vault")
    (day.folder / "vault").mkdir()


def tries(day: Day, name: str, *requests: Any) -> None:
    """Ask with somebody's credentials; whatever is refused is what is expected."""
    asking = Direct(day.store, peer_of(name))
    for request in requests:
        try:
            asking.ask(request, Done)
        except ChartkeepError:
            continue
        raise AssertionError(f"{name} was served")


@act("store", about="vault may not", quick=True)
def steals_the_vaults_credentials(day: Day) -> None:
    """The vault's key is stolen: commit, shred, replace and drop are asked of the store."""
    chart = ident("chart 1")
    tries(
        day, "vault",
        ask.Commit(chart, [], [], []), ask.Shred(chart), ask.ReplaceWraps(chart, []),
        ask.DropLabels(chart, []), ask.DropBlob(chart), ask.OpenBlob(chart, chart),
    )  # fmt: skip


@act("store", about="than there are")
def says_the_vault_has_more(day: Day) -> None:
    """With the vault's key: it is said to have lines that are not there yet."""
    tries(day, "vault", ask.Vaulted(1 << 40))


@act("store", about="lease", quick=True)
def replays_a_deposit(day: Day) -> None:
    """A ward's old deposit is sent again after its lease."""
    lease = day.ward.lease(ident("chart 1"))
    commit = ask.Commit(lease.chart, [lease.wrap], [day.ward.entry(lease)], [])
    Direct(day.store, day.ward.peer).ask(commit, ask.Committed)
    day.wait(2 * 3_600)
    day.begin()
    tries(day, "ward-3", commit)


@act("guard", "store", quick=True)
def fills_the_disk(day: Day) -> None:
    """A stolen writer fills the disk to its last hundredth; later there is room again."""
    vitals = day.store.guard._vitals
    real = vitals._read_room
    vitals._read_room = lambda: Room(1, 1_000, 1, 1)
    day.until_heard(["guard"])
    assert day.write(1, 1, 0) == 0
    vitals._read_room = real
    day.until(lambda: day.write(1, 1, 0))


@act("store", about="too many blobs")
def fills_a_quota_of_blobs(day: Day) -> None:
    """A stolen writer begins more blobs than it may, and ends none of them."""
    asking = Direct(day.store, day.ward.peer)
    refused = 0
    for number in range(200):
        try:
            asking.ask(ask.OpenBlob(ident("chart 1"), ident(f"noise {number}")), Done)
        except UnavailableError:
            refused += 1
    assert refused


@act("guard", quick=True)
def sets_the_clock_ten_years_on(day: Day) -> None:
    """The primary's clock is set ten years forward."""
    day.move(wall=10 * 365 * 86_400)


@act("guard")
def sets_the_clock_back(day: Day) -> None:
    """The primary's clock is set back by a year."""
    day.move(wall=-365 * 86_400)


@act("vault", quick=True)
def sets_the_vaults_clock_ten_years_on(day: Day) -> None:
    """The vault's own clock is set ten years forward while it runs."""
    day.move(wall=10 * 365 * 86_400)


@act("guard")
def hangs_the_disk(day: Day) -> None:
    """The primary's writer hangs in its disk."""
    hang = threading.Event()
    day.store.service._writing._serve = lambda _calls: hang.wait(20)  # type: ignore[assignment]
    day.until(lambda: day.move(wall=5, steady=5) or day.heard)
    hang.set()


@act("store", about="witness")
def silences_the_witness(day: Day) -> None:
    """The witness is cut off while the ward writes."""
    real = day.witness.add_checkpoint

    def gone(*_: Any) -> Any:
        raise UnavailableError("the witness does not answer")

    day.witness.add_checkpoint = gone  # type: ignore[method-assign]
    day.write(2, 2, 0)
    day.wait(12)
    day.until_heard(["store"], "witness")
    day.witness.add_checkpoint = real  # type: ignore[method-assign]
