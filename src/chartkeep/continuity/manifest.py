"""Which packs were made: whose charts, which sections, under which grant, where until when.

Read from the ledger's own lines (`making`): each opening names its pack, so a packer that lies can
leave no chart out; and from its word that the pack lay in its folders, which it may leave out. A
pack without that word counts as made: its charts were opened.
"""

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

from chartkeep.continuity.making import REASON
from chartkeep.custody.lines import Window
from chartkeep.keyholder import details
from chartkeep.keyholder.budget import Kind
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import Line
from chartkeep.model import Millis, to_text


class Manifest(NamedTuple):
    """One pack: `charts` and what was open of each (bits); times of its first line and its end.

    `ward` and `expires` are the packer's word, empty and 0 when it gave none.
    """

    pack: str
    packer: str
    instance: str
    grant: bytes
    began: Millis
    charts: dict[bytes, int]
    ward: str = ""
    expires: Millis = Millis(0)


Found = dict[str, Manifest]


def list_packs(window: Window, since: int) -> list[Manifest]:
    """List the packs of a window from a time on, oldest first; every line is checked.

    Raises LedgerBrokenError when a line is not what was written, or when one is missing.
    """
    pages = window.read(window.place(since), window.end, find_packs)
    return list(reduce(joined, pages, Found()).values())


def find_packs(lines: Iterable[Whole]) -> Found:
    """Find what these lines say of packs."""
    found: Found = {}
    for whole in lines:
        line = whole.line
        if line.verb == "release":
            told = details.unpack(line)
            if told.kind == Kind.PACK and told.reason.startswith(REASON):
                opened = _made(line, told.reason.removeprefix(REASON), told.grant)
                found = joined(found, {opened.pack: opened})
        elif line.verb == "packed":
            told = details.unpack(line)
            noted = _made(line, to_text(told.pack), told.grant)
            noted = noted._replace(charts={}, ward=told.ward, expires=Millis(told.expires))
            found = joined(found, {noted.pack: noted})
    return found


def _made(line: Line, pack: str, grant: bytes) -> Manifest:
    charts = {line.chart: line.sections} if line.chart else {}
    return Manifest(pack, line.person, line.instance, grant, Millis(line.time), charts)


def joined(first: Found, then: Found) -> Found:
    """Join what earlier lines say with what later ones do."""
    for pack, more in then.items():
        there = first.get(pack)
        if there is None:
            first[pack] = more
            continue
        there.charts.update(
            {chart: there.charts.get(chart, 0) | bits for chart, bits in more.charts.items()}
        )
        first[pack] = there._replace(
            ward=more.ward or there.ward, expires=more.expires or there.expires
        )
    return first
