"""The house's one secret, which opens only under a grant of two people, each time with a line.

    key = put(secret, writer)                    # nobody's yet
    house.keyholder.act(token, SetSafe(key))     # two people: this is what lies in the safe
    key, secret = take(safe_look(token, grant, "trace"), house)

It lies sealed in the facility's section `safe`, which no role opens, under a key of its own. Who
may write there may write anything: what counts is the key two people named, and the keyholder
opens no other, neither what a stolen writer put there nor what lay there before.
"""

from typing import Final, NamedTuple

from chartkeep.custody.deposit import deposit_own
from chartkeep.custody.draft import Draft
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.house import House
from chartkeep.custody.opening import Chart, open_all, sort_entries
from chartkeep.custody.release import Look, keys_of, sort_wraps
from chartkeep.errors import DamagedError, NotAllowedError, NotFoundError
from chartkeep.keyholder.protocol import ChartWraps, OpenKeys
from chartkeep.model import EntryId, KeyId, Purpose, Section
from chartkeep.sealing.entry import EntryHeader
from chartkeep.sealing.keys import fresh_id
from chartkeep.store.client import PAGE
from chartkeep.store.protocol import Read

KIND: Final = "Secret"
SOURCE: Final = "safe"
HOW: Final = (
    "two privacy officers: chartkeep grant NAME --charts 1 --section safe --purpose HSYSADMIN "
    "--until …, then chartkeep approve"
)
"""How a grant that opens the safe is come by."""


class Taken(NamedTuple):
    """What lay in the safe, and the key that names it."""

    key: KeyId
    secret: bytes

    def __repr__(self) -> str:
        return f"<Taken {self.key.hex()}>"


def safe_look(token: bytes, grant: bytes, reason: str, how: str = HOW) -> Look:
    """Make the look that opens the safe, and nothing else. Raises NotAllowedError without grant.

    `how`: the grant whoever asks needs is come by, where it carries more than the safe.
    """
    if not grant:
        raise NotAllowedError("this opens only under a grant of two people", hint=how)
    return Look(token, frozenset({Section.SAFE}), Purpose.AUDIT, reason, grant)


def put(secret: bytes, house: House) -> KeyId:
    """Keep a secret under a key of its own; durable when this returns, and nothing was opened.

    `house` is a hold that may note (`join(home, "incident")`). It counts when two people say so.
    """
    key, ident, now = house.fresh_key(house.chart, Section.SAFE), EntryId(fresh_id()), house.clock()
    content = house.content(ident, secret)
    draft = Draft(ident, 1, KIND, Section.SAFE, Envelope(SOURCE, ""), secret, content, now)
    deposit_own(draft, house, key=key)
    return key.key.key_id


def take(look: Look, house: House, how: str = HOW) -> Taken:
    """Open what two people put into the safe: one line, written before anything opens.

    Raises NotFoundError for nothing, NotAllowedError when the grant does not hold or carry this,
    DamagedError.
    """
    key = KeyId(house.keyholder.status().safe)
    headers, wraps = _find(key, look, house) if key else ({}, {})
    if not headers:
        raise NotFoundError("nothing lies in the safe", hint="chartkeep incident rekey")
    answer = house.keyholder.open_keys(
        OpenKeys(
            look.token, look.purpose, look.reason, look.grant,
            [ChartWraps(house.chart, look.mask, list(wraps))],
        )
    )  # fmt: skip
    try:
        keys = keys_of(wraps.values(), answer.charts[0])
    except NotAllowedError as error:
        raise NotAllowedError(str(error), hint=how) from error
    opened, _ = open_all(headers, keys)
    for entry in opened.values():
        return Taken(key, entry.raw)
    raise DamagedError("what lies in the safe does not open")


def _find(
    key: KeyId, look: Look, house: House
) -> tuple[dict[bytes, EntryHeader], dict[bytes, KeyId]]:
    """Read the sealed entry under a key, with its wrap, among whatever else was written there."""
    after = 0
    while True:
        page = house.store.page(Read(house.chart, [Section.SAFE], [KIND], [], True, after, PAGE))
        found = sort_entries(page.entries, Chart(house.facility, house.chart)).headers
        headers = {sealed: head for sealed, head in found.items() if head.key_id == key}
        if headers or not page.more:
            wraps, _ = sort_wraps(page.wraps, house.chart, look, house)
            return headers, {wrap: each for wrap, each in wraps.items() if each == key}
        after = page.more
