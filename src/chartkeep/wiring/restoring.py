"""A house from its vault, on an empty disk: kit, keyholder, charts, proof, in this order.

Each step may be called alone, and `restore` does them all; killed at any point, the same call goes
on. It serves at the store's own address from the moment the inpatients' charts are back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from chartkeep.errors import ChartkeepError, RefusedError
from chartkeep.model import Millis, to_text
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.outcome import Outcome, Tell
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.proof import (
    FORMAT,
    NAMED,
    Keys,
    Proof,
    Seen,
    ask_witness,
    name_losses,
    prove,
)
from chartkeep.recovery.restoring import House, StoreRestore
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.shelf import FolderShelf
from chartkeep.recovery.vault.client import RemoteShelf
from chartkeep.sealing.entry import read_cut_header
from chartkeep.sealing.keys import fresh_id
from chartkeep.store.interim import MARK, Gate, refuse_awaited
from chartkeep.store.server import GAP, Identity, Store
from chartkeep.store.sqlite import SqliteBook, open_snapshot
from chartkeep.store.sqlreader import SqliteReader
from chartkeep.store.tiling import tile_reader
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.frames import Address
from chartkeep.wire.pool import Pool
from chartkeep.wire.server import Listener
from chartkeep.wiring.founding import socket_path
from chartkeep.wiring.home import Home, HouseFile, mutual_tls, read_signing_key, write_house
from chartkeep.wiring.kit import check_empty, lay_kit, open_newest_kit
from chartkeep.wiring.places import open_bucket
from chartkeep.wiring.regaining import Inpatients, find_keyless, find_written, open_keyholder
from chartkeep.wiring.running import now
from chartkeep.wiring.vaulting import RESTORER
from chartkeep.witness.client import Witness

PROOF = "restore.json"
VIEW = "at.jsonl"
BATCH = 5_000
CONNECTIONS = 3


def lay_house(shelf: Shelf, root: Path, shares: Sequence[str], key_file: Path | None) -> Home:
    """Bring back what the newest kit holds; a folder where that was done is left as it is.

    With a key file that is the one it names from here on: the first one may have been wrong.
    Raises NotFoundError when the vault has no kit, RefusedError for wrong shares or a folder in
    which a store, or anything else, stands.
    """
    if (root / "store" / "store.db").exists() and not (root / "store" / MARK).exists():
        raise RefusedError("a store stands here", hint="restore into an empty folder")
    if (root / "house.json").exists():
        home = Home(root)
        if key_file is None or home.file.key_file == str(key_file.resolve()):
            return home
        write_house(root, msgspec.structs.replace(home.file, key_file=str(key_file.resolve())))
        return Home(root)
    check_empty(root)
    files = open_newest_kit(shelf, shares)
    file = msgspec.json.decode(files["house.json"], type=HouseFile)
    if key_file is not None:
        file = msgspec.structs.replace(file, key_file=str(key_file.resolve()))
    file = msgspec.structs.replace(
        file, keyholder=_here(file.keyholder, root, "keyholder"),
        store=_here(file.store, root, "store"),
    )  # fmt: skip
    files["house.json"] = msgspec.json.encode(file)
    return lay_kit(files, root)


def _here(address: str, root: Path, name: str) -> str:
    """Give a keeper's address; a socket whose folder is gone with the old disk is moved here."""
    path = Address.parse(address).path
    moved = path and not Path(path).parent.is_dir()
    return f"unix:{socket_path(root, name)}" if moved else address


class Restore:
    """A restore of the store of a house that has its kit."""

    def __init__(
        self,
        home: Home,
        shelf: Shelf,
        tell: Tell,
        *,
        until: Millis | None = None,
        key_file: Path | None = None,
        after_vault: bool = False,
    ) -> None:
        """`until`: a view in which each entry stands as it did then, in `home`'s store folder.

        `after_vault`: what is written meanwhile is answered only when the vault has it too.
        """
        self.home, self.shelf = home, shelf
        self._key_file = key_file
        self._until = until
        self._after_vault = after_vault
        self._house = House(home.name.id, home.records_origin, home.records_key)
        self.store = StoreRestore(shelf, home.root / "store", self._house, tell, until)
        self._witness = Witness(home.file.witness, home.witness_key)

    def run(
        self, inpatients: Inpatients, *, serve: bool, ready: Callable[[], None] = lambda: None
    ) -> Proof:
        """Bring the store back; `ready` is called when inpatients' charts are readable."""
        self.store.lay()
        self.store.first(inpatients.charts, inpatients.shredded)
        # What an interim store took in before this call was killed, the witness may have seen.
        with closing(open_snapshot(self.store.interim)) as book:
            seen = ask_witness(self._witness, self._house.origin, book.size(), tile_reader(book))
        self._note_gap(seen)
        with self._serving() if serve else _nobody():
            ready()
            self.store.rest()
        return self.prove(self.store.end(), seen)

    def prove(self, outcome: Outcome, seen: Seen) -> Proof:
        """Say what came back; the sentences lie beside the house too."""
        archive = Archive(self.shelf, Ledger.RECORDS)
        keys = Keys(self.home.records_key, self.home.witness_key)
        path = self.home.root / "store" / "store.db"
        with closing(open_snapshot(path)) as book:
            size, read = book.size(), tile_reader(book)
            cosigned, signed = prove(outcome, archive, keys, read, size)
            if seen.gap is None:
                seen = ask_witness(self._witness, self._house.origin, size, read)
            charts = sorted(book.listed_charts() - {b""} - set(book.shreds()))
            since = None if seen.gap is None else _time_before(book, outcome.head.size)
        keyless, written = self._ask_keyholder(charts, since)
        proof = Proof(
            FORMAT, self.home.file.id, now(), outcome.head.size, outcome.head.root.hex(),
            outcome.later, cosigned.checkpoint.size if cosigned else 0,
            max(cosigned.witnessed.values(), default=0) if cosigned else 0,
            signed.checkpoint.size if signed else 0, seen.words, seen.gap,
            name_losses(outcome), len(outcome.lost) + len(outcome.blobs_lost) + len(outcome.beyond),
            outcome.damaged, keyless, written,
        )  # fmt: skip
        if self._until is not None:
            self._list_view(path)
        (self.home.root / PROOF).write_bytes(msgspec.json.format(msgspec.json.encode(proof)))
        return proof

    def _list_view(self, path: Path) -> None:
        """List, a line each, the entries whose newest version is not the one shown."""
        names = ("chart", "entry", "kind", "newest", "shown")
        with closing(open_snapshot(path)) as book, (self.home.root / VIEW).open("wb") as out:
            for chart, entry, *rest in book.later_versions():
                row = dict(zip(names, (to_text(chart), to_text(entry), *rest), strict=True))
                out.write(msgspec.json.encode(row) + b"\n")

    def _note_gap(self, seen: Seen) -> None:
        """Keep what the witness saw beyond the vault: the store starts on it, and stays red."""
        if seen.gap is not None:
            (self.home.root / "store" / GAP).write_text(seen.note)

    @contextmanager
    def _serving(self) -> Iterator[None]:
        """Serve the interim store at the store's own address."""
        home, folder = self.home, self.home.root / "store"
        identity = Identity(home.name.id, home.records_origin, home.store_key())
        book = SqliteBook(self.store.interim, identity.facility, identity.origin)
        store = Store(
            folder, identity, clock=now, witness=self._witness, book=book,
            after_vault=self._after_vault,
        )  # fmt: skip
        reader = book.reader()
        rule = refuse_awaited(reader, self.store.size, self.store.awaited(), self.store.has_blob)
        listener = Listener(
            Gate(store.service, rule),
            home.file.store,
            home.tls(home.file.store, "store", server=True),
        )
        listener.start()
        try:
            yield
        finally:
            listener.stop()
            store.close()
            reader.close()
        if store.failure is not None:
            raise store.failure

    def _ask_keyholder(self, charts: list[bytes], since: Millis | None) -> tuple[list[str], ...]:
        """Ask which charts have no key, and who was written to since; nothing if it is not there.

        Of a keyholder that is not back yet nobody knows: charts without a key show when opened.
        """
        try:
            with open_keyholder(self.home, self._key_file) as keyholder:
                keyless = find_keyless(keyholder, charts)
                written = [] if since is None else find_written(keyholder, since)
        except ChartkeepError:
            return [], []
        return _texts(keyless), _texts(written)


def _texts(charts: list[bytes]) -> list[str]:
    return [to_text(chart) for chart in charts[:NAMED]]


@contextmanager
def _nobody() -> Iterator[None]:
    yield


def _time_before(book: SqliteReader, end: int) -> Millis:
    """Tell when the newest of the last entries before a line was written."""
    headers = book.headers(b"", max(0, end - BATCH), BATCH)
    times = [read_cut_header(raw).time for at, raw in headers if at < end]
    return max(times, default=Millis(0))


def open_shelf(source: str, vault_key: Path | None = None, tls: Path | None = None) -> Shelf:
    """Open a vault to read from: its folder, its bucket, or its process by `vault_key`.

    `tls`: the folder with authority.pem, restore.pem and restore.key, for a `tls:` address.
    Raises UnavailableError for none, RefusedError for an address without a key, or no key.
    """
    if source.startswith("s3://"):
        return open_bucket(source, lambda _: None)
    if not source.startswith(("unix:", "tls:")):
        folder = Path(source.removeprefix("folder:"))
        if (folder / "vault.json").exists():
            raise RefusedError(
                f"{folder} is a vault's home, not what it keeps",
                hint="--from the folder that its vault.json calls place",
            )
        return FolderShelf(folder)
    if vault_key is None:
        raise RefusedError("a vault's process asks for a key", hint="--vault-key …/restore.key")
    key = read_signing_key(vault_key)
    context = mutual_tls(tls or vault_key.parent / "tls", source, RESTORER, server=False)

    def connect() -> Client:
        return Client(source, "vault", Credentials(RESTORER, key, fresh_id()), tls=context)

    return RemoteShelf(Pool(connect, CONNECTIONS))
