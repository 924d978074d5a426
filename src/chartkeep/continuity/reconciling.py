"""What ward PCs wrote down about packs while nobody could be asked, taken in afterwards.

Each line becomes a sealed entry that audit roles read: a patient's accounting then names who opened
the pack their sheet was in. The numbers of an opened pack become due, and a form that was printed
for somebody is known to be theirs. The same text again is taken once. A line is what somebody typed
on a PC without a log-in: whoever has the ward's key proves the chain (`openings.read_lines`); marks
are kept, so that this can be done later.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from chartkeep.continuity.forms import FormNumber, read_number
from chartkeep.continuity.numbers import Hold, Stand, number_id, put_number
from chartkeep.continuity.openings import PackLine, salt_of
from chartkeep.continuity.registry import OLDEST_PACK, Batch, batch_name, list_batches, make_due
from chartkeep.custody.paper import Kind, Opening, keep_openings
from chartkeep.errors import BadInputError
from chartkeep.model import Millis

MOST_BYTES, MOST_LINES = 8 << 20, 20_000
_ROW = re.compile(r"([0-9a-f]{16}) (\{.*\})")
_ACTS = frozenset({"opened", "printed", "form"})
_LONGEST_NAME = 60
_line = msgspec.json.Decoder(PackLine)


class Taken(NamedTuple):
    """What a text brought: lines, those that are new, packs that had numbers, and unknown ones."""

    lines: int
    new: int
    packs: int
    unknown: int


def read_openings(text: str, by: str) -> list[Opening]:
    """Read an exported text, unproved. Raises BadInputError, naming the line."""
    salt = salt_of(text).hex()
    rows = text[:MOST_BYTES].replace("\r\n", "\n").strip().split("\n")[1:]
    if len(text) > MOST_BYTES or len(rows) > MOST_LINES:
        raise BadInputError("the text is too long", hint="hand in one PC's at a time")
    return [_read(salt, place, row, by) for place, row in enumerate(rows, 1)]


def take_openings(text: str, by: str, hold: Hold) -> Taken:
    """Take an exported text in: durable on return, and once however often it comes."""
    openings = read_openings(text, by)
    new = keep_openings(openings, hold.writes)
    opened = {each.pack for each in openings}
    if not openings:
        return Taken(0, 0, 0, 0)
    since = Millis(max(min(each.at for each in openings) - OLDEST_PACK, 0))
    every = list_batches((Kind.GIVEN, Kind.DUE, Kind.CLOSED), hold, since)
    mine = [batch for batch in every if _pack(batch.said.pack) in opened]
    for batch in mine:
        make_due(batch, "somebody opened the pack", hold.writes)
    _know_printed(openings, {batch.said.name: batch for batch in every}, hold)
    known = {_pack(batch.said.pack) for batch in mine}
    return Taken(len(openings), new, len(known), len(opened - known))


def _know_printed(openings: list[Opening], known: Mapping[str, Batch], hold: Hold) -> None:
    """Say of forms that were printed for whom; of those something was said about, nothing."""
    printed: dict[FormNumber, Opening] = {}
    for each in openings:
        if each.act != "form":
            continue
        number = read_number(each.number)
        batch = known.get(batch_name(number.batch))
        if batch is not None and number in set(batch.said.numbers()):
            printed.setdefault(number, each)
    heads = hold.reads.heads([number_id(number, hold.reads) for number in printed])
    for (number, each), head in zip(printed.items(), heads, strict=True):
        if not head.version:
            said = Stand(number=str(number), state="printed", by=each.who, printed=each.chart)
            put_number(number, Kind.PRINTED, said, 0, hold.writes)


def _read(salt: str, place: int, row: str, by: str) -> Opening:
    try:
        mark, told = _ROW.fullmatch(row).groups()  # type: ignore[union-attr]
        line = _line.decode(told)
        number = str(read_number(line.number)) if line.act == "form" else ""
        chart = str(UUID(line.chart)) if line.chart else ""
    except (AttributeError, ValueError, msgspec.MsgspecError, BadInputError) as error:
        raise _none(place) from error
    if line.act not in _ACTS or not 0 <= line.count < 1 << 20:
        raise _none(place)
    who = "".join(sign for sign in line.who[:_LONGEST_NAME] if sign.isprintable())
    return Opening(
        salt=salt, mark=mark, at=line.at, who=who, pack=_pack(line.pack), act=line.act,
        number=number, chart=chart, count=line.count, by=by,
    )  # fmt: skip


def _none(place: int) -> BadInputError:
    return BadInputError(f"line {place} of the text is none", hint="save it again")


def _pack(text: str) -> str:
    """Write a pack's id one way, whichever way it came; what is none stays as it is."""
    try:
        return str(UUID(text))
    except ValueError:
        return text
