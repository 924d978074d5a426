"""An estimate as a desk's officer asks for it: of suspects, and of files that were taken."""

from collections.abc import Iterable
from typing import NamedTuple

from chartkeep.custody.exports import read_order
from chartkeep.custody.house import House
from chartkeep.custody.paper import paper_look
from chartkeep.errors import RefusedError
from chartkeep.incident.desk import Desk
from chartkeep.incident.estimate.asking import ask, is_known
from chartkeep.incident.estimate.estimate import Estimate
from chartkeep.incident.estimate.files import Taken, look_up
from chartkeep.incident.estimate.filling import Told, fill
from chartkeep.incident.estimate.joining import join_files
from chartkeep.incident.estimate.keeping import open_columns
from chartkeep.incident.estimate.kinds import Use, uses
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.ledger.note import VerifierKey
from chartkeep.model import EntryId, Millis


class Officer(NamedTuple):
    """Who asks: at which desk, of which house and ledger, in which session of an auditor's."""

    desk: Desk
    house: House
    log: VerifierKey
    token: bytes


class Answer(NamedTuple):
    """An estimate; and the suspects no line of the ledger ever names: perhaps misspelt.

    `used`: of each chart whose key is suspected, who was given keys of it in the window.
    """

    estimate: Estimate
    strange: list[Suspect]
    used: dict[Suspect, list[Use]]


def estimate(
    officer: Officer,
    mix: Iterable[Suspect],
    files: Iterable[Taken],
    window: tuple[int, int],
    now: Millis,
    told: Told = lambda _read, _size: None,
) -> Answer:
    """Say whose charts were exposed to a mix, and to who has these files, in a window.

    Reads first what the ledger has since the desk was asked last; `told` hears how far it is.
    Raises RefusedError for no suspect at all.
    """
    files = list(files)
    charts: dict[bytes, int] = {}
    whole: set[Kind] = set()
    unknown: list[str] = []
    for each in look_up(files, officer.house):
        for chart, mask in each.charts.items():
            charts[chart] = charts.get(chart, 0) | mask
        whole |= {each.whole} if each.whole is not None else set()
        unknown += [f"{each.name}: {each.unknown}"] if each.unknown else []
    suspects = (*mix, *(Suspect(kind, b"", *window) for kind in sorted(whole)))
    if not suspects and not files:
        raise RefusedError("name whom or what you suspect", hint="--person aiko, or --files LIST")
    with open_columns(officer.desk, officer.log) as columns:
        fill(columns, officer.house, officer.log, officer.token, window[1], told)
        found = ask(columns, suspects, officer.house.facility, now)
        strange = [one for one in suspects if not is_known(columns, one)]
        used = {
            one: list(uses(columns, one.value, one.since, one.until))
            for one in suspects
            if one.kind is Kind.CHART_KEY
        }
    found = join_files(found, charts, window, unknown) if files else found
    return Answer(found, strange, used)


def suspect_export(job: bytes, officer: Officer, until: int) -> Suspect:
    """Find under which grant an export was made, and since when: what was opened under it."""
    order = read_order(EntryId(job), paper_look(officer.token), officer.house)
    return Suspect(Kind.GRANT, order.grant, order.moment, max(until, order.moment + 1))
