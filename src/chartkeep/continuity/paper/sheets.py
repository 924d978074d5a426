"""One form from its number to its end: found, begun for one patient, finished.

A number is one patient's from the moment its keying begins, and is entered once. What makes a
number due, void or missing is `registry`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from chartkeep.continuity.downtimes import Downtime, downtime_of, list_downtimes
from chartkeep.continuity.forms import FormNumber
from chartkeep.continuity.numbers import Hold, Stand, check_reason, find_number, put_number
from chartkeep.continuity.registry import Batch, find_batch, make_due, settle_batch
from chartkeep.custody.house import House
from chartkeep.custody.paper import Kept, Kind
from chartkeep.errors import BadInputError, ConflictError
from chartkeep.model import ChartId, to_id, to_text

SEXES = frozenset({"", "female", "male", "other"})


class Sheet(NamedTuple):
    """A form: its number, the pack it was given to, where it stands, its downtime if any.

    `downtimes`: those it can be of, the latest first.
    """

    number: FormNumber
    batch: Batch
    stand: tuple[Kept, Stand] | None
    downtimes: Sequence[Downtime]

    @property
    def state(self) -> str:
        """Say where it stands: open when nothing was said about it."""
        if self.stand is not None:
            return self.stand[1].state
        return self.batch.said.ended or "open"

    @property
    def chart(self) -> ChartId | None:
        """Give whose it is, once that is said."""
        named = self.stand[1].chart if self.stand else ""
        return ChartId(to_id(named)) if named else None

    @property
    def downtime(self) -> Downtime | None:
        """Give the downtime it was written in."""
        named = self.stand[1].downtime if self.stand else ""
        return next((each for each in self.downtimes if each.ident == named), None)

    @property
    def sex(self) -> str:
        """Give what the form says, empty when it does not."""
        return self.stand[1].sex if self.stand else ""

    @property
    def is_anothers(self) -> bool:
        """Say whether a ward's PC printed it for another patient than it is keyed for."""
        stand = self.stand[1] if self.stand else None
        return stand is not None and bool(stand.printed) and stand.printed != stand.chart

    @property
    def turned_up(self) -> bool:
        """Say whether it was void or missing before its keying began."""
        return self.batch.said.ended is not None or bool(self.stand and self.stand[1].was)


def find_sheet(number: FormNumber, hold: Hold) -> Sheet:
    """Find a form by its number. Raises NotFoundError for one nobody gave out here."""
    batch, stand = find_batch(number, hold), find_number(number, hold)
    return Sheet(number, batch, stand, downtime_of(batch, list_downtimes(hold)))


def begin(sheet: Sheet, chart: ChartId, downtime: str, sex: str, person: str, house: House) -> None:
    """Begin to key a form for one patient, in one downtime of its ward, or none that is known.

    Raises ConflictError for a form that is another patient's already, or was entered.
    """
    if sex not in SEXES:
        raise BadInputError("sex is none of its choices")
    if downtime and downtime not in {each.ident for each in sheet.downtimes}:
        raise BadInputError("this form can not be of that downtime", hint="choose another")
    if sheet.chart is not None:
        if sheet.chart == chart:
            return
        raise ConflictError(
            "this number is another patient's form", hint="look at the paper, and at its number"
        )
    was, before, printed = "", 0, ""
    if sheet.stand is not None:
        kept, stand = sheet.stand
        before, printed = kept.version, stand.printed
        was = stand.state if stand.state != "printed" else ""
    # 1. Due: from here on the pack's other numbers are asked about, whatever comes next.
    make_due(sheet.batch, "a number of it was typed", house)
    # 2. His: of two who begin with two patients at once the second is told (StaleError).
    said = Stand(
        number=str(sheet.number), state="begun", by=person, chart=to_text(chart),
        downtime=downtime, sex=sex, was=was, printed=printed,
    )  # fmt: skip
    put_number(sheet.number, Kind.BEGUN, said, before, house)


def finish(sheet: Sheet, lines: int, waiting: int, person: str, hold: Hold) -> None:
    """Say that all lines of a form are keyed: its number is entered.

    Raises ConflictError while lines wait, or when none was filed.
    """
    if sheet.stand is None or sheet.state != "begun":
        raise ConflictError("the keying of this number has not begun, or has ended")
    if waiting:
        raise ConflictError(
            f"{waiting} lines of this form wait", hint="key, choose, file or drop them first"
        )
    if not lines:
        raise ConflictError("nothing of this form was filed", hint="say that it is void, and why")
    kept, stand = sheet.stand
    said = replace(stand, state="entered", by=person, lines=lines)
    put_number(sheet.number, Kind.ENDED, said, kept.version, hold.writes)
    settle_batch(sheet.batch.said, person, hold)


def give_up(sheet: Sheet, lines: int, waiting: int, reason: str, person: str, hold: Hold) -> None:
    """Say that a form whose keying began is void: it was another patient's, or blank.

    Raises ConflictError when lines of it were filed, or wait: those are that patient's.
    """
    check_reason(reason)
    if sheet.stand is None or sheet.state != "begun":
        raise ConflictError("the keying of this number has not begun, or has ended")
    if lines or waiting:
        raise ConflictError("lines of this form are in the chart, or wait", hint="finish it")
    kept, stand = sheet.stand
    said = replace(
        stand, state="void", by=person, reason=reason.strip(), chart="", downtime="", sex=""
    )
    put_number(sheet.number, Kind.ENDED, said, kept.version, hold.writes)
    settle_batch(sheet.batch.said, person, hold)
