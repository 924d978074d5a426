"""Two people's word on an event: a line of the keyholder's ledger, its proof kept in the case.

    agree(case, 7, house, dewis_token)    # None: a second person is asked, at the keyholder
    agree(case, 7, house, gitas_token)    # the line both stand in; its proof is evidence now

Promises that nobody makes two of one: the keyholder knows the people from their own sessions, and
what `agreed` counts is proved under the ledger's key, whoever wrote it into the case. What they
agree to is the event's entry in this case's book, and no other's.
"""

from io import BytesIO

import msgspec

from chartkeep.custody.house import House
from chartkeep.custody.lines import Window
from chartkeep.errors import BadInputError, ChartkeepError, RefusedError, UnknownFormatError
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Agreed
from chartkeep.keyholder import details
from chartkeep.keyholder.actions import Vouch
from chartkeep.ledger.body import Whole
from chartkeep.ledger.note import VerifierKey
from chartkeep.ledger.proof import Proof

People = tuple[str, str]


def agree(case: Case, number: int, house: House, token: bytes) -> People | None:
    """Agree to an event as a session's person; None while a second person is asked.

    Raises BadInputError when there is no such event, NotAllowedError for the same person again or
    a role that agrees to nothing, RefusedError for a desk that does not know the ledger's key.
    """
    case.refresh()
    if not 0 < number < case.book.size:
        raise BadInputError(f"there is no event {number}", hint="chartkeep incident show")
    log = _log(case)
    if (there := agreed(case).get(number)) is not None:
        return there
    entry, keyholder = case.book.entries[number], house.keyholder
    waiting = [each for each in keyholder.proposals(token) if each.vouched == entry]
    if not waiting:
        keyholder.act(token, Vouch(entry))
        return None
    # Read first, since somebody else's may be among them: the keyholder refuses one's own.
    known = keyholder.who_is(token).person
    other = next((each for each in waiting if each.person != known), waiting[0])
    line = keyholder.approve(token, other.proposal).line
    return _keep(case, number, _prove(house, log, token, line))


def agreed(case: Case) -> dict[int, People]:
    """Give the events two people agreed to, by number: those whose proof holds, and no others."""
    found = {}
    for frame, each in case.standing(Agreed):
        try:
            found[each.to] = _people(case, each.to, frame.evidence)
        except ChartkeepError:
            continue  # forged, or damaged: nobody agreed until somebody shows it
    return found


def _log(case: Case) -> VerifierKey:
    if (log := case.desk.log) is None:
        raise RefusedError(
            "this desk does not know the keyholder's ledger", hint="chartkeep incident learn"
        )
    return log


def _prove(house: House, log: VerifierKey, token: bytes, line: int) -> Proof:
    now = house.clock()
    return Window(house.keyholder, log, token, now, now).show(line)


def _keep(case: Case, number: int, proof: Proof) -> People:
    people = read_agreement(proof.raw(), case.book.entries[number], _log(case))
    digest = case.keep(proof.raw(), f"two people agreed to event {number}", people=False)
    case.add(Agreed(number, people), evidence=[digest])
    return people


def _people(case: Case, number: int, evidence: tuple[str, ...]) -> People:
    into = BytesIO()
    case.read(evidence[0] if evidence else "", into.write)
    if not 0 < number < case.book.size:
        raise BadInputError("it agrees to nothing that is there")
    return read_agreement(into.getvalue(), case.book.entries[number], _log(case))


def read_agreement(raw: bytes, entry: bytes, log: VerifierKey) -> People:
    """Check a proof that two people agreed to an entry; gives who.

    Raises UnknownFormatError, LedgerBrokenError when it shows nothing, or something else.
    """
    proof = Proof.parse(raw)
    whole = Whole.parse(proof.extra)
    proof.verify(whole.entry(), log)
    try:
        told = details.unpack(whole.line)
    except msgspec.MsgspecError as error:
        raise UnknownFormatError("the line of an agreement says nothing known here") from error
    first, second = getattr(told, "second", ""), whole.line.person
    agrees = isinstance(told, details.Acted) and told.action == Vouch(entry)
    if whole.line.verb != "act" or not agrees or not first or first == second:
        raise UnknownFormatError("the line is no agreement of two people to this event")
    return first, second
