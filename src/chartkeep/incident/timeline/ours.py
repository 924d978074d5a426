"""What the house itself wrote, as events: its lines, its entries, its journal, the vault's alarms.

Pure but for reading the vault's file. A typed reason and what was searched for stay behind.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from chartkeep.incident.happening import SUCCESS, Happening
from chartkeep.incident.timeline.event import HOUSE, MOST_TEXT, REPORTS, VAULT, Event, What
from chartkeep.model import Millis, to_text

KINDS = {
    "login": What.LOGIN,
    "logout": What.LOGOUT,
    "release": What.OPEN,
    "search": What.SEARCH,
    "match": What.SEARCH,
    "same": What.SEARCH,
    "export": What.EXPORT,
    "seal_key": What.WRITE,
    "labels": What.WRITE,
    "create": What.WRITE,
    "update": What.WRITE,
    "patch": What.WRITE,
    "delete": What.WRITE,
    "act": What.ADMIN,
    "propose": What.ADMIN,
    "decoy": What.DECOY,
    "alarm": What.ALARM,
    "gap": What.GAP,
    "pack": What.OPEN,
    "audit": What.SEARCH,
}
LEAVES = "RemovePerson"
"""The act by which somebody leaves, as a line names it."""
LONGEST = 10_000


def of_happening(what: Happening) -> Event:
    """Make an event of what happened in the house."""
    kind = KINDS.get(what.verb, What.OTHER)
    text = what.text
    if kind is What.OPEN and what.grant:
        kind = What.EXPORT
    if what.kind == "pack":
        text = f"pack {what.ident}: {text}"
    return Event(
        what.time, HOUSE, what.id, kind, ok=what.outcome == SUCCESS, host=what.instance.lower(),
        person=what.person.lower(), session=what.session.hex(),
        chart=to_text(what.chart) if what.chart else "", how=what.purpose, program=what.verb,
        text=text[:MOST_TEXT], said=Millis(what.time), line=what.line,
    )  # fmt: skip


def vault_alarms(path: Path) -> Iterator[Event]:
    """Read a vault's `alarms.jsonl`; a line that is none is passed over, as the vault does."""
    with path.open(encoding="utf-8", errors="replace") as file:
        number = 0
        while line := file.readline(LONGEST):
            number += 1
            try:
                told = json.loads(line)
                time, text = int(told["time"]), str(told["alarm"])
            except (ValueError, KeyError, TypeError):
                continue
            yield Event(
                time, VAULT, f"vault:{number}", What.ALARM, host=VAULT, level=3,
                text=text[:MOST_TEXT], said=Millis(time),
            )  # fmt: skip


def of_report(number: int, time: int, text: str) -> Event:
    """Make an event of a tip-off, or a report of misuse, that a case took in as event `number`."""
    return Event(
        time, REPORTS, f"case:{number}", What.REPORT, text=text[:MOST_TEXT], said=Millis(time)
    )
