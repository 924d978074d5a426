"""What a witness remembers on disk: its key, and the last checkpoint of each origin.

Promises that what `remember` returned from survives a power cut. Judges nothing.
"""

import os
from pathlib import Path

import apsw

from chartkeep.errors import UnavailableError
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.ledger.note import parse_note
from chartkeep.sealing.signing import SEED_BYTES, SigningKey
from chartkeep.witness.rules import Seen


class Memory:
    """One SQLite file `seen.db`; use by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._db = apsw.Connection(str(folder / "seen.db"))
        # EXTRA also syncs the folder after the journal is deleted: commit is then final.
        self._db.pragma("journal_mode", "delete")
        self._db.pragma("synchronous", "extra")
        self._db.execute("create table if not exists seen (origin text primary key, note blob)")

    def last_seen(self, origin: str) -> Seen:
        """Recall the last checkpoint of an origin; an empty log's, if there was none.

        Raises UnavailableError if the file cannot be read.
        """
        try:
            raw = self._db.execute("select note from seen where origin = ?", (origin,)).get
        except apsw.Error as error:
            raise UnavailableError("the witness cannot read what it saw") from error
        if raw is None:
            return Seen.nothing(origin)
        note = parse_note(raw)
        return Seen(Checkpoint.parse(note.text), note)

    def remember(self, seen: Seen) -> None:
        """Keep a checkpoint durably.

        Raises UnavailableError if that failed. Whether it reached the disk does not matter then:
        nothing was cosigned, and a witness that remembers too much only refuses too much.
        """
        row = (seen.checkpoint.origin, seen.note.raw())
        try:
            self._db.execute("insert or replace into seen values (?, ?)", row)
        except apsw.Error as error:
            raise UnavailableError("the witness cannot write down what it saw") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def load_key(folder: Path) -> SigningKey:
    """Read the witness's key from `witness.seed`, made on the first call, readable by its owner."""
    path = folder / "witness.seed"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return SigningKey.from_seed(path.read_bytes())
    with os.fdopen(descriptor, "wb") as file:
        seed = os.urandom(SEED_BYTES)
        file.write(seed)
        file.flush()
        os.fsync(file.fileno())
    parent = os.open(folder, os.O_RDONLY)
    os.fsync(parent)  # the name, too: a witness that lost its key is a stranger
    os.close(parent)
    return SigningKey.from_seed(seed)
