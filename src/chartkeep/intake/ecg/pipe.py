"""What passes between this house and the process that reads an ECG file: plain words only.

Nothing that comes back is believed: the other side reads files of strangers. Numbers are checked
again by `clinical.ecg`, and the whole is bounded before it is read.
"""

from typing import Literal

import msgspec

MOST_FILES = 8
LARGEST = 64 << 20
"""Bytes of a recording; a longer one stays a document."""
LARGEST_ANSWER = 48 << 20

Trouble = Literal["unknown", "damaged", "too large"]


class Trace(msgspec.Struct, frozen=True, array_like=True):
    """One lead: `samples` whole numbers, `scale` and `origin` written as text."""

    name: str
    samples: list[int | None]
    scale: str
    origin: str
    unit: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a file. Times are ISO 8601, with a zone only where the file has one.

    `readings`: the name of a `clinical.ecg.leads.Measure` -> value.
    """

    form: str
    rate: str
    traces: list[Trace]
    start: str = ""
    statements: list[str] = []
    readings: dict[str, float] = {}
    device: str = ""
    patient_id: str = ""
    name: str = ""
    birth_date: str = ""


class Answer(msgspec.Struct, frozen=True):
    """Either what was found or what was the trouble."""

    found: Found | None = None
    trouble: Trouble | None = None
