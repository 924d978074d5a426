"""Lines of the ledger as rows of numbers: a page of them, coded within itself. Pure.

What is kept of a line is who, whose, when and in which way; never a reason, a name of a patient or
a keyword: of `detail` only the budget, the grant and the pack of a release, the ward of a placement
and the bounds of a gap.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from chartkeep.custody.paper import PACK_REASON
from chartkeep.errors import DamagedError
from chartkeep.keyholder import details
from chartkeep.keyholder.actions import Place
from chartkeep.keyholder.budget import Kind
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import GAP_VERB, Line
from chartkeep.model import to_id

IDS: Final = ("session", "worker", "chart", "grant", "pack")
"""Columns of 16-byte ids."""
WORDS: Final = ("what", "person", "instance", "ward")
"""What is coded by few words; `what` is a verb, sections as bits, and the budget of a release.

Of a log-in the third says whether it was a program's: then its name is no person's.
"""
PROGRAM: Final = "program"
CODED: Final = ("what", "person", "instance", *IDS)

Column = NDArray[Any]


class Hole(msgspec.Struct, frozen=True, array_like=True):
    """A gap: lines `first … last` are lost, written after `since`; its own line and its time."""

    line: int
    time: int
    first: int
    last: int
    since: int


class Rows(NamedTuple):
    """Lines that follow one another. Of each coded column its different values, and their places.

    `placed`: (row, chart, ward) of each placement.
    """

    times: Column
    values: dict[str, list[Any]]
    codes: dict[str, Column]
    placed: list[tuple[int, bytes, str]]
    holes: list[Hole]


def rows_of(lines: Iterable[Whole]) -> Rows:
    """Make rows of a page of lines."""
    read = [whole.line for whole in lines]
    told = [_told(line) for line in read]
    columns: dict[str, list[Any]] = {
        "what": [
            (line.verb, line.sections, kind)
            for line, (kind, _, _) in zip(read, told, strict=True)
        ],
        "person": [line.person for line in read],
        "instance": [line.instance for line in read],
        "session": [line.session for line in read],
        "worker": [line.worker for line in read],
        "chart": [line.chart for line in read],
        "grant": [grant for _, grant, _ in told],
        "pack": [pack for _, _, pack in told],
    }  # fmt: skip
    coded = {name: _code(values) for name, values in columns.items()}
    return Rows(
        np.array([line.time for line in read], np.int64),
        {name: values for name, (values, _) in coded.items()},
        {name: codes for name, (_, codes) in coded.items()},
        [placed for row, line in enumerate(read) for placed in _placed(row, line)],
        [_hole(row, line) for row, line in enumerate(read) if line.verb == GAP_VERB],
    )


def _told(line: Line) -> tuple[str, bytes, bytes]:
    """Say of a release on which budget it was, under which grant, into which pack."""
    if line.verb == "login":
        is_program = line.detail and _detail(line).assertion
        return PROGRAM if is_program else "", b"", b""
    if line.verb != "release":
        return "", b"", b""
    told = _detail(line)
    pack = b""
    if told.kind == Kind.PACK and told.reason.startswith(PACK_REASON):
        try:
            pack = to_id(told.reason.removeprefix(PACK_REASON))
        except ValueError as error:
            raise DamagedError("a release for a pack names none") from error
    return told.kind, told.grant, pack


def _placed(row: int, line: Line) -> Iterable[tuple[int, bytes, str]]:
    if line.verb == "act" and line.chart:
        action = _detail(line).action
        if isinstance(action, Place):
            yield row, line.chart, action.ward


def _hole(row: int, line: Line) -> Hole:
    told = _detail(line) if line.detail else details.Gap(0, 0, 0)
    return Hole(row, line.time, told.first, told.last, told.since)


def _detail(line: Line) -> Any:
    try:
        return details.unpack(line)
    except msgspec.MsgspecError as error:
        raise DamagedError(f"a {line.verb} line says what we do not know") from error


def _code(values: list[Any]) -> tuple[list[Any], Column]:
    """Give different values numbers, in the order they come."""
    seen: dict[Any, int] = {}
    codes = [seen.setdefault(value, len(seen)) for value in values]
    return list(seen), np.array(codes, np.uint32)
