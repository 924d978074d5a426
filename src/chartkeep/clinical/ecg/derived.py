"""The limb leads a cart does not store, from I and II: Einthoven's and Goldberger's equations."""

from decimal import Decimal

import msgspec

from chartkeep.clinical.ecg.leads import NAMES
from chartkeep.clinical.ecg.model import Ecg, Lead

_HALF = Decimal("0.5")
_DERIVED = {
    61: (-1, 1, Decimal(1)), 62: (-1, -1, _HALF), 63: (2, -1, _HALF), 64: (-1, 2, _HALF),
}  # fmt: skip
"""Number -> how often I, how often II, and the factor: III, aVR, aVL, aVF."""


def completed(ecg: Ecg) -> Ecg:
    """Give an ECG with the limb leads that follow from I and II and do not stand in it."""
    by_number = {lead.number: lead for lead in ecg.leads}
    first, second = by_number.get(1), by_number.get(2)
    if first is None or second is None or not _alike(first, second):
        return ecg
    missing = [number for number in _DERIVED if number not in by_number]
    made = tuple(_derive(number, first, second) for number in missing)
    return msgspec.structs.replace(ecg, leads=ecg.leads + made)


def _alike(first: Lead, second: Lead) -> bool:
    same = (first.scale, first.origin, first.unit) == (second.scale, second.origin, second.unit)
    return same and len(first.samples) == len(second.samples)


def _derive(number: int, first: Lead, second: Lead) -> Lead:
    ones, twos, factor = _DERIVED[number]
    samples = tuple(
        None if one is None or two is None else ones * one + twos * two
        for one, two in zip(first.samples, second.samples, strict=True)
    )
    origin = (ones + twos) * factor * first.origin
    return Lead(number, NAMES[number], samples, first.scale * factor, origin, first.unit)
