"""What a restore brought back, said so that it can be checked: and what it did not.

Promises that "nothing acknowledged is missing" is said only up to a checkpoint a witness cosigned
and these lines prove. It cannot judge whether sealed bytes open, nor whether content hashes are
theirs: that takes keys. docs/worst-day.md says what to do about each sentence.
"""

from typing import Final

import msgspec

from chartkeep.errors import ChartkeepError, UnavailableError
from chartkeep.ledger.checkpoint import Checkpoint, Opened
from chartkeep.ledger.note import VerifierKey
from chartkeep.ledger.tiles import ReadTile
from chartkeep.ledger.tree import Tree
from chartkeep.model import Millis, to_text
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.outcome import Outcome
from chartkeep.recovery.reading import checkpoints, newest_proved
from chartkeep.store.refilling import Lost
from chartkeep.store.verify import name_line
from chartkeep.store.witnessing import Witness

FORMAT: Final = "chartkeep-restore-1"
NAMED: Final = 10_000
"""So many losses are named one by one; beyond, they are counted."""


class Proof(msgspec.Struct, frozen=True):
    """What was restored up to where, as a file beside the house; sizes count lines."""

    format: str
    facility: str
    time: Millis
    size: int
    root: str
    later: int
    """Lines that came in while the rest was on its way."""
    cosigned: int
    """Up to here the root is one a witness cosigned: nothing acknowledged before is missing."""
    cosigned_at: int
    """When it did, POSIX seconds; 0 for never."""
    signed: int
    """Up to here the root is one the store signed."""
    witness: str
    gap: tuple[int, int] | None
    """Lines the witness saw and nobody has: what was acknowledged in them is lost."""
    lost: list[str]
    missing: int
    """How many are lost, named or not."""
    damaged: list[str]
    keyless: list[str]
    """Charts no keyholder can open: their keys were made after its backup."""
    written: list[str]
    """Charts that were being written to in the gap."""

    @property
    def whole(self) -> bool:
        """Say whether all of it came back, with keys to open it, and a witness stands for it."""
        return bool(self.cosigned) and not (self.missing or self.keyless or self.gap)

    def sentences(self) -> list[str]:
        """Say it for people, the verdict first."""
        told = {
            f"nothing acknowledged up to line {self.cosigned:,} is missing: "
            "the restored ledger's root is the one the witness cosigned":
                bool(self.cosigned) and not self.missing,
            "no checkpoint a witness cosigned is proved by these lines": not self.cosigned,
            f"lines {self.cosigned:,} to {self.size - 1:,} came after what the witness cosigned: "
            f"the store signed them up to {self.signed:,}": self.cosigned < self.size,
            f"{self.later:,} lines came in during the restore and are kept": bool(self.later),
            f"{self.missing:,} objects are missing or were changed, named below": self.missing > 0,
            f"{len(self.damaged)} segments of the vault are damaged": bool(self.damaged),
            f"{len(self.keyless):,} charts have no key at this keyholder": bool(self.keyless),
            self.witness: True,
            "whether each sealed entry opens cannot be judged without keys: open one chart": True,
        }  # fmt: skip
        if self.gap is not None:
            first, end = self.gap
            told[
                f"lines {first:,} to {end - 1:,} were acknowledged and are lost: the senders keep "
                f"what they sent, {len(self.written):,} charts were being written to"
            ] = True
        return [sentence for sentence, holds in told.items() if holds]


class Keys(msgspec.Struct, frozen=True):
    """Who may say what of `records`: its own key, and the witness's."""

    log: VerifierKey
    witness: VerifierKey


def prove(
    outcome: Outcome, archive: Archive, keys: Keys, read_tile: ReadTile, size: int
) -> tuple[Opened | None, Opened | None]:
    """Find the newest cosigned and the newest signed checkpoint these lines prove.

    `size` counts all lines, those that came during the restore among them; `read_tile` is theirs.
    """
    cosigned = checkpoints(archive, keys.log, [keys.witness])
    signed = checkpoints(archive, keys.log)
    return (
        newest_proved(cosigned, read_tile, size),
        newest_proved(signed, read_tile, outcome.head.size),
    )


class Seen(msgspec.Struct, frozen=True):
    """What the witness says now: in words, and the lines it saw beyond ours."""

    words: str
    gap: tuple[int, int] | None = None
    note: str = ""
    forked: bool = False


def ask_witness(witness: Witness, origin: str, size: int, read_tile: ReadTile) -> Seen:
    """Ask the witness what it saw last, and hold `size` lines against it."""
    try:
        opened = witness.latest(origin)
    except UnavailableError:
        return Seen("the witness does not answer now: ask it again when it does")
    except ChartkeepError as error:
        return Seen(f"the witness says nothing that helps: {error}")
    seen: Checkpoint = opened.checkpoint
    if seen.size > size:
        words = f"the witness saw {seen.size:,} lines: its operator must accept the gap"
        return Seen(words, (size, seen.size), opened.note.raw().decode())
    if seen.size and Tree.load(seen.size, read_tile).root() != seen.root:
        words = f"the witness saw ANOTHER ledger of {seen.size:,} lines: this vault lies, or it"
        return Seen(words, forked=True)
    return Seen(f"the witness was asked too: it saw {seen.size:,} lines, these")


def name_losses(outcome: Outcome) -> list[str]:
    """Name what is lost, one sentence each."""
    found = [name_lost(lost) for lost in outcome.lost[:NAMED]]
    found += [
        f"the file of blob {to_text(blob)} of chart {to_text(chart)}"
        for chart, blob in outcome.blobs_lost[:NAMED]
    ]
    found += [f"lines {first} to {end - 1}: before them others are missing"
              for first, end in outcome.beyond]  # fmt: skip
    return found


def name_lost(lost: Lost) -> str:
    """Name a line that has no object."""
    chart = f" of chart {to_text(lost.chart)}" if lost.chart else ""
    return f"line {lost.at} ({name_line(lost.type)}{chart})"
