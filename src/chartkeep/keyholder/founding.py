"""Founding a keyholder, and opening one that was founded.

A new facility's first lines name its first people and programs; they are written before anyone
can connect, by whoever holds the key file. There is no other way to skip the second person.
"""

from collections.abc import Callable, Iterable

from chartkeep.errors import RefusedError
from chartkeep.keyholder import details
from chartkeep.keyholder.acting import check_action
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.clock import Reading
from chartkeep.keyholder.core import Keyholder, Mirror
from chartkeep.keyholder.group import epoch_of
from chartkeep.keyholder.name import Name
from chartkeep.keyholder.ring import KeyRing
from chartkeep.keyholder.verbs.people import seal_secrets
from chartkeep.sealing.kek import KeyEncryptionKey


def found_keyholder(
    book: Book,
    name: Name,
    kek: KeyEncryptionKey,
    read_clock: Callable[[], Reading],
    first: Iterable[Actions],
) -> Keyholder:
    """Make a facility's keys and write its first lines. Raises RefusedError for a second time."""
    if book.size():
        raise RefusedError("a keyholder was founded here before", hint="choose an empty folder")
    ring = KeyRing(book, name.id, kek, None)
    _, facility_chart = ring.new_chart(name.id, read_clock().wall)
    # Keys without a line are of a founding that was cut short: they sealed nothing yet.
    book.apply([("shred", (name.id,)), *ring.make_roots(), facility_chart])
    keyholder = Keyholder(book, ring, name, read_clock)
    turn = keyholder.open_turn()
    turn.line("start", details.Told(name.facility))
    for action in first:
        check_action(action)
        turn.line("act", details.Acted(seal_secrets(ring.people, action)))
    keyholder.write(turn)
    return keyholder


def open_keyholder(
    book: Book,
    name: Name,
    kek: KeyEncryptionKey,
    read_clock: Callable[[], Reading],
    old_kek: KeyEncryptionKey | None = None,
    *,
    mirror: Mirror | None = None,
    check: Callable[[Keyholder], None] = lambda _: None,
) -> Keyholder:
    """Open a founded keyholder and write that it started; `check` may refuse before that.

    What the follower has and this disk lost in a crash is fetched first. Raises SealBrokenError
    when the key is not this facility's, LedgerBrokenError when follower or witness contradict.
    """
    if book.size() == 0:
        raise RefusedError("no keyholder was founded here", hint="run chartkeep init first")
    if book.mark("role") == "follower":
        raise RefusedError("this folder is a follower's", hint="to take over: chartkeep promote")
    ring = KeyRing(book, name.id, kek, old_kek)
    ring.open_roots(name.origin)  # a wrong key file changes nothing
    if mirror is not None:
        mirror.pull(book)
    keyholder = Keyholder(book, ring, name, read_clock)
    check(keyholder)
    keyholder.attach(mirror)
    turn = keyholder.open_turn()
    if epoch_of(book) > keyholder.standing.epoch:
        turn.line("epoch", details.Told("take-over", epoch_of(book)))
    turn.line("start", details.Told(name.facility, keyholder.standing.epoch))
    keyholder.write(turn)
    return keyholder
