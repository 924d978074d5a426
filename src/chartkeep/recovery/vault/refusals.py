"""What a vault refused stays refused until a person looks: a file a ledger, over every restart.

    refused-records.json   {"time": <ms>, "why": "<sentence>"}
    without.json           [<line>, …]: what a person has the vault do without

Removing the file, which `chartkeep vault-resume` does, only lets the vault try again: what is
still not so is refused again.
"""

import json
import os
from pathlib import Path

import msgspec

from chartkeep.errors import RefusedError
from chartkeep.model import Millis
from chartkeep.recovery.segment import Ledger


class Refusals:
    """The refusals of one vault, in its home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[Ledger, str] = {}

    def why(self, ledger: Ledger) -> str:
        """Say why a ledger is refused, empty when it is not."""
        try:
            return str(json.loads(self._path(ledger).read_bytes())["why"])
        except FileNotFoundError:
            return self._held.get(ledger, "")
        except (OSError, ValueError, KeyError, TypeError):
            return "it was refused, and the file that said why cannot be read"

    def refuse(self, ledger: Ledger, why: str, now: Millis) -> None:
        """Refuse a ledger; where the disk does not take that, for as long as this process lives."""
        words = json.dumps({"time": now, "why": why}, ensure_ascii=False)
        try:
            with self._path(ledger).open("w") as file:
                file.write(words)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self._held[ledger] = why

    def lift(self, ledger: Ledger, without: list[int]) -> str:
        """Let the vault try again, without what some lines of `records` had; gives why it refused.

        Raises RefusedError for lines of `releases`: they have nothing beside them.
        """
        if without and ledger is not Ledger.RECORDS:
            raise RefusedError(f"a line of {ledger.word} cannot be left out")
        why = self.why(ledger)
        if without:
            kept = json.dumps(sorted({*self.without(), *without}))
            (self._folder / "without.json").write_text(kept)
        self._held.pop(ledger, None)
        self._path(ledger).unlink(missing_ok=True)
        return why

    def without(self) -> list[int]:
        """List the lines of `records` the vault keeps without their object or blob."""
        try:
            raw = (self._folder / "without.json").read_bytes()
            return msgspec.json.decode(raw, type=list[int])
        except (OSError, msgspec.MsgspecError):
            return []

    def _path(self, ledger: Ledger) -> Path:
        return self._folder / f"refused-{ledger.word}.json"
