"""One round of a vault: what is new in a ledger, proved and kept.

Promises that a segment has a name only when everything in it is proved to be of the ledger that
was pulled so far, durable with the long blobs its lines name. Memory is bounded, however much is
new: a segment is cut at 16 MiB. Whatever fails, the next round goes on from the names that are
there; whether it may is for `refusals` to say.
"""

from collections.abc import Callable
from typing import Final, Protocol

from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.ledger.note import VerifierKey, parse_note
from chartkeep.ledger.tiles import ReadTile
from chartkeep.model import Millis
from chartkeep.recovery.archive import head_name
from chartkeep.recovery.place import Place
from chartkeep.recovery.segment import Ledger, Segment, Taken, build
from chartkeep.recovery.vault.cover import Cover
from chartkeep.recovery.vault.history import History, check_cosigned

SEGMENT_BYTES: Final = 16 << 20
SEGMENT_LINES: Final = 65_536
HEAD_EACH: Final = 60_000
HEAD_REST: Final = 10_000
"""How often (ms) a cosigned checkpoint is kept while the ledger grows, and when it rests."""


class Source(Protocol):
    """A keeper's ledger, as a vault takes it."""

    ledger: Ledger
    read_tile: ReadTile

    def heads(self) -> tuple[str, str]:
        """Ask for the signed checkpoint, and the newest a witness cosigned or an empty text."""

    def take(self, start: int, head: Checkpoint, room: int) -> list[Taken]:
        """Take lines from `start` on, one at least: about as many as fit into `room` bytes."""

    def weigh(self, taken: Taken) -> int:
        """Count about how many bytes a line will take in a segment."""

    def with_blobs(self, start: int, taken: list[Taken]) -> list[Taken]:
        """Add what lies beside proved lines; keep, durably, what does not ride with them."""

    def kept(self, size: int) -> bool:
        """Hear how many lines are safe; tells whether somebody waits for the next ones."""


class Pulling:
    """The rounds of one ledger; `pull` is called by one thread."""

    def __init__(
        self,
        source: Source,
        place: Place,
        cover: Cover,
        keys: tuple[VerifierKey, VerifierKey],
        now: Callable[[], Millis],
        keep_for: int,
        vouch: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Pull from `source` into `place`. `keys`: the ledger's, the witness's.

        `keep_for` (ms): the retention each segment is put with, by the clock `now`. `vouch` hears
        when (ms) the witness cosigned something new.
        """
        self._source = source
        self._place = place
        self._cover = cover
        self._log, self._witness = keys
        self._now = now
        self._keep_for = keep_for
        self._vouch = vouch
        self._history: History | None = None
        self.hurry = False
        self._head_kept = (0, 0)
        self.size = cover.names[-1].end if cover.names else 0

    def pull(self) -> int:
        """Take what is new; gives how many lines are kept.

        Raises UnavailableError, NotAllowedError: try again. Anything else of ours: refused.
        """
        try:
            return self._pull()
        except BaseException:
            self._history = None  # what was half done is forgotten: begin from the names
            raise

    def _pull(self) -> int:
        history = self._history or self._begin()
        note, cosigned = self._source.heads()
        head = history.accept(note.encode(), self._source.read_tile)
        while history.size < head.size:
            # 1. Every line is its object's.
            taken = self._gather(history.size, head)
            # 2. The lines are those of the ledger under its signed root, and continue ours.
            grown = history.grown([each.line for each in taken], head, self._source.read_tile)
            # 3. Every blob is its line's; long ones are durable: a crash here leaves some of them
            #    without a segment, and the next round finds them there.
            taken = self._source.with_blobs(history.size, taken)
            built = build(self._source.ledger, history.size, taken, note.encode(), grown.peaks)
            # 4. Durable, whole or without a name: a crash before leaves what was there.
            self._place.put(built.name.text(), built.parts, self._until())
            # 5. Ours: the store may say so.
            history.keep(grown, head)
            self._cover.add(built.name)
            self.size = history.size
        self.hurry = self._source.kept(history.size)
        self._history = history
        if cosigned:
            self._keep_head(cosigned.encode(), head)
        return history.size

    def _begin(self) -> History:
        """Go on from the names that are there."""
        history, names, last = History(self._log), self._cover.names, self._cover.last
        if names and last is not None:
            newest = Segment(self._place, names[-1])
            history.resume(newest.name.end, newest.peaks, Segment(self._place, last).note)
        return history

    def _gather(self, start: int, head: Checkpoint) -> list[Taken]:
        """Take a segment's worth of lines."""
        taken: list[Taken] = []
        room = SEGMENT_BYTES
        while room > 0 and start + len(taken) < head.size and len(taken) < SEGMENT_LINES:
            page = self._source.take(start + len(taken), head, room)
            room -= sum(map(self._source.weigh, page))
            taken += page
        return taken

    def _keep_head(self, note: bytes, head: Checkpoint) -> None:
        """Keep what a witness cosigned, once a minute and whenever the ledger rests."""
        if self._witness.name not in {each.name for each in parse_note(note).signatures}:
            return  # a house without a witness: its store says so in its own status
        size, at = self._head_kept
        words = note.split(b"\n")[1:2]
        resting = words == [b"%d" % head.size] and size < head.size
        if self._now() - at < (HEAD_REST if resting else HEAD_EACH):
            return
        seen, cosigned = check_cosigned(
            note, self._log, self._witness, head, self._source.read_tile
        )
        if seen.size > size:
            name = head_name(self._source.ledger, seen.size, note)
            self._place.put(name, [note], self._until())
            self._vouch(cosigned)
        self._head_kept = (seen.size, self._now())

    def _until(self) -> Millis:
        return Millis(self._now() + self._keep_for)
