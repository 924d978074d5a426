"""The follower as the primary sees it: kept in step, caught up, seeded, or said to be away.

Promises that `wait` says True only when the follower acknowledged the group. A thread of its own
speaks to the follower, so that both disks work at once; a follower that does not answer costs one
wait, and nothing after that until it is back. It decides nothing about what may go on without it.
"""

import threading
from collections import deque
from typing import Any, Protocol, TypeVar

from chartkeep.errors import ChartkeepError, LedgerBrokenError, RefusedError, UnavailableError
from chartkeep.keyholder import protocol
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.follower import KEYHOLDER
from chartkeep.keyholder.group import epoch_of, grow_tree, load_tree, read_group

WAIT = 2.0
"""Seconds a turn waits for the follower before it counts as away."""
PAUSE = 0.5
PAGE = 100
OLD_DISK = "the follower is {} groups ahead: this disk is older than it was"

Answer = TypeVar("Answer")


class Asking(Protocol):
    """A connection to the follower; `chartkeep.wire.client.Client` is one."""

    def ask(self, request: Any, answer: type[Answer]) -> Answer:
        """Ask, and wait for the answer."""

    def close(self) -> None:
        """End the connection."""


class SupersededError(LedgerBrokenError):
    """Somebody took over at the follower: this keyholder must never answer again."""


class FollowerLink:
    """Speaks to one follower; `pull` before the book is opened, `begin` when it is."""

    def __init__(self, client: Asking, *, wait: float = WAIT) -> None:
        self._client = client
        self._wait = wait
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._queue: deque[tuple[int, bytes]] = deque()
        self._live = False
        self._superseded = False
        self._closed = False
        self._latest = 0
        self.acknowledged = 0
        self.trouble = "the follower has not been reached yet"

    def pull(self, book: Book) -> bool:
        """Fetch the group the follower holds and this disk lost; False if it does not answer.

        Raises LedgerBrokenError when this disk is older than that, SupersededError after a
        take-over: then this book must not be served.
        """
        try:
            there = self._client.ask(protocol.Where(), protocol.Followed)
        except UnavailableError:
            return False
        self._check_epoch(there, book)
        ahead = there.number - int(book.mark("group") or 0)
        if ahead > 1:
            raise LedgerBrokenError(OLD_DISK.format(ahead), hint="see docs/takeover.md")
        if ahead == 1:
            held = self._client.ask(protocol.Fetch(there.number), protocol.Follow)
            group = read_group(held.group)
            grow_tree(load_tree(book, book.size()), group)
            book.apply([*group.changes, ("outbox_done", (there.number,))])
        return True

    def begin(self, book: Book) -> None:
        """Keep the follower in step from now on; `book` is a reader of this link's own."""
        self._book = book
        self._latest = int(book.mark("group") or 0)
        self._thread.start()

    def in_step(self) -> bool:
        """Say whether it has everything and takes the next group at once."""
        return self._live and self.acknowledged == self._latest

    def send(self, number: int, group: bytes) -> None:
        """Begin to send a group, or leave it to the outbox while the follower is away."""
        with self._changed:
            self._check_superseded()
            self._latest = number
            if self._live:
                self._queue.append((number, group))
                self._changed.notify_all()

    def wait(self) -> bool:
        """Wait until the last group is durable there; at once False while it is away."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._live or self.acknowledged == self._latest, self._wait
            )
            self._check_superseded()
            if self.acknowledged != self._latest:
                self._live = False
            return self._live

    def close(self) -> None:
        """Speak to it no more."""
        with self._changed:
            self._closed, self._live = True, False
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=self._wait)
        else:
            self._client.close()

    def _run(self) -> None:
        while not self._closed and not self._superseded:
            try:
                self._join()
                self._catch_up()
                self._stream()
            except SupersededError as error:
                self._lose(str(error), superseded=True)
            except ChartkeepError as error:
                self._lose(str(error))
            with self._changed:
                self._changed.wait_for(lambda: self._closed, PAUSE)
        self._client.close()
        self._book.close()

    def _join(self) -> None:
        """Find out where the follower stands, seed it if it is new, and check it is ours."""
        there = self._client.ask(protocol.Where(), protocol.Followed)
        self._check_epoch(there, self._book)
        if there.number == 0:
            there = self._seed()
        ours = there.lines <= self._book.size() and (
            load_tree(self._book, there.lines).root() == there.root
        )
        # Of another history it may give up the one group it holds; it checks that itself.
        self.acknowledged = there.number if ours else there.number - 1
        first = self._book.value(
            "SELECT min(number) FROM outbox WHERE number > ?", (self.acknowledged,)
        )
        number = int(self._book.mark("group") or 0)
        if (first or number + 1) != self.acknowledged + 1:
            raise LedgerBrokenError(
                "the follower holds another history than this keyholder",
                hint="move its folder aside, then it is seeded anew",
            )

    def _seed(self) -> protocol.Followed:
        epoch, first = epoch_of(self._book), True
        for table, rows in self._book.dump():
            page = protocol.Seed(epoch, first, table, rows, last=table == "mark")
            there, first = self._client.ask(page, protocol.Followed), False
        return there

    def _catch_up(self) -> None:
        """Send what the outbox holds, the last stretch while new groups already queue behind it."""
        while self._send_rows() == PAGE:
            pass
        with self._changed:
            self._queue.clear()
            self._live, target = not self._closed, self._latest
        while self._live and self.acknowledged < target:
            if not self._send_rows():
                threading.Event().wait(0.002)  # the group's local commit is still under way
        with self._changed:
            self.trouble = ""

    def _send_rows(self) -> int:
        query = "SELECT number, changes FROM outbox WHERE number > ? ORDER BY number LIMIT ?"
        rows = self._book.rows(query, (self.acknowledged, PAGE))
        for number, group in rows:
            self._give(number, group)
        return len(rows)

    def _stream(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or not self._live)
                if not self._live:
                    raise UnavailableError("the follower answers too late")
                number, group = self._queue.popleft()
            if number > self.acknowledged:
                self._give(number, group)

    def _give(self, number: int, group: bytes) -> None:
        if number != self.acknowledged + 1:
            raise RefusedError("the outbox has a gap", hint="seed the follower anew")
        message = protocol.Follow(epoch_of(self._book), number, group)
        there = self._client.ask(message, protocol.Followed)
        if there.number != number:
            raise LedgerBrokenError("the follower acknowledged another group")
        with self._changed:
            self.acknowledged = number
            self._changed.notify_all()

    def _lose(self, trouble: str, *, superseded: bool = False) -> None:
        with self._changed:
            self._live, self._superseded, self.trouble = False, superseded, trouble
            self._queue.clear()
            self._changed.notify_all()

    def _check_epoch(self, there: protocol.Followed, book: Book) -> None:
        if there.epoch > epoch_of(book):
            raise SupersededError(
                f"the follower took over at epoch {there.epoch}", hint="see docs/takeover.md"
            )

    def _check_superseded(self) -> None:
        if self._superseded:
            raise SupersededError(self.trouble, hint="see docs/takeover.md")


def copy_back(client: Asking, book: Book) -> None:
    """Fill an empty book with all a follower has: for a primary whose disk is older, or gone.

    The follower must take no groups meanwhile. Raises RefusedError for a book that is not empty.
    """
    if book.size():
        raise RefusedError("this folder is not empty", hint="move the old one aside first")
    there = client.ask(protocol.Where(), protocol.Followed)
    page = client.ask(protocol.Copy(first=True), protocol.Page)
    while not page.last:
        book.fill(page.table, page.rows)
        page = client.ask(protocol.Copy(first=False), protocol.Page)
    if there.number > int(book.mark("group") or 0):
        held = client.ask(protocol.Fetch(there.number), protocol.Follow)
        book.apply(read_group(held.group).changes)
    if load_tree(book, book.size()).root() != there.root:
        raise LedgerBrokenError("the copy is not what the follower has", hint="copy again")
    book.apply([("mark", ("role", KEYHOLDER))])
