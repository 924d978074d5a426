"""What the store answers: who may ask what, and on which thread each question is served.

One lane writes, two read on connections of their own, one takes the pieces of long blobs, one
whole blobs; so a long read never waits behind a write, nor a write behind a read or a long blob.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from chartkeep.errors import ChartkeepError, DamagedError, NotAllowedError, RefusedError
from chartkeep.store import protocol as ask
from chartkeep.store.answers import Answers, State
from chartkeep.store.blobs import Filed, Owner, TooManyBlobsError
from chartkeep.store.book import Reading
from chartkeep.store.peers import Peers, Verb
from chartkeep.store.sequencer import filed_of
from chartkeep.wire.calls import Call, Lane
from chartkeep.wire.frames import Done, Message, Peer

MAY: Final[dict[type[Message], frozenset[Verb]]] = {
    ask.Commit: frozenset({"write"}),
    ask.OpenBlob: frozenset({"write"}),
    ask.BlobChunk: frozenset({"write"}),
    ask.DropBlob: frozenset({"write"}),
    ask.Heads: frozenset({"write", "read"}),
    ask.Read: frozenset({"read"}),
    ask.Kinds: frozenset({"read"}),
    ask.Newest: frozenset({"read"}),
    ask.Where: frozenset({"read"}),
    ask.Faces: frozenset({"read"}),
    ask.Find: frozenset({"read", "keep", "write"}),  # a label is 16 bytes nobody can guess
    ask.ReadBlobs: frozenset({"read", "pull"}),
    ask.Wraps: frozenset({"read", "keep"}),
    ask.ReplaceWraps: frozenset({"keep"}),
    ask.DropLabels: frozenset({"keep"}),
    ask.Shred: frozenset({"keep"}),
    ask.Shreds: frozenset({"keep", "read", "pull"}),
    ask.Records: frozenset({"pull"}),
    ask.Headers: frozenset({"audit", "pull"}),
    ask.Tile: frozenset({"pull", "read"}),
    ask.Kit: frozenset({"pull"}),
    ask.Checkpoint: frozenset(),
    ask.Vaulted: frozenset({"vault"}),
    ask.Status: frozenset(),
    ask.Doubt: frozenset({"read"}),
}
_WRITTEN: Final = (ask.Commit, ask.ReplaceWraps, ask.DropLabels, ask.Shred)
_BLOBS: Final = (ask.OpenBlob, ask.BlobChunk, ask.DropBlob)


class StoreService:
    """The store behind the wire."""

    name = "store"
    requests = ask.REQUESTS

    def __init__(self, writing: Lane, readers: list[Reading], peers: Peers, state: State) -> None:
        self._state = state
        self._peers = peers
        self._writing = writing
        self._moving = Lane(self._each(self._move))
        self._filing = Lane(self._file)
        self._reading = [Lane(self._each(self._told(Answers(book, state)))) for book in readers]
        self._turn = 0
        self._workers: Counter[Owner] = Counter()

    def public_key(self, instance: str) -> bytes:
        """Give a registered instance's key. Raises NotAllowedError for a stranger."""
        return self._peers.public_key(instance)

    def greet(self, peer: Peer) -> None:
        """Count a worker's connections."""
        self._workers[_owner(peer)] += 1

    def part(self, peer: Peer) -> None:
        """Forget the blobs a worker left unfinished, when its last connection ends."""
        self._workers[_owner(peer)] -= 1
        if self._workers[_owner(peer)] <= 0:
            del self._workers[_owner(peer)]
            self._moving.put(Errand(peer, Done()))

    def suspect(self, instance: str, what: str) -> None:
        """Ring for a false proof or a replayed frame."""
        self._state.alarms.ring(f"{instance}: {what}")

    def take(self, call: Call) -> None:
        """Put a call on its lane, if its peer may make it."""
        try:
            self._peers.check(call.peer.instance, MAY[type(call.request)])
            self._state.frozen.check(call.request)
        except ChartkeepError as error:
            if isinstance(error, NotAllowedError):  # no program of ours asks for what it may not
                self._state.alarms.ring(f"{error}, and asked for it: has somebody its key?")
            call.fail(error)
            return
        if isinstance(call.request, ask.Commit):
            call = self._state.vaulting.hold(call)
        if isinstance(call.request, ask.Commit) and call.request.sent:
            self._moving.put(call)
        elif isinstance(call.request, ask.Commit) and call.request.blobs:
            self._filing.put(call)
        elif isinstance(call.request, _WRITTEN):
            self._writing.put(call)
        elif isinstance(call.request, _BLOBS):
            self._moving.put(call)
        elif isinstance(call.request, ask.Doubt):
            self._state.guard.doubt(call.request.chart)
            call.answer(Done())
        else:
            self._turn = (self._turn + 1) % len(self._reading)
            self._reading[self._turn].put(call)

    def close(self) -> None:
        """Serve what is queued and end the lanes, the writer last."""
        for lane in (*self._reading, self._moving, self._filing, self._writing):
            lane.close()

    def _move(self, call: Call) -> Message | None:
        """Take pieces of long blobs; None when another lane will answer."""
        owner, blobs = _owner(call.peer), self._state.blobs
        match call.request:
            case ask.OpenBlob(chart, blob):
                self._begin(call.peer, chart, blob)
            case ask.BlobChunk(blob, data):
                blobs.add(owner, blob, data)
            case ask.DropBlob(blob):
                blobs.drop(owner, blob)
            case ask.Commit() as commit:
                self._collect(call, (blobs.finish(owner, commit.chart, b) for b in commit.sent))
                self._filing.put(call)
                return None
            case _:  # an errand of `part`
                blobs.abandon(owner)
        return Done()

    def _begin(self, peer: Peer, chart: bytes, blob: bytes) -> None:
        """Begin a blob; who begins more than it may, and so ends none, is rung for."""
        try:
            self._state.blobs.begin(_owner(peer), chart, blob)
        except TooManyBlobsError as error:
            self._state.alarms.ring(f"{peer.instance}: {error}")
            raise

    def _collect(self, call: Call, files: Iterable[Filed]) -> None:
        """Add files to those a call brings, all or none of them."""
        call.finding = call.finding or []
        try:
            for filed in files:
                call.finding.append(filed)
        except Exception:
            self._discard(call)
            raise

    def _discard(self, call: Call) -> None:
        for filed in filed_of(call):
            self._state.blobs.discard(filed)

    def _file(self, calls: list[Call]) -> None:
        """Write the blobs of a group of commits; their names reach the disk together."""
        blobs = self._state.blobs
        ready: list[Call] = []

        def write(call: Call) -> None:
            self._collect(call, map(blobs.put, call.request.blobs))
            ready.append(call)

        self._each(write)(calls)
        try:
            blobs.sync()
        except ChartkeepError as error:
            for call in ready:
                self._discard(call)
                call.fail(error)
            return
        for call in ready:
            self._writing.put(call)

    def _told(self, answers: Answers) -> Callable[[Call], Message]:
        """Freeze when the database cannot be read: whoever asks cannot make it so."""

        def give(call: Call) -> Message:
            try:
                return answers.give(call)
            except DamagedError as error:
                self._state.frozen.freeze("database", str(error))
                raise

        return give

    def _each(self, answer: Callable[[Call], Message | None]) -> Callable[[list[Call]], None]:
        """Serve calls one by one; None means that another lane will answer."""

        def serve(calls: list[Call]) -> None:
            for call in calls:
                try:
                    found = answer(call)
                except ChartkeepError as error:
                    call.fail(error)
                except Exception as error:  # noqa: BLE001 - one odd question must not end the lane
                    self._state.alarms.ring(f"a question failed: {type(error).__name__}")
                    call.fail(RefusedError("the store cannot answer this question"))
                else:
                    if found is not None:
                        call.answer(found)

        return serve


def _owner(peer: Peer) -> Owner:
    return peer.id, peer.worker


class Errand(Call):
    """A call the store makes of itself: nobody waits for the answer."""

    def __init__(self, peer: Peer, request: Message) -> None:
        self.peer = peer
        self.request = request
        self.finding = None

    def answer(self, message: Any) -> None:
        """Nobody waits."""
