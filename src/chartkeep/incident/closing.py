"""Closing a case: two people say that it is over and why; whatever is written next reopens it.

    close(case, "all were told", now)          # asks; what is open would be named and refused
    agree_to(case, 12, house, token, now)      # each of two people, in their own session
    say_closing(case, now)                     # for whoever looks at the case

Promises that nobody closes a case alone, nor with anything open that the closing does not name: who
agrees, agrees to that list. Nothing ends with it: the book grows on, and clocks run.
"""

from collections.abc import Iterator
from typing import NamedTuple

from chartkeep.custody.house import House
from chartkeep.errors import BadInputError, ChartkeepError, RefusedError
from chartkeep.incident.case.agreement import People, agree, agreed
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Agreed, Closed, Handed, Kept, Task, Written, when
from chartkeep.incident.counted import many
from chartkeep.incident.duties.clocks import clocks_of, rules_of
from chartkeep.incident.duties.said import WAITS, weigh
from chartkeep.incident.notify.delivery import TURN
from chartkeep.incident.notify.estimated import without_letter
from chartkeep.incident.notify.register import open_register
from chartkeep.model import Millis


class Closing(NamedTuple):
    """The closing a case ends with, and who agreed to it; None while nobody else did."""

    number: int
    told: Closed
    people: People | None


def close(case: Case, why: str, now: Millis, *, despite: bool = False) -> int:
    """Ask that a case is closed; gives the number two people agree to.

    Raises RefusedError while something is open, unless it is to be closed `despite` that: then the
    event names it; BadInputError without a reason.
    """
    if not why.strip():
        raise BadInputError("a case is closed for a reason", hint='--why "all were told"')
    found = tuple(still_open(case, now))
    if found and not despite:
        raise RefusedError(
            f"open still: {'; '.join(found)}", hint="--despite names it in what two people agree to"
        )
    return case.add(Closed(why, found))


def agree_to(case: Case, number: int, house: House, token: bytes, now: Millis) -> People | None:
    """Agree to an event, as `agreement.agree`; to a closing, if nothing else is open than it says.

    Raises RefusedError when something is, or when the case went on since.
    """
    asked = [frame for frame, _ in case.standing(Closed) if frame.number == number]
    if asked:
        last = closing(case)
        if last is None or last.number != number:
            raise RefusedError("the case went on since", hint="chartkeep incident close")
        if more := _more(last, case, now):
            raise RefusedError(
                f"open, and not said there: {'; '.join(more)}", hint="chartkeep incident close"
            )
    return agree(case, number, house, token)


def closing(case: Case) -> Closing | None:
    """Give what closed a case, or asks to; None when anything came after it."""
    asked = case.standing(Closed)
    if not asked:
        return None
    frame, told = asked[-1]
    people = agreed(case).get(frame.number)
    after = case.events()[frame.number + 1 :]
    proofs = {
        digest
        for each in after
        if isinstance(each.what, Agreed) and each.what.to == frame.number
        for digest in each.evidence
    }
    if all(_is_quiet(each, frame.number, proofs) for each in after):
        return Closing(frame.number, told, people)
    return None


def say_closing(case: Case, now: Millis) -> str:
    """Say whether a case is closed, by whom and what was left; nothing of one that is open."""
    last = closing(case)
    if last is None:
        return ""
    if last.people is None:
        return f"closing it (event {last.number}) is {WAITS}"
    at = when(case.events()[last.number].time)
    more = _more(last, case, now)
    since = f"; since then open: {'; '.join(more)}" if more else ""
    return f"closed by {' and '.join(last.people)}, {at}: {last.told.why}{since}"


def still_open(case: Case, now: Millis) -> Iterator[str]:
    """Name what has no end yet: duties, words and tasks that wait for somebody, people, letters."""
    yield from open_duties(case, now)
    yield from open_else(case, now)


def open_duties(case: Case, now: Millis) -> Iterator[str]:
    """Name the duties nobody met that cannot be ruled out, the nearest first."""
    if weigh(case).aware is None:
        yield "nobody is said to have become aware"
        return
    for running in clocks_of(case, rules_of(case), now):
        if running.met is None:
            one = running.standing
            yield f"{one.name} to {', '.join(one.duty.to)} {one.holds.value}"


def open_else(case: Case, now: Millis) -> Iterator[str]:
    """Name what else has no end: words and tasks that wait, people without a letter, letters."""
    said = weigh(case)
    waiting = [each for each in case.events() if said.waits(each)]
    yield from (
        f"event {each.number} is {WAITS}" for each in waiting if not isinstance(each.what, Closed)
    )
    tasks = sum(not task.done for _, task in case.standing(Task))
    if tasks:
        yield f"{many(tasks, 'task')} to do"
    try:
        yield from _open_letters(case, now)
    except ChartkeepError as error:  # what nobody can say has no end either
        yield f"the letters cannot be read: {error}"


def _open_letters(case: Case, now: Millis) -> Iterator[str]:
    letters = open_register(case.desk, case.id, case.by, lambda: now)
    if missing := without_letter(case, letters):
        yield f"{many(missing, 'person', 'people')} without a letter: letters make"
    for state, count in letters.counts().items():
        if count and state in TURN:
            yield f"{many(count, 'letter')} {state.value}: {TURN[state]}"


def _more(last: Closing, case: Case, now: Millis) -> list[str]:
    """Name what is open and was not said to be."""
    return [each for each in still_open(case, now) if each not in last.told.open]


def _is_quiet(event: Written, closing: int, proofs: set[str]) -> bool:
    """Say whether an event belongs to a closing, or to handing out what was closed."""
    match event.what:
        case Agreed(to=to):
            return to == closing
        case Kept(sha256=digest):
            return digest in proofs
        case _:
            return isinstance(event.what, Handed)
