"""An ECG as every door understands it: leads of whole numbers, and what was said about them.

Samples are kept as the device wrote them. The physical value of one is
`origin + sample * scale` in `unit`, as in FHIR's SampledData; `None` is a missing one.
"""

from decimal import Decimal

import msgspec

from chartkeep.clinical.ecg.leads import NAMES, Measure
from chartkeep.errors import BadInputError

MOST_LEADS = 64
MOST_SAMPLES = 4_000_000
"""Over all leads: 12 leads at 1000 Hz for five minutes; what is longer stays a document."""
MOST_WORDS, LONGEST_WORD = 200, 2_000
DIGITS = 15
"""Significant digits of a number; a double holds that many, so every JSON reader keeps them."""
_MILLIVOLTS = {
    "nV": Decimal("1e-6"), "uV": Decimal("1e-3"), "mV": Decimal(1), "V": Decimal(1000),
}  # fmt: skip


class Lead(msgspec.Struct, frozen=True):
    """One trace. `number`: ISO/IEEE 11073-10102 and SCP-ECG lead number, 0 for none of theirs."""

    number: int
    name: str
    samples: tuple[int | None, ...]
    scale: Decimal = Decimal(1)
    origin: Decimal = Decimal(0)
    unit: str = "uV"

    @property
    def gain(self) -> Decimal | None:
        """Give millivolts a step; None when the unit is no voltage."""
        factor = _MILLIVOLTS.get(self.unit)
        return None if factor is None else factor * self.scale


class Reading(msgspec.Struct, frozen=True):
    """One measurement of the whole ECG, in its measure's own unit."""

    measure: Measure
    value: Decimal


class Ecg(msgspec.Struct, frozen=True):
    """One recording. `rate` in Hz for all leads; `start` a FHIR dateTime, or empty."""

    leads: tuple[Lead, ...]
    rate: Decimal
    start: str = ""
    statements: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    device: str = ""

    @property
    def seconds(self) -> float:
        """Give the length of the longest lead."""
        return float(max((len(lead.samples) for lead in self.leads), default=0) / self.rate)


def lead_named(name: str, samples: tuple[int | None, ...], scale: Decimal, unit: str) -> Lead:
    """Make a lead known by its printed name, however it is spelled."""
    plain = name.strip().removeprefix("MDC_ECG_LEAD_").removeprefix("Lead ")
    number = _NUMBERS.get(plain.casefold(), 0)
    return Lead(number, NAMES.get(number, plain[:LONGEST_WORD]), samples, scale, unit=unit)


def check_ecg(ecg: Ecg) -> Ecg:
    """Give an ECG back that is within bounds. Raises BadInputError."""
    if not ecg.leads or not any(lead.samples for lead in ecg.leads):
        raise BadInputError("the ECG has no samples")
    if len(ecg.leads) > MOST_LEADS:
        raise BadInputError(f"the ECG has more than {MOST_LEADS} leads")
    if sum(len(lead.samples) for lead in ecg.leads) > MOST_SAMPLES:
        raise BadInputError("the ECG is too long", hint="it is kept as a document")
    if not Decimal("0.01") <= ecg.rate <= Decimal(1_000_000):
        raise BadInputError("the ECG's sampling rate is none")
    if not all(
        lead.scale and lead.scale.is_finite() and lead.origin.is_finite() for lead in ecg.leads
    ):
        raise BadInputError("a lead's scale is none")
    if any(len(words) > MOST_WORDS for words in (ecg.statements, ecg.readings)):
        raise BadInputError("the ECG has too many statements")
    return ecg


def number(value: float | str | Decimal) -> Decimal:
    """Read a number to fifteen digits, without trailing noughts. Raises BadInputError."""
    try:
        read = Decimal(str(value))
    except ArithmeticError as error:
        raise BadInputError("a number of the ECG is none") from error
    if not read.is_finite() or abs(read.adjusted()) > 300:
        raise BadInputError("a number of the ECG is none")
    digits = read.as_tuple().digits
    if len(digits) > DIGITS:
        read = read.quantize(Decimal(1).scaleb(read.adjusted() - DIGITS + 1))
    return read.normalize() + 0


_NUMBERS = {name.casefold(): number for number, name in NAMES.items()}
