"""An invented `releases` ledger, for tests: a nurse, a colleague, an intruder with her session."""

import json
from hashlib import shake_128
from pathlib import Path

from chartkeep.ledger.body import LINE_SALT_BYTES, Whole, write
from chartkeep.ledger.checkpoint import Checkpoint, sign_checkpoint
from chartkeep.ledger.exposure_list import Asked, Question, Range, write_list, write_records
from chartkeep.ledger.line import Line
from chartkeep.ledger.note import LOG_KEY, WITNESS_KEY, Note, VerifierKey, cosign
from chartkeep.ledger.proofs import range_proof
from chartkeep.sealing.signing import SigningKey

from .growth import Log

ORIGIN = "hospital.example/releases"
LOG = SigningKey.from_seed(bytes(32))
WITNESS = SigningKey.from_seed(b"w" * 32)
LOG_VKEY = VerifierKey(ORIGIN, LOG_KEY, LOG.public)
WITNESS_VKEY = VerifierKey("witness.example/w", WITNESS_KEY, WITNESS.public)

VECTORS = Path(__file__).parents[1] / "vectors" / "ledger"
NURSE, COLLEAGUE = "sari", "budi"
VERBS = ("release", "login", "search", "seal_key", "freeze", "labels")


def salt_of(index: int) -> bytes:
    return shake_128(index.to_bytes(8, "big")).digest(LINE_SALT_BYTES)


def day(count: int, gaps: tuple[int, ...] = ()) -> list[Line]:
    """Lines a second apart; even ones are the nurse's; some are gaps."""
    return [
        Line(
            time=1_700_000_000_000 + 1000 * index,
            verb="gap" if index in gaps else VERBS[index % 6 if index % 5 else 0],
            person="" if index in gaps else (COLLEAGUE if index % 2 else NURSE),
            session=bytes([index % 3]) * 16,
            instance="serve-ward-3",
            chart=bytes([index % 251]) * 16,
            sections=0b110,
            detail=b"\x80",
        )
        for index in range(count)
    ]


def at(index: int) -> int:
    return 1_700_000_000_000 + 1000 * index


class Releases(Log):
    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        written = [write(line, salt_of(index)) for index, line in enumerate(lines)]
        self.bodies = [body for _, body in written]
        super().__init__([entry for entry, _ in written])

    def replace(self, bodies: list[bytes]) -> None:
        """Begin with these bodies, as if they had been written before."""
        self.bodies[: len(bodies)] = bodies
        super().__init__([Whole.parse(body).entry() for body in self.bodies])

    def note(self, size: int | None = None, seconds: int = 1_700_009_999) -> Note:
        size = self.size if size is None else size
        root = Log(self.entries[:size]).root()
        signed = sign_checkpoint(Checkpoint.at(ORIGIN, size, root, epoch=1), LOG)
        seen = cosign(signed.text, WITNESS_VKEY.name, WITNESS, seconds)
        return Note(signed.text, (*signed.signatures, seen))

    def range(self, start: int, end: int) -> Range:
        left, right = range_proof(start, end, self.size, self.read)
        return Range(start, end, tuple(left), tuple(right))

    def exposure(self, question: Question, start: int, end: int) -> bytes:
        return listed(question, self.note().raw(), self.range(start, end), self.bodies[start:end])


def listed(question: Question, note: bytes, proved: Range, bodies: list[bytes]) -> bytes:
    records = write_records(question, map(Whole.parse, bodies))
    return b"".join(write_list(question, note, proved, [records]))


def about_nurse(since: int, until: int) -> Question:
    return Question(Asked.PERSON, NURSE.encode(), at(since), at(until))


def grown() -> Releases:
    """Give a ledger of 90 lines begun in version 1, that goes on from its 36th in the newest."""
    file = json.loads((VECTORS / "lines-1.json").read_text())
    ledger = Releases(day(90, gaps=(33, 70)))
    ledger.replace([bytes.fromhex(body) for body in file["ledger"][:35]])
    return ledger
