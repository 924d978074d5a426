"""What the store answers: who may ask what, and on which thread each question is served.

One lane writes, two read on connections of their own, one moves blobs; so a long read never
waits behind a write, nor a write behind a read.
"""

from collections.abc import Callable
from typing import Any, Final

from chartkeep.errors import ChartkeepError, RefusedError
from chartkeep.store import protocol as ask
from chartkeep.store.answers import Answers, State
from chartkeep.store.book import Reading
from chartkeep.store.peers import Peers, Verb
from chartkeep.wire.calls import Call, Lane
from chartkeep.wire.frames import Done, Message, Peer

MAY: Final[dict[type[Message], frozenset[Verb]]] = {
    ask.Commit: frozenset({"write"}),
    ask.OpenBlob: frozenset({"write"}),
    ask.BlobChunk: frozenset({"write"}),
    ask.CommitBlob: frozenset({"write"}),
    ask.Heads: frozenset({"write", "read"}),
    ask.Read: frozenset({"read"}),
    ask.Kinds: frozenset({"read"}),
    ask.Newest: frozenset({"read"}),
    ask.Where: frozenset({"read"}),
    ask.Faces: frozenset({"read"}),
    ask.Find: frozenset({"read", "keep", "write"}),  # a label is 16 bytes nobody can guess
    ask.ReadBlob: frozenset({"read", "pull"}),
    ask.Wraps: frozenset({"read", "keep"}),
    ask.ReplaceWraps: frozenset({"keep"}),
    ask.DropLabels: frozenset({"keep"}),
    ask.Shred: frozenset({"keep"}),
    ask.Shreds: frozenset({"keep", "read", "pull"}),
    ask.Records: frozenset({"pull"}),
    ask.Headers: frozenset({"audit", "pull"}),
    ask.Tile: frozenset({"pull", "read"}),
    ask.Checkpoint: frozenset(),
    ask.Status: frozenset(),
}
_WRITTEN: Final = (ask.Commit, ask.ReplaceWraps, ask.DropLabels, ask.Shred)
_BLOBS: Final = (ask.OpenBlob, ask.BlobChunk, ask.CommitBlob)


class StoreService:
    """The store behind the wire."""

    name = "store"
    requests = ask.REQUESTS

    def __init__(self, writing: Lane, readers: list[Reading], peers: Peers, state: State) -> None:
        self._state = state
        self._peers = peers
        self._writing = writing
        self._moving = Lane(self._each(self._move))
        self._reading = [Lane(self._each(Answers(book, state).give)) for book in readers]
        self._turn = 0

    def public_key(self, instance: str) -> bytes:
        """Give a registered instance's key. Raises NotAllowedError for a stranger."""
        return self._peers.public_key(instance)

    def greet(self, peer: Peer) -> None:
        """Nothing is held for a worker that only connects."""

    def part(self, peer: Peer) -> None:
        """Forget the blobs a worker left unfinished."""
        self._moving.put(Errand(peer, Done()))

    def suspect(self, instance: str, what: str) -> None:
        """Ring for a false proof or a replayed frame."""
        self._state.alarms.ring(f"{instance}: {what}")

    def take(self, call: Call) -> None:
        """Put a call on its lane, if its peer may make it."""
        try:
            self._peers.check(call.peer.instance, MAY[type(call.request)])
        except ChartkeepError as error:
            call.fail(error)
            return
        if isinstance(call.request, _WRITTEN):
            self._writing.put(call)
        elif isinstance(call.request, _BLOBS):
            self._moving.put(call)
        else:
            self._turn = (self._turn + 1) % len(self._reading)
            self._reading[self._turn].put(call)

    def close(self) -> None:
        """Serve what is queued and end the lanes, the writer last."""
        for lane in (*self._reading, self._moving, self._writing):
            lane.close()

    def _move(self, call: Call) -> Message | None:
        """Serve the blobs' lane; None when the writer will answer."""
        owner = (call.peer.id, call.peer.worker)
        match call.request:
            case ask.OpenBlob(chart):
                return ask.Blob(self._state.blobs.begin(owner, chart))
            case ask.BlobChunk(blob, data):
                self._state.blobs.add(owner, blob, data)
            case ask.CommitBlob(blob):
                call.finding = self._state.blobs.finish(owner, blob)
                self._writing.put(call)
                return None
            case _:  # an errand of `part`
                self._state.blobs.abandon(owner)
        return Done()

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


class Errand(Call):
    """A call the store makes of itself: nobody waits for the answer."""

    def __init__(self, peer: Peer, request: Message) -> None:
        self.peer = peer
        self.request = request
        self.finding = None

    def answer(self, message: Any) -> None:
        """Nobody waits."""
