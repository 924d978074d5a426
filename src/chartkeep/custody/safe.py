"""Small secrets of the house that open only to whom two people gave a grant, each time with a line.

    put("index", secret, writer)
    secret = take("index", safe_look(token, grant, "trace"), house)

They lie sealed in the facility's section `safe`, which no role opens. What was first put under a
name stays what it is: a later version, whoever wrote it, is never given. Promises nothing about
who puts: any program that may note can, so that a name may be taken by somebody else first.
"""

from hashlib import sha256
from typing import Final

from chartkeep.custody.deposit import deposit_own
from chartkeep.custody.draft import Draft
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.house import House
from chartkeep.custody.opening import Chart, open_all, sort_entries
from chartkeep.custody.release import Look, keys_of, sort_wraps
from chartkeep.errors import DamagedError, NotAllowedError, NotFoundError
from chartkeep.keyholder.protocol import ChartWraps, OpenKeys
from chartkeep.model import ID_BYTES, EntryId, Purpose, Section
from chartkeep.store.client import PAGE
from chartkeep.store.protocol import Read

KIND: Final = "Secret"
SOURCE: Final = "safe"
HOW: Final = (
    "two privacy officers: chartkeep grant NAME --charts 1 --section safe --purpose HSYSADMIN "
    "--until …, then chartkeep approve"
)
"""How a grant that opens the safe is come by."""


def safe_look(token: bytes, grant: bytes, reason: str) -> Look:
    """Make the look that opens the safe, and nothing else. Raises NotAllowedError without grant."""
    if not grant:
        raise NotAllowedError("this opens only under a grant of two people", hint=HOW)
    return Look(token, frozenset({Section.SAFE}), Purpose.AUDIT, reason, grant)


def put(name: str, secret: bytes, house: House) -> None:
    """Keep a secret under a name; durable when this returns, and nothing was opened for it.

    `house` is a hold that may note (`join(home, "incident")`). Raises ConflictError when the name
    is taken.
    """
    ident = name_of(name)
    content, now = house.content(ident, secret), house.clock()
    draft = Draft(ident, 1, KIND, Section.SAFE, Envelope(SOURCE, name), secret, content, now)
    deposit_own(draft, house)


def holds(name: str, house: House) -> bool:
    """Say whether something lies under a name: nothing is opened."""
    return house.heads([name_of(name)])[0].version > 0


def take(name: str, look: Look, house: House) -> bytes:
    """Open what lies under a name: one line, written before anything opens.

    Raises NotFoundError for none, NotAllowedError when the grant does not hold or carry this,
    DamagedError.
    """
    ident = name_of(name)
    page = house.store.page(Read(house.chart, [Section.SAFE], [KIND], [ident], True, 0, PAGE))
    headers = sort_entries(page.entries, Chart(house.facility, house.chart)).headers
    first = {s: head for s, head in headers.items() if (head.entry_id, head.version) == (ident, 1)}
    named = {head.key_id for head in first.values()}
    wraps, _ = sort_wraps(page.wraps, house.chart, look, house)
    ids = {wrap: key for wrap, key in wraps.items() if key in named}
    if not ids:
        raise NotFoundError(f"nothing lies in the safe as {name}", hint="it was never put there")
    wanted = ChartWraps(house.chart, look.mask, list(ids))
    answer = house.keyholder.open_keys(
        OpenKeys(look.token, look.purpose, look.reason, look.grant, [wanted])
    )
    try:
        keys = keys_of(ids.values(), answer.charts[0])
    except NotAllowedError as error:
        raise NotAllowedError(str(error), hint=HOW) from error
    opened, _ = open_all(first, keys)
    for entry in opened.values():
        return entry.raw
    raise DamagedError(f"what lies in the safe as {name} does not open")


def name_of(name: str) -> EntryId:
    """Name what lies under a name: not keyed, for who opens has no key to write with."""
    return EntryId(sha256(f"{SOURCE}/{name}".encode()).digest()[:ID_BYTES])
