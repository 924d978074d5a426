"""What a sweep says of one file: which patients, how sure, which kinds. Never the content."""

from typing import NamedTuple

import msgspec

from chartkeep.model import ChartId


class Patient(msgspec.Struct, frozen=True, array_like=True):
    """A patient found in a file. `sure`: this one and no other; else one of a few it may be.

    `fields`: what agreed. `copied`: what only our record could have given.
    """

    chart: bytes
    sure: bool
    fields: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()


class Lost(msgspec.Struct, frozen=True, array_like=True):
    """A part of a file that could not be read, and why."""

    inside: tuple[str, ...]
    trouble: str


class Swept(msgspec.Struct, frozen=True, array_like=True):
    """One file as it was when it was read.

    `stamp`: size, modified, changed (ns), inode.
    """

    path: str
    stamp: tuple[int, int, int, int]
    owner: str
    readers: str
    kind: str
    sha256: bytes
    patients: tuple[Patient, ...] = ()
    lost: tuple[Lost, ...] = ()
    rows: int = 0

    @property
    def sure(self) -> list[Patient]:
        """List those it certainly holds."""
        return [each for each in self.patients if each.sure]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Name the kinds of data in it, of patients it certainly holds."""
        named = {kind for each in self.sure for kind in (*each.fields, *each.copied)}
        return tuple(sorted(named))


class Total(NamedTuple):
    """What a sweep found in all."""

    files: int
    holding: int
    patients: frozenset[ChartId]
    unread: int


def total(swept: list[Swept]) -> Total:
    """Count over files."""
    holding = [each for each in swept if each.sure]
    charts = frozenset(ChartId(patient.chart) for each in holding for patient in each.sure)
    return Total(len(swept), len(holding), charts, sum(bool(each.lost) for each in swept))
