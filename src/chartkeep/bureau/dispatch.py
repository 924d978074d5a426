"""What may be asked of the desk: one table of methods and paths (docs/incident/case.md).

Promises that nobody without a live session of a role that audits learns even whether there is a
case; who answers calls learns what to tell a confirmed caller and nothing else. An event is written
in the name of that session's person, and evidence goes out only after the case says to whom. A
stolen session opens no evidence that may name patients, and cannot say what parts of the desk say
and others of them read: the words of the call desk, whom letters go to, what a draft was. What the
desk finds it writes itself, asked by a job (`bureau.asking`).
Decides nothing of a case itself.
"""

from collections.abc import Callable

import msgspec

from chartkeep.bureau import bodies, handing
from chartkeep.bureau.asked import Answer, Asked, read_body, tell
from chartkeep.bureau.asking import Asking
from chartkeep.bureau.outcome import refuse
from chartkeep.bureau.telling import Calls, count_letters
from chartkeep.custody.house import House
from chartkeep.custody.sessions import Sessions
from chartkeep.errors import BadInputError, ChartkeepError, NotAllowedError, NotFoundError
from chartkeep.incident.case.case import Case, Now, case_ids, new_case, open_case
from chartkeep.incident.closing import agree_to as agree_to_event
from chartkeep.incident.closing import close, say_closing
from chartkeep.incident.desk import Desk
from chartkeep.incident.duties.clocks import check_jurisdictions, clocks_of, rules_of
from chartkeep.incident.duties.said import weigh
from chartkeep.incident.jobs.trace import MATCHED
from chartkeep.incident.notify.calling import PAGE, answers_calls
from chartkeep.incident.notify.drafts.sending import say_sent
from chartkeep.incident.trace.remembering import left
from chartkeep.keyholder.protocol import Session
from chartkeep.web.caller import Caller, LoginNeededError, read_caller, write_token


class NotHereError(NotAllowedError):
    """Whoever asks has no business at the desk: the same words for all."""

    def __init__(self) -> None:
        super().__init__(
            "your role does not work at the incident desk", hint="ask the privacy officer"
        )


class Dispatch:
    """Answers every request; it is safe to share between threads: each opens the case anew."""

    def __init__(self, desk: Desk, house: House, clock: Now, asking: Asking) -> None:
        self.desk = desk
        self.clock = clock
        self.house = house
        self.sessions = Sessions(house)
        self._calls = Calls(desk, house, clock)
        self._asking = asking

    def answer(self, asked: Asked) -> Answer:
        """Answer a request; whatever is wrong becomes JSON that says so."""
        try:
            if (asked.method, asked.path) == ("POST", ("login",)):
                return self._log_in(asked)
            kind = tuple("*" if at in {1, 3} else part for at, part in enumerate(asked.path))
            if (asked.method, *kind) == ("POST", "cases", "*", "calls"):
                return self._calls.answer(self._agent(asked), asked)
            caller = self._auditor(asked)
            if kind[:3] == ("cases", "*", "jobs"):
                return self._asking.answer(caller, asked)
            handler = _TABLE.get((asked.method, *kind))
            if handler is None:
                raise NotFoundError("there is no such thing to ask", hint="docs/incident/case.md")
            return handler(self, caller.known.person, asked)
        except ChartkeepError as error:
            return refuse(error)

    def case(self, person: str, asked: Asked) -> Case:
        """Open the case a path names."""
        return open_case(self.desk, asked.path[1], person, self.clock)

    def _log_in(self, asked: Asked) -> Answer:
        who = read_body(asked.body, bodies.LOGIN.decode)
        try:
            session = _session(who, self.house)
        except NotAllowedError as error:
            raise LoginNeededError(str(error), hint=error.hint) from error
        return tell({"token": write_token(session.token), "expires": session.expires}, 201)

    def _auditor(self, asked: Asked) -> Caller:
        caller = read_caller(asked.header, self.sessions)
        if not caller.rights.audit:
            raise NotHereError
        return caller

    def _agent(self, asked: Asked) -> bytes:
        """Give the session of who may answer calls; of a case they learn nothing else."""
        caller = read_caller(asked.header, self.sessions)
        if caller.known.role != PAGE and not answers_calls(caller.known.role):
            raise NotHereError
        return caller.token


def list_cases(door: Dispatch, person: str, _: Asked) -> Answer:
    """List the cases; one that does not open says why."""
    found = []
    for ident in case_ids(door.desk):
        try:
            case = open_case(door.desk, ident, person, door.clock)
            closed = say_closing(case, door.clock())
            told = {"title": case.title, "events": case.book.size, "closed": closed}
            found.append({"id": ident} | told)
        except ChartkeepError as error:
            found.append({"id": ident, "damaged": str(error)})
    cut = [{"bytes": each.size, "last": each.last} for each in left(door.desk.root / MATCHED)]
    desk = {"facility": door.desk.file.facility, "key": door.desk.file.key}
    return tell(desk | {"cases": found, "cut": cut})


def begin_case(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Begin a case."""
    wanted = read_body(asked.body, bodies.BEGINNING.decode)
    check_jurisdictions(wanted.where)
    case = new_case(door.desk, wanted.title, person, door.clock, wanted.where)
    return tell({"id": case.id}, 201)


def list_events(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Give everything written from a number on (`from`), the head, and what stands no more."""
    case = door.case(person, asked)
    events = case.events()
    first = asked.query.get("from", "0")
    if not first.isdecimal() or len(first) > 9:
        raise BadInputError("from is no number of an event", hint="?from=12")
    shown = [{"line": each.line()} | msgspec.to_builtins(each) for each in events[int(first) :]]
    head, words = case.book.checkpoint.decode(), weigh(case)
    waits = [each.number for each in events if words.waits(each)]
    told = {
        "id": case.id,
        "head": head,
        "superseded": sorted(case.gone),
        "waits": waits,
        "closed": say_closing(case, door.clock()),
        "events": shown,
    }
    return tell(told)


def list_duties(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Give the clocks of a case, the nearest first; `in` asks for one jurisdiction's alone."""
    case, now = door.case(person, asked), door.clock()
    wanted = asked.query.get("in", "")
    found = clocks_of(case, rules_of(case, [wanted] if wanted else ()), now)
    shown = [
        {
            "duty": each.standing.name, "to": each.standing.duty.to, "due": each.standing.due,
            "deadline": each.standing.deadline, "met": each.met, "stands": each.says(now),
            "law": each.standing.rule.law, "stale": each.standing.stale,
        }
        for each in found
    ]  # fmt: skip
    return tell({"duties": shown})


def note_sent(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Write down that a draft went out, or that the persons were told: a clock ends."""
    wanted = read_body(asked.body, bodies.SENDING.decode)
    case, now = door.case(person, asked), door.clock()
    at = now if wanted.when is None else wanted.when
    sent = say_sent(case, wanted.duty, wanted.to, at, now)
    return tell({"sent": sent.what, "due": sent.due, "late": sent.late}, 201)


def write_event(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Write an event."""
    wanted = read_body(asked.body, bodies.SAYING.decode)
    case = door.case(person, asked)
    number = case.add(wanted.what, supersedes=wanted.supersedes, evidence=wanted.evidence)
    return tell({"number": number}, 201)


def agree_to(door: Dispatch, _: str, asked: Asked) -> Answer:
    """Agree to an event in the caller's own session; it counts when a second person has."""
    known, number = read_caller(asked.header, door.sessions), asked.path[3]
    if not number.isdecimal() or len(number) > 9:
        raise BadInputError("this is no number of an event", hint="POST …/events/7/agreement")
    case = door.case(known.known.person, asked)
    people = agree_to_event(case, int(number), door.house, known.token, door.clock())
    return tell({"agreed": people}, 202 if people is None else 201)


def close_case(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Ask that the case is closed; gives the number of what two people agree to."""
    wanted = read_body(asked.body, bodies.ENDING.decode)
    case = door.case(person, asked)
    number = close(case, wanted.why, door.clock(), despite=wanted.despite)
    return tell({"number": number}, 201)


def keep_evidence(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Keep the request's body as evidence; `what` says what it is, `from` whence."""
    what = asked.query.get("what", "")
    if not what or not asked.body:
        raise BadInputError("evidence is bytes, and what they are", hint="POST …?what=the VPN log")
    case = door.case(person, asked)
    people = asked.query.get("names", "somebody") != "nobody"
    source = asked.query.get("from", "")
    return tell({"sha256": case.keep(asked.body, what, origin=source, people=people)}, 201)


def give_evidence(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Give a piece of evidence."""
    return handing.give_evidence(door.case(person, asked), asked)


def give_bag(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Give a bag of the case."""
    return handing.give_bag(door.case(person, asked), asked, door.clock())


def give_stix(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Give the case for a cyber agency."""
    return handing.give_stix(door.case(person, asked), asked)


def list_letters(door: Dispatch, person: str, asked: Asked) -> Answer:
    """Say how far a case's letters are."""
    return count_letters(door.desk, person, door.clock, asked)


def _session(who: bodies.Login, house: House) -> Session:
    if who.assertion:
        return house.keyholder.login_program(who.assertion)
    return house.keyholder.login(who.person, who.password, who.code)


_TABLE: dict[tuple[str, ...], Callable[[Dispatch, str, Asked], Answer]] = {
    ("GET", "cases"): list_cases,
    ("POST", "cases"): begin_case,
    ("GET", "cases", "*", "events"): list_events,
    ("POST", "cases", "*", "events"): write_event,
    ("GET", "cases", "*", "duties"): list_duties,
    ("POST", "cases", "*", "sent"): note_sent,
    ("POST", "cases", "*", "events", "*", "agreement"): agree_to,
    ("POST", "cases", "*", "closing"): close_case,
    ("POST", "cases", "*", "evidence"): keep_evidence,
    ("GET", "cases", "*", "evidence", "*"): give_evidence,
    ("GET", "cases", "*", "bag"): give_bag,
    ("GET", "cases", "*", "stix"): give_stix,
    ("GET", "cases", "*", "letters"): list_letters,
}
"""Method and path; a star stands for an id."""
