"""The follower: a second book on another host that has every group before its answers go out.

Promises that what it acknowledged is durable, follows without a gap from what it had, and is
never overwritten by another history or by a primary of a lower epoch. It opens no key and decides
nothing; what makes it the keyholder is `promote`.
"""

import sys
from collections.abc import Callable, Iterator

from chartkeep.errors import (
    ChartkeepError,
    ConflictError,
    LedgerBrokenError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    UnavailableError,
    UnknownWriteError,
)
from chartkeep.keyholder import protocol
from chartkeep.keyholder.book import Book, Change, Rows
from chartkeep.keyholder.group import epoch_of, grow_tree, load_tree, read_group
from chartkeep.keyholder.name import Name
from chartkeep.keyholder.ring import KeyRing
from chartkeep.sealing.kek import KeyEncryptionKey
from chartkeep.wire.calls import Call, Lane
from chartkeep.wire.frames import Message, Peer

FOLLOWER = "follower"
KEYHOLDER = "keyholder"
OWN_MARKS = ("epoch", "role", "seeding")
"""What a follower says of itself, and never takes from a primary's book."""


class Follower:
    """A follower's book, in the one thread that calls it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._copying: Iterator[tuple[str, Rows]] | None = None
        self._taken = 0
        self._held: tuple[int, bytes] | None = None
        self._recall()

    def answer(self, request: Message) -> Message:
        """Answer a primary. Raises LedgerBrokenError when the two ledgers differ."""
        match request:
            case protocol.Where():
                return self.where()
            case protocol.Follow():
                return self.follow(request)
            case protocol.Fetch():
                return self.fetch(request)
            case protocol.Seed():
                return self.seed(request)
            case protocol.Copy():
                return self.copy(request)
            case _:
                raise RefusedError("a follower is not asked this")

    def where(self) -> protocol.Followed:
        """Say how far this book is durable, with the group it holds."""
        number = self._held[0] if self._held else self._taken
        return protocol.Followed(epoch_of(self._book), number, self._tree.size, self._tree.root())

    def follow(self, request: protocol.Follow) -> protocol.Followed:
        """Hold a group, durably, and take in the one that was held before."""
        self._check_epoch(request.epoch)
        held, last = self._held, self.where().number
        if held == (request.number, request.group):
            return self.where()
        taken: list[Change] = []
        if held is not None and held[0] == request.number:
            # Its primary crashed before its own commit: nobody was answered out of that group.
            self._tree = load_tree(self._book, self._book.size())
        elif request.number != last + 1:
            raise ConflictError(f"group {request.number} does not follow on {last}")
        elif held is not None:
            taken = read_group(held[1]).changes
        self._grow(request.group)
        self._hold(request, taken)
        return self.where()

    def _hold(self, request: protocol.Follow, taken: list[Change]) -> None:
        done: list[Change] = [
            ("outbox_done", (request.number,)),
            ("outbox", (request.number, request.group)),
            ("mark", ("epoch", request.epoch)),
        ]
        self._book.apply([*taken, *done])
        if any(name == "shred" for name, _ in taken):
            self._book.settle()
        self._taken, self._held = request.number - 1, (request.number, request.group)

    def fetch(self, request: protocol.Fetch) -> protocol.Follow:
        """Give back the group that is held: its primary crashed before its own commit."""
        if self._held is None or self._held[0] != request.number:
            raise NotFoundError("this group is not held here", hint="see docs/takeover.md")
        return protocol.Follow(epoch_of(self._book), *self._held)

    def seed(self, request: protocol.Seed) -> protocol.Followed:
        """Take in a page of a primary's book; never over anything that was followed before."""
        self._check_epoch(request.epoch)
        unfinished = bool(self._book.mark("seeding"))
        if request.first:
            if self._book.size() and not unfinished:
                raise RefusedError("this follower is not empty", hint="move its folder aside first")
            self._book.clear()
            self._book.apply([("mark", ("seeding", 1)), ("mark", ("role", FOLLOWER))])
        elif not unfinished:
            raise RefusedError("no seeding has begun here")
        rows = [row for row in request.rows if request.table != "mark" or row[0] not in OWN_MARKS]
        self._book.fill(request.table, rows)
        if request.last:
            done: list[Change] = [("mark", ("seeding", 0)), ("mark", ("role", FOLLOWER))]
            self._book.apply([*done, ("mark", ("epoch", request.epoch))])
            self._recall()
        return self.where()

    def copy(self, request: protocol.Copy) -> protocol.Page:
        """Give the next page of the whole book."""
        if request.first:
            self._copying = self._book.reader().dump()
        page = next(self._copying, None) if self._copying else None
        return protocol.Page(*page, last=False) if page else protocol.Page("", [], last=True)

    def _recall(self) -> None:
        self._taken = int(self._book.mark("group") or 0)
        self._held = self._find_held()
        self._tree = load_tree(self._book, self._book.size())
        if self._held is not None:
            grow_tree(self._tree, read_group(self._held[1]))

    def _find_held(self) -> tuple[int, bytes] | None:
        rows = self._book.rows("SELECT number, changes FROM outbox")
        return rows[0] if rows else None

    def _grow(self, group: bytes) -> None:
        try:
            grow_tree(self._tree, read_group(group))
        except ChartkeepError:
            self._recall()
            raise

    def _check_epoch(self, epoch: int) -> None:
        # Read from the disk each time: a promotion is another process's work.
        if epoch < epoch_of(self._book) or self._book.mark("role") == KEYHOLDER:
            raise NotAllowedError(
                "somebody took over here, this primary is not heard again",
                hint="see docs/takeover.md",
            )


class FollowerService:
    """What the wire's listener serves on a follower's host: its primary, and nobody else."""

    name = "follower"
    requests = protocol.FOLLOWER_REQUESTS

    def __init__(
        self, follower: Follower, primary: tuple[str, bytes], stop: Callable[[], None]
    ) -> None:
        self._follower = follower
        self._primary = primary
        self._stop = stop
        self._lane = Lane(self._serve)

    def close(self) -> None:
        """Serve what is queued and end."""
        self._lane.close()

    def public_key(self, instance: str) -> bytes:
        """Give the primary's key; there is no other instance."""
        name, key = self._primary
        if instance != name:
            raise NotAllowedError(f"this follower does not know {instance}", hint="see its config")
        return key

    def greet(self, peer: Peer) -> None:
        """Nothing depends on a connection."""

    def part(self, peer: Peer) -> None:
        """Nothing depends on a connection."""

    def suspect(self, instance: str, what: str) -> None:
        """Tell the host's journal: a follower has no ledger of its own."""
        print(f"follower: {instance}: {what}", file=sys.stderr)  # noqa: T201 - the host's journal

    def take(self, call: Call) -> None:
        """Queue a call."""
        self._lane.put(call)

    def _serve(self, calls: list[Call]) -> None:
        for call in calls:
            try:
                call.answer(self._follower.answer(call.request))
            except UnknownWriteError as error:
                call.fail(UnavailableError("the follower stops", hint=error.hint))
                self._stop()
            except LedgerBrokenError as error:
                self.suspect(call.peer.instance, str(error))
                call.fail(error)
            except ChartkeepError as error:
                call.fail(error)


def promote(book: Book, name: Name, kek: KeyEncryptionKey) -> int:
    """Make a follower's book the keyholder's, give its epoch; the next start writes that down.

    From here on its old primary is never heard again. Raises RefusedError for a book that is no
    follower's or is not whole, SealBrokenError for another facility's key file; then nothing was
    changed.
    """
    if book.mark("role") is None or book.mark("seeding"):
        raise RefusedError("this folder is no whole follower's", hint="restore a sealed backup")
    KeyRing(book, name.id, kek, None).open_roots(name.origin)
    epoch = epoch_of(book) + 1
    held = book.rows("SELECT number, changes FROM outbox")
    changes = [change for _, raw in held for change in read_group(raw).changes]
    done: list[Change] = [("outbox_done", (number,)) for number, _ in held]
    book.apply([*changes, *done, ("mark", ("epoch", epoch)), ("mark", ("role", KEYHOLDER))])
    return epoch
