"""The privacy officer's page: who broke the glass, who is logged in, what is frozen, what goes on.

Every act is a line. The live lines are asked for only when somebody wants to see them, since each
asking is a line too; they end by themselves after some minutes.
"""

from collections.abc import Callable
from typing import NamedTuple

from chartkeep.console.asked import Answer, Asked, Fields, first, go_to
from chartkeep.console.desk import Desk
from chartkeep.console.pages import page
from chartkeep.console.visitor import Visitor
from chartkeep.custody.latest import latest_lines
from chartkeep.errors import BadInputError, NotAllowedError, NotFoundError
from chartkeep.incident.happening import SUCCESS, Happening, of_line
from chartkeep.keyholder import actions
from chartkeep.keyholder.actions import Actions
from chartkeep.ledger.line import mask_sections
from chartkeep.model import ID_BYTES, to_text

LOOKED_THROUGH, SHOWN = 300, 40
EVERY, TIMES = 10, 60
"""Seconds between two looks at the live lines, and how many there are: ten minutes."""
ONE_LIST = 2_000
"""Milliseconds within which neighbouring names belong to one list."""
SHORTEST_WORDS, LONGEST_WORDS = 8, 500
_TOLD = frozenset({"release", "search", "login", "logout", "act", "propose", "alarm", "gap"})
SAID = {
    "done": "Done, and written down", "second": "It waits for a second person",
}  # fmt: skip
SCOPES = ("session", "person", "instance", "site")


class Told(NamedTuple):
    """A line as the page shows it; `line` to `last` when they are the names of one list."""

    line: int
    last: int
    charts: int
    time: int
    verb: str
    refused: bool
    person: str
    instance: str
    chart: str
    sections: list[str]
    purpose: str
    more: str


def show_desk(desk: Desk, visitor: Visitor, asked: Asked) -> Answer:
    """Draw the page."""
    _check(visitor)
    keyholder, token = desk.house.keyholder, visitor.token
    status = keyholder.status()
    reviews = [
        (each, to_text(each.chart), _names(each.sections)) for each in keyholder.reviews(token)
    ]
    frozen = [(*each.partition(" ")[::2], each) for each in status.frozen]
    return page(
        "officer.html", visitor.words, visitor, health=status, frozen=frozen, reviews=reviews,
        sessions=keyholder.sessions(token), proposals=keyholder.proposals(token),
        said=SAID.get(first(asked.query, "said"), ""), scopes=SCOPES, every=EVERY, times=TIMES,
        shortest=SHORTEST_WORDS, longest=LONGEST_WORDS, acts=_acts(visitor),
    )  # fmt: skip


def show_part(desk: Desk, visitor: Visitor, asked: Asked, part: str) -> Answer:
    """Draw the newest lines, which ask for the next by themselves while `left` lasts."""
    _check(visitor)
    if part != "lines":
        raise NotFoundError("there is no such page")
    text = first(asked.query, "left")
    left = min(int(text), TIMES) if text.isdecimal() and len(text) < 4 else 0
    latest = latest_lines(desk.house, visitor.token, LOOKED_THROUGH)
    told = [_told(of_line(each.at, each.line)) for each in latest]
    shown = _joined([each for each in told if each.verb in _TOLD or each.refused])[:SHOWN]
    template = "lines.html" if asked.by_htmx else "lines_page.html"
    return page(
        template, visitor.words, visitor, lines=shown, left=left, every=EVERY,
        now=desk.house.clock(),
    )  # fmt: skip


def act(desk: Desk, visitor: Visitor, asked: Asked, name: str) -> Answer:
    """Do an act, or be its second person."""
    _check(visitor)
    form = asked.form()
    if name == "approve":
        acted = desk.house.keyholder.approve(visitor.token, _id(first(form, "proposal")))
    elif name in ACTS:
        acted = desk.house.keyholder.act(visitor.token, ACTS[name](form))
    else:
        raise NotFoundError("there is no such act")
    return go_to(f"/officer?said={'second' if acted.proposal else 'done'}", asked)


def _review(form: Fields) -> Actions:
    words, line = first(form, "words").strip(), first(form, "line")
    if not SHORTEST_WORDS <= len(words) <= LONGEST_WORDS or not line.isdecimal():
        raise BadInputError(f"say in {SHORTEST_WORDS} to {LONGEST_WORDS} letters what came of it")
    return actions.Review(int(line), words)


def _end(form: Fields) -> Actions:
    return actions.EndSession(_id(first(form, "session")))


def _freeze(form: Fields) -> Actions:
    if first(form, "sure") != "yes":
        raise BadInputError("a freeze must be meant", hint="tick the box")
    return actions.Freeze(*_scope(form))


def _unfreeze(form: Fields) -> Actions:
    return actions.Unfreeze(*_scope(form))


def _scope(form: Fields) -> tuple[str, str]:
    scope, who = first(form, "scope"), first(form, "who").strip()
    if (scope == "site") == bool(who):
        raise BadInputError("name who is frozen", hint="the site alone has no name")
    return scope, who


ACTS: dict[str, Callable[[Fields], Actions]] = {
    "review": _review, "end": _end, "freeze": _freeze, "unfreeze": _unfreeze,
}  # fmt: skip


def _acts(visitor: Visitor) -> set[str]:
    """Say which of the forms this role may use."""
    kinds = {"review": actions.Review, "end": actions.EndSession, "freeze": actions.Freeze,
             "unfreeze": actions.Unfreeze}  # fmt: skip
    return {name for name, kind in kinds.items() if kind in visitor.rights.acts}


def _check(visitor: Visitor) -> None:
    if not visitor.rights.audit:
        raise NotAllowedError("this role watches over nobody", hint="see docs/roles.md")


def _id(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != ID_BYTES:
        raise BadInputError("this is no id of ours")
    return found


def _names(mask: int) -> list[str]:
    return [section.name.lower() for section in mask_sections(mask)]


def _joined(lines: list[Told]) -> list[Told]:
    """Show the names of a patient list, a line each, as one; the newest stay first."""
    joined: list[Told] = []
    for each in lines:
        above = joined[-1] if joined else None
        if above is not None and each.sections == ["face"] and _is_same_list(above, each):
            joined[-1] = above._replace(line=each.line, charts=above.charts + 1)
        else:
            joined.append(each)
    return joined


def _is_same_list(above: Told, each: Told) -> bool:
    same = above._replace(line=0, last=0, charts=0, chart="", time=0)
    near = above.time - each.time < ONE_LIST and above.line == each.line + 1
    return near and same == each._replace(line=0, last=0, charts=0, chart="", time=0)


def _told(each: Happening) -> Told:
    return Told(
        each.line, each.line, 1, each.time, each.verb, each.outcome != SUCCESS, each.person,
        each.instance, to_text(each.chart) if each.chart else "", _names(each.sections),
        each.purpose, each.reason or each.text.rpartition("Error: ")[2],
    )  # fmt: skip
