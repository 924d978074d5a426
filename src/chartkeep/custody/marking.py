"""What each export carries of its own, so that a few rows of it point back at it.

    mark = read_mark(order.mark)
    mark.arrange(charts)            # charts in an order of this export's own
    mark.line(raw)                  # spaces between the first tokens of a line: seven bits
    mark.patient(3, origin)         # who is invented among each hundred patients

No value of a patient is changed: JSON does not care for order or spaces. The bits are a word of a
symmetric Tardos code (Tardos 2008; Skoric et al., arXiv cs/0607131), so that buyers who mix their
copies are found together. What a mark is made of lies sealed in
the export's order and nowhere else. It does not survive who sorts, writes the lines anew *and*
leaves out the invented; then the arithmetic of doors is what is left.
"""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from hashlib import blake2b, shake_256
from math import asin, pi, sin, sqrt

from chartkeep.custody.house import House
from chartkeep.fingerprint.spacing import LINE
from chartkeep.inventor.names import Origin
from chartkeep.inventor.people import Patient, invent_patient
from chartkeep.model import ID_BYTES, ChartId, EntryId, to_text

BITS = 2_048
"""Length of the code: five buyers of 20,000 exports, one false accusation in a hundred."""
LINE_BITS = 7
A_HUNDRED = 100
"""One invented patient beside so many; an export of fewer has none."""
_SOURCE = "export mark"
_CUT = 0.02
_SCALE = 1 << 32
_BORN_BEFORE = date(2024, 1, 1)


class Code:
    """What all marks of a house share: how likely a one is at each place, and where rows look."""

    def __init__(self, common: bytes) -> None:
        self._common = common

    @cached_property
    def biases(self) -> list[float]:
        """The chance of a one at each place: arcsine, cut at both ends."""
        low = asin(sqrt(_CUT))
        return [
            sin(low + (pi / 2 - 2 * low) * each / _SCALE) ** 2 for each in _numbers(self._common)
        ]

    def places(self, row: bytes) -> list[int]:
        """Say which places of the word a row carries, by its id."""
        drawn = blake2b(row, key=self._common, digest_size=2 * LINE_BITS).digest()
        return [
            int.from_bytes(drawn[at : at + 2], "big") % BITS for at in range(0, 2 * LINE_BITS, 2)
        ]


class Mark:
    """What one export carries."""

    def __init__(self, code: Code, own: bytes) -> None:
        self.code = code
        self._own = own

    @cached_property
    def word(self) -> list[bool]:
        """This export's word of the code."""
        drawn = zip(_numbers(self._own), self.code.biases, strict=True)
        return [each / _SCALE < bias for each, bias in drawn]

    def rank(self, chart: bytes) -> bytes:
        """Say where a chart comes in this export's order."""
        return blake2b(chart, key=self._own, digest_size=8).digest()

    def arrange(self, charts: Sequence[ChartId]) -> list[ChartId]:
        """Put charts in this export's order."""
        return sorted(charts, key=self.rank)

    def line(self, raw: bytes) -> bytes:
        """Write the bits of a row between its first tokens; what begins otherwise stays."""
        found = LINE.match(raw)
        if found is None:
            return raw
        kind, ident, rest = found.group(3, 6, 9)
        a, b, c, d, e, f, g = (
            b" " if self.word[place] else b"" for place in self.code.places(ident)
        )
        head = (
            b'{%b"resourceType":%b"%b",%b"id":%b"%b",%b"meta":%b'
            % (a, b, kind, c, d, ident, e, f)
        )  # fmt: skip
        return head + rest + g + b"}"

    def patient(self, number: int, origin: Origin) -> Patient:
        """Invent the patient of a hundred; the same for whoever asks again."""
        seed = int.from_bytes(self._own, "big")
        return invent_patient(seed, f"{seed}/export", number, _BORN_BEFORE, origin)

    def like(self, number: int, text: str) -> str:
        """Write another value of the same shape for an invented patient: other digits."""
        drawn = shake_256(self._own + number.to_bytes(8, "big") + text.encode()).digest(len(text))
        pairs = zip(text, drawn, strict=True)
        return "".join(str(each % 10) if sign.isdecimal() else sign for sign, each in pairs)

    def beside(self, first: int, size: int) -> dict[int, int]:
        """Choose after which Patients of a file the invented come: place in the file -> number.

        `first` is the file's place in the export. One in each full hundred, none in what is over.
        """
        numbers = range(first // A_HUNDRED, (first + size) // A_HUNDRED)
        places = (
            at * A_HUNDRED + int.from_bytes(self.rank(at.to_bytes(8, "big")), "big") % A_HUNDRED
            for at in range(len(numbers))
        )
        return dict(zip(places, numbers, strict=True))


def draw_mark(ident: EntryId, house: House) -> bytes:
    """Draw what an order keeps of its mark: what all of a house share, and its own, 16 bytes each.

    Of the house's secret, so that two of its workers draw the same, and no disk tells it.
    """
    return house.entry_id(_SOURCE, "code") + house.entry_id(_SOURCE, to_text(ident))


def read_mark(drawn: bytes) -> Mark:
    """Make the mark of what an order keeps; one from before there were marks keeps nothing."""
    return Mark(Code(drawn[:ID_BYTES]), drawn[ID_BYTES:])


def _numbers(secret: bytes) -> list[int]:
    raw = shake_256(b"chartkeep mark 1" + secret).digest(4 * BITS)
    return [int.from_bytes(raw[at : at + 4], "big") for at in range(0, len(raw), 4)]
