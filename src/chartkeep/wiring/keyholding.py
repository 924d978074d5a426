"""Runs a keyholder, and a follower on another host."""

import sys
import threading
from pathlib import Path

from chartkeep.errors import UnavailableError, UnknownWriteError
from chartkeep.keyholder.backup import reapply_shreds
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.follower import Follower, FollowerService
from chartkeep.keyholder.founding import open_keyholder
from chartkeep.keyholder.mirror import FollowerLink
from chartkeep.keyholder.service import KeyholderService
from chartkeep.keyholder.witnessing import Witnessing, check_start
from chartkeep.store.client import StoreClient
from chartkeep.wire.server import Listener
from chartkeep.wiring.hardening import harden
from chartkeep.wiring.home import Home
from chartkeep.wiring.memory import spare_start
from chartkeep.wiring.rekeying import Rekeying, open_keks
from chartkeep.wiring.running import connection, ending_event, now, read_clock
from chartkeep.witness.client import Witness


def keyholder(home: Home, key_file: Path | None = None, user: str = "") -> None:
    """Run the keyholder.

    Raises LedgerBrokenError when the witness or the follower contradicts its disk.
    """
    ending = ending_event()
    kek, old_kek = open_keks(home, key_file)
    for sentence in harden(user):
        print(f"keyholder: {sentence}", file=sys.stderr)  # noqa: T201 - for the operator
    seen_by = Witness(home.file.witness, home.witness_key)
    book = Book(home.root / "keyholder" / "keyholder.db")
    # 1. Whole: what the follower holds and this disk lost comes back; the witness agrees.
    link = FollowerLink(connection(home, "follower", "keyholder")) if home.file.follower else None
    holder = open_keyholder(
        book, home.name, kek, read_clock, old_kek, mirror=link,
        check=lambda k: check_start(k, seen_by),
    )  # fmt: skip
    holder.retention = home.retention
    # 2. Shredded: what was shredded after this disk was written is shredded again.
    errands = StoreClient(connection(home, "store", "keyholder"))
    if not _reapply_shreds(holder, errands, ending):
        return
    # 3. Open.
    failed = threading.Event()

    def stop() -> None:
        failed.set()
        ending.set()

    spare_start()
    service = KeyholderService(holder, lambda: now() / 1000, store=errands, stop=stop)
    witnessing = Witnessing(holder, service.inner, seen_by)
    tls = home.tls(home.file.keyholder, "keyholder", server=True)
    listener = Listener(service, home.file.keyholder, tls)
    listener.start()
    rekeying = Rekeying(home, service)
    ending.wait()
    rekeying.close()
    listener.stop()
    witnessing.close()
    if link is not None:
        link.close()
    service.close()
    book.close()
    if failed.is_set():
        raise UnknownWriteError("the keyholder stopped itself", hint="look at the disk, restart")


def _reapply_shreds(holder: Keyholder, store: StoreClient, ending: threading.Event) -> bool:
    """Ask the store until it answers, or until the process is to end; nothing opens without it."""
    while not ending.is_set():
        try:
            reapply_shreds(holder, store.shreds())
        except UnavailableError:
            print("keyholder: waiting for the store", file=sys.stderr)  # noqa: T201 - same
            ending.wait(2)
        else:
            return True
    return False


def follower(home: Home) -> None:
    """Run a follower: it keeps what the primary keeps, and serves nobody else."""
    ending = ending_event()
    for sentence in harden():
        print(f"follower: {sentence}", file=sys.stderr)  # noqa: T201 - for the operator
    book = Book(home.root / "keyholder" / "keyholder.db")
    primary = ("keyholder", bytes.fromhex(home.file.primary))
    service = FollowerService(Follower(book), primary, ending.set)
    tls = home.tls(home.file.follower, "follower", server=True)
    listener = Listener(service, home.file.follower, tls)
    listener.start()
    ending.wait()
    listener.stop()
    service.close()
    book.close()
