"""The keyholder as a process: its lanes, its rounds, and what it does when it cannot write.

One lane decides and writes, in groups; a slow lane proves people (argon2 takes a tenth of a
second); a lane runs errands at the store. It serves the wire and knows no rule of its own.
"""

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple

from chartkeep.errors import (
    ChartkeepError,
    NotAllowedError,
    UnavailableError,
)
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.core import Handler, Keyholder, Work
from chartkeep.keyholder.errands import Errands, StoreLink
from chartkeep.keyholder.proving import prove
from chartkeep.keyholder.turn import Turn
from chartkeep.keyholder.verbs import (
    acts,
    consenting,
    granting,
    labelling,
    matching,
    opening,
    packing,
    people,
    programs,
    reading,
    restoring,
    rotating,
    searching,
    telling,
    watching,
)
from chartkeep.wire.calls import Call, Lane
from chartkeep.wire.frames import Peer

HANDLERS: dict[type, Handler] = {
    protocol.Login: people.login,
    protocol.LoginProgram: programs.login_program,
    protocol.Logout: people.logout,
    protocol.WhoIs: telling.who_is,
    protocol.Census: telling.census,
    protocol.Sessions: watching.sessions,
    protocol.Reviews: watching.reviews,
    protocol.Act: acts.act,
    protocol.Proposals: acts.proposals,
    protocol.Approve: acts.approve,
    protocol.ReadGrant: granting.read_grant,
    protocol.PackWard: packing.pack_ward,
    protocol.NotePack: packing.note_pack,
    protocol.SealKeys: opening.seal_keys,
    protocol.OpenKeys: opening.open_keys,
    protocol.SetConsent: consenting.set_consent,
    protocol.WriteLabels: labelling.write_labels,
    protocol.ReadLabels: searching.read_labels,
    protocol.MatchNumber: matching.match_number,
    protocol.SamePerson: matching.same_person,
    protocol.Sameness: searching.sameness,
    protocol.AskDecoys: reading.ask_decoys,
    protocol.NoteBackup: rotating.note_backup,
    protocol.AskBeds: restoring.ask_beds,
    protocol.AskKeyless: restoring.ask_keyless,
    protocol.AskWritten: restoring.ask_written,
    protocol.RotateChart: rotating.rotate_chart,
    protocol.RetireKey: rotating.retire_key,
    protocol.ReadLines: reading.read_lines,
    protocol.OpenLines: reading.open_lines,
    protocol.ReadTile: reading.read_tile,
    protocol.ReadCheckpoint: reading.read_checkpoint,
    protocol.Status: telling.status,
}


class Inner(NamedTuple):
    """Work of the keyholder's own for the main lane."""

    work: Work


class KeyholderService:
    """What the wire's listener serves."""

    name = "keyholder"
    requests = protocol.REQUESTS

    def __init__(
        self,
        keyholder: Keyholder,
        wall: Callable[[], float],
        *,
        store: StoreLink | None = None,
        stop: Callable[[], None] | None = None,
    ) -> None:
        self.keyholder = keyholder
        self.store = store
        self._wall = wall
        self._stop = stop or _die
        self._workers: dict[tuple[str, bytes], int] = {}
        self._lock = threading.Lock()
        self._main = Lane(self._serve)
        self._slow = Lane(self._prove, group=1)
        self._stopped = False
        self._shredded = False
        self._reader = keyholder.book.reader()
        self._errands = Errands(self._reader)
        self._closed = threading.Event()
        self._rounds = threading.Thread(target=self._go_round, daemon=True)
        self._rounds.start()

    def close(self) -> None:
        """Serve what is queued and end the lanes; the book stays open for its owner to close."""
        self._closed.set()
        self._rounds.join(timeout=30)
        self._slow.close()
        self._main.close()
        self._reader.close()

    def public_key(self, instance: str) -> bytes:
        """Give a registered instance's key."""
        found = self.keyholder.standing.instances.get(instance)
        if found is None:
            raise NotAllowedError(f"no such instance: {instance}", hint="register it first")
        return found.key

    def greet(self, peer: Peer) -> None:
        """Write down that a worker began to talk; its further connections are the same worker."""
        with self._lock:
            count = self._workers.get((peer.instance, peer.worker), 0)
            self._workers[peer.instance, peer.worker] = count + 1
        if not count:
            self.inner(lambda turn: _tell(turn, "hello", peer))

    def part(self, peer: Peer) -> None:
        """Write down that a worker's last connection ended."""
        with self._lock:
            count = self._workers.pop((peer.instance, peer.worker), 1) - 1
            if count:
                self._workers[peer.instance, peer.worker] = count
        if not count:
            self.inner(lambda turn: _tell(turn, "gone", peer))

    def suspect(self, instance: str, what: str) -> None:
        """Write down a false proof or a replayed frame."""
        self.inner(lambda turn: self.keyholder.refusals.note_wire(turn, instance, what))

    def take(self, call: Call) -> None:
        """Queue a call where it belongs."""
        if isinstance(call.request, protocol.Login | protocol.LoginProgram):
            self._slow.put(call)
        else:
            self._main.put(call)

    def inner(self, work: Work) -> None:
        """Queue work of the keyholder's own."""
        self._main.put(Inner(work))

    def _serve(self, calls: list[Any]) -> None:
        if self._stopped:
            return _turn_away(calls)
        try:
            asked = [(c, HANDLERS[type(c.request)]) for c in calls if isinstance(c, Call)]
            works = [c.work for c in calls if isinstance(c, Inner)]
            self.keyholder.serve(asked, works)
        except Exception as error:  # noqa: BLE001 - whatever it is, going on would be worse
            # Nobody knows what is on the disk, so nothing more may be said; start-up reads it.
            print(f"keyholder stops: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - the last word
            self._stopped = True
            _turn_away(calls)
            self._stop()
        return None

    def _prove(self, calls: list[Any]) -> None:
        for call in calls:
            try:
                call.finding = prove(self.keyholder, call.request, self._wall())
            except ChartkeepError as error:
                call.fail(error)
            else:
                self._main.put(call)

    def _go_round(self) -> None:
        """Every second: shred what is due and run errands at the store."""
        while not self._closed.wait(1.0):
            self.inner(self._round)
            if self.store is not None:
                self._run_errands(self.store)

    def _round(self, turn: Turn) -> None:
        self.keyholder.refusals.note_unlisted(turn)
        self.keyholder.note_follower(turn)
        self.keyholder.note_clock(turn)
        if self._shredded:  # of an earlier round, durable by now: its bytes leave the log too
            self._shredded = not self.keyholder.book.settle()
        self._shredded |= rotating.shred_round(self.keyholder, turn)

    def rewrap(self) -> None:
        """Move every key to the newest key-encryption key while serving, then forget the old one.

        A crash leaves keys under each: the next start needs both, and this once more. Raises what
        kept a key from being moved; the old key-encryption key is still needed then.
        """
        done: SimpleQueue[ChartkeepError | None] = SimpleQueue()
        self.inner(partial(self._rewrap_page, done, b""))
        trouble = done.get()
        if trouble is not None:
            raise trouble

    def _rewrap_page(
        self, done: "SimpleQueue[ChartkeepError | None]", after: bytes, turn: Turn
    ) -> None:
        try:
            last = rotating.rewrap_round(self.keyholder, turn, after)
        except ChartkeepError as error:
            done.put(error)
        else:
            self.inner(partial(self._rewrap_page if last else self._drop_old, done, last))

    def _drop_old(self, done: "SimpleQueue[ChartkeepError | None]", _: bytes, turn: Turn) -> None:
        """End a rotation: every key of the turns before is durable under the new one."""
        try:
            self.keyholder.ring.drop_old()
            turn.line("rekey", details.Told("the key-encryption key was replaced"))
            self._shredded = True  # so that the log is emptied: old wraps leave the disk
            done.put(None)
        except ChartkeepError as error:
            done.put(error)

    def _run_errands(self, store: StoreLink) -> None:
        try:
            for done in self._errands.run(store, round(self._wall() * 1000)):
                self.inner(partial(done, self.keyholder))
        except ChartkeepError as error:
            self.keyholder.errand_trouble = str(error)
        else:
            self.keyholder.errand_trouble = ""


def _turn_away(calls: list[Any]) -> None:
    for call in calls:
        if isinstance(call, Call) and not call.answered:
            call.fail(UnavailableError("the keyholder stops", hint="look at the disk, restart"))


def _tell(turn: Turn, verb: str, peer: Peer) -> None:
    turn.line(verb, details.Told(), peer=peer)


def _die() -> None:
    os._exit(70)
