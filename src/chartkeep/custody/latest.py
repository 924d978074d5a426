"""The last lines of `releases`, for whoever watches: what goes on, not what is proved.

Asking is a line itself (`audit`). Nothing is held against the signed head here, which would wait
for the witness: `custody.lines` does that, and evidence is taken from there.
"""

from typing import NamedTuple

from chartkeep.custody.house import House
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import Line
from chartkeep.sealing.lines import BUNDLE_LINES, BundleKey, open_body


class Latest(NamedTuple):
    """A line and its place in the ledger."""

    at: int
    line: Line


def latest_lines(house: House, token: bytes, count: int) -> list[Latest]:
    """Give the newest lines, newest first. Raises NotAllowedError for a role that audits not."""
    now = house.clock()
    given = house.keyholder.open_lines(token, now, now)
    oldest = given.first // BUNDLE_LINES
    found = []
    for index, sealed in house.keyholder.lines(max(given.first, given.end - count), given.end):
        bundle = index // BUNDLE_LINES
        key = BundleKey(given.origin, bundle, given.keys[bundle - oldest])
        line = Whole.parse(open_body(key, index, sealed.body)).line
        found.append(Latest(index, line))
    return found[::-1]
