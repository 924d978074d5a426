"""One shift on paper: a pack opened with the envelope's code, forms written, and keyed back in.

What is keyed goes the road of the console's page: the form found by its number, begun for one
patient, medication twice, the number ended.
"""

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from chartkeep.continuity.downtimes import Downtime, declare
from chartkeep.continuity.forms import FormKind, FormNumber
from chartkeep.continuity.numbers import Hold
from chartkeep.continuity.paper.keying import Policy, file_held, key_line
from chartkeep.continuity.paper.lines import KEYED_TWICE, LineKind
from chartkeep.continuity.paper.opening import open_desk
from chartkeep.continuity.paper.sheets import begin, find_sheet, finish
from chartkeep.continuity.registry import close_batch, list_batches, unreconciled
from chartkeep.continuity.ward import WardPack
from chartkeep.custody.charts import Charts
from chartkeep.custody.paper import Kind
from chartkeep.custody.release import Look
from chartkeep.errors import NotFoundError
from chartkeep.model import ChartId, Millis, Purpose, to_id
from chartkeep.sealing.pack import open_pack, pack_key

_SEALED = re.compile(rb'id="pack">([^<]+)<')
_GIVEN = {"medicine": "Paracetamol 500 mg", "dose": "1000 mg", "route": "oral", "done": "given"}


class Written(NamedTuple):
    """A line on a paper form."""

    number: FormNumber
    chart: ChartId
    kind: LineKind
    typed: Mapping[str, str]


def read_pack(path: Path, code: str) -> WardPack:
    """Open a pack's file with the code from the envelope; no process of the house is asked."""
    found = _SEALED.search(path.read_bytes())
    if found is None:
        raise NotFoundError("this page holds no pack")
    sealed = b64decode(found[1])
    return msgspec.json.decode(open_pack(sealed, pack_key(sealed, code)), type=WardPack)


def write_forms(pack: WardPack, now: Millis) -> list[Written]:
    """Write a shift's paper: vital signs of everybody, a medicine given to every third."""
    numbers = {each.kind: each.numbers() for each in pack.forms}
    at = datetime.fromtimestamp(now / 1000, UTC)
    when = {"date": at.date().isoformat(), "time": f"{at:%H:%M}", "author": "M. Sato"}
    written = []
    for bed, sheet in enumerate(pack.sheets):
        chart = ChartId(to_id(sheet.chart))
        vitals = {"pulse": str(70 + bed), "temperature": "36.9", "saturation": "97"}
        number = next(numbers[FormKind.VITALS])
        written.append(Written(number, chart, LineKind.VITALS, when | vitals))
        if bed % 3 == 0:
            number = next(numbers[FormKind.MEDICATION])
            written.append(Written(number, chart, LineKind.GIVEN, when | _GIVEN))
    return written


class Entered(NamedTuple):
    """What came of the paper: forms entered, lines a person had to decide, packs still open."""

    forms: int
    held: int
    open: int


def enter_paper(
    written: Sequence[Written], ward: str, began: Millis, ended: Millis, person: str, hold: Hold
) -> Entered:
    """Key a shift's paper back in, and end every number that was given out."""
    downtime = declare([ward], began, ended, "ransomware: the house was restored", person, hold)
    charts, policy = Charts(hold.reads), Policy(UTC)
    held = sum(_enter(each, downtime, (person, hold, charts, policy)) for each in written)
    for batch in list_batches((Kind.GIVEN, Kind.DUE), hold):
        close_batch(
            batch, "void", "blank: counted on the ward after the shift", person, hold.writes
        )
    return Entered(len(written), held, unreconciled(hold.reads).batches)


def _enter(one: Written, downtime: Downtime, desk: tuple[str, Hold, Charts, Policy]) -> int:
    """Key one form; gives 1 when the chart contradicted it and a person decided."""
    person, hold, charts, policy = desk
    begin(find_sheet(one.number, hold), one.chart, downtime.ident, "", person, hold.writes)
    look = Look(hold.token, frozenset(), Purpose.TREATMENT)
    held = 0
    for _ in range(1 + (one.kind in KEYED_TWICE)):
        seen = open_desk(find_sheet(one.number, hold), look, person, charts, policy)
        line = key_line(seen.desk, 1, one.kind.value, one.typed, hold.writes)
        held = int(line.state == "held")
    if held:
        seen = open_desk(find_sheet(one.number, hold), look, person, charts, policy)
        file_held(seen.desk, 1, "the ward's doctor looked at both and confirmed it", hold.writes)
    finish(find_sheet(one.number, hold), 1, 0, person, hold)
    return held
