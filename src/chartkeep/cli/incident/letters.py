"""`chartkeep incident letters …`: made under a grant, shown, printed, and what became of them."""

from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, open_desk, put, who
from chartkeep.cli.options import HomeOption, console, read_hex
from chartkeep.cli.progress import working
from chartkeep.cli.sessions import kept_session
from chartkeep.custody.house import House
from chartkeep.custody.release import Look
from chartkeep.errors import BadInputError, RefusedError
from chartkeep.incident.case.case import open_case
from chartkeep.incident.case.events import Handed
from chartkeep.incident.counted import many
from chartkeep.incident.notify import making
from chartkeep.incident.notify.answering import say_made, today
from chartkeep.incident.notify.batch import read_batch
from chartkeep.incident.notify.code import read_code
from chartkeep.incident.notify.delivery import TURN, State
from chartkeep.incident.notify.estimated import concerned, without_letter
from chartkeep.incident.notify.fonts import Fonts
from chartkeep.incident.notify.making import Asked, Report, make_letters
from chartkeep.incident.notify.notice import Notice, read_notice
from chartkeep.incident.notify.register import open_register
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Purpose, Section, to_id
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now

NoticeOption = Annotated[
    Path, typer.Option(help="What the hospital says in its letters (docs/incident/notify.md).")
]

BY_HAND = (
    State.POSTED, State.MAILED, State.HANDED, State.RECEIVED, State.TOLD, State.RETURNED,
    State.PUBLIC, State.NO_ADDRESS,
)  # fmt: skip
"""What a person may say became of a letter; the others follow from what is done here."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    letters = typer.Typer(no_args_is_help=True, help="Letters to the people concerned.")
    for command in (make, show, print_, move):
        letters.command(command.__name__.rstrip("_"))(command)
    app.add_typer(letters, name="letters")


def make(
    home: HomeOption,
    desk: DeskOption,
    case: CaseOption,
    notice: NoticeOption,
    grant: Annotated[str, typer.Option(help="The grant of two, for the section identity.")],
    font: Annotated[Path | None, typer.Option(help="A TrueType font to embed.")] = None,
    agreed: Annotated[
        Path | None, typer.Option(help="Charts whose person agreed to e-mail, a line each.")
    ] = None,
    again: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--again", help="Also what came back or could not be made.")
    ] = False,
    more: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--more", help="Also whose letter said less than is known now.")
    ] = False,
    key_file: KeyOption = None,
) -> None:
    """Make the letters of the estimates of a case; goes on where it ended."""
    opened = open_desk(desk, key_file)
    mine = open_case(opened, case, who(), now)
    found, raw = concerned(mine), notice.read_bytes()
    people = len({each.chart for each in found.affected})
    words = read_notice(raw)
    house, look = _look(Home(home), case, read_hex(grant, "grant"))
    at = making.Desk(mine, open_register(opened, case, who(), now), look, house, Fonts(font))
    with working("making letters") as tell:
        report = make_letters(
            Asked(found.affected, _charts(agreed), again, more),
            today(words, now()),
            at,
            lambda done: tell(f"{done:,} of {people:,} letters", done, people),
        )
    _tell(report, found.sealed, words)
    say_made(mine, at.register, found.version, raw)


def show(
    desk: DeskOption,
    case: CaseOption,
    state: Annotated[str, typer.Option(help="List the codes in this state alone.")] = "",
    key_file: KeyOption = None,
) -> None:
    """Say how many letters stand where, and whose turn it is."""
    opened = open_desk(desk, key_file)
    found = open_register(opened, case, who(), now)
    if state:
        wanted = _state(state)
        for code, there in found.states.items():
            if there is wanted:
                typer.echo(code)
        return
    table = Table("letters", "state", "next", box=None, pad_edge=False)
    for each, count in found.counts().items():
        if count:
            table.add_row(f"{count:,}", each.value, TURN.get(each, ""))
    console.print(table)
    console.print(
        f"{many(len(found.batches), 'batch', 'batches')}, {many(len(found.calls), 'call')}"
    )
    if missing := without_letter(open_case(opened, case, who(), now), found):
        console.print(
            f"[bold red]no letter yet[/]: {many(missing, 'person', 'people')}: letters make"
        )


def print_(
    desk: DeskOption,
    case: CaseOption,
    batch: Annotated[int, typer.Argument(help="The batch's number.")],
    out: Annotated[Path, typer.Option("--to", help="A folder: PDF, list and e-mails, in clear.")],
    whom: Annotated[str, typer.Option(help="Who prints it.")],
    key_file: KeyOption = None,
) -> None:
    """Write a batch out for the printer; the case says to whom, and its letters are printed."""
    opened = open_desk(desk, key_file)
    mine, found = open_case(opened, case, who(), now), open_register(opened, case, who(), now)
    codes = found.of_batch(batch, State.PRINTED)
    file = found.batches[batch].file
    if not file:
        raise RefusedError("no letter of this batch could be made", hint="see letters show")
    into = BytesIO()
    mine.read(file, into.write)
    content = read_batch(into.getvalue())
    # Written down first: whoever may have the paper stands in the case, whatever fails then.
    mine.add(Handed(f"letters, batch {batch}", whom, "to print"), evidence=[file])
    if content.pdf:
        put(out / f"letters-{batch}.pdf", content.pdf)
        put(out / f"letters-{batch}.csv", content.csv)
    for number, mail in enumerate(content.mails, 1):
        put(out / f"letters-{batch}-{number}.eml", mail)
    found.move(codes, State.PRINTED, whom)
    console.print(
        f"batch {batch} lies in {out} in clear: delete it when it is printed", soft_wrap=True
    )


def move(
    desk: DeskOption,
    case: CaseOption,
    state: Annotated[str, typer.Argument(help='As posted, "came back", "handed over".')],
    codes: Annotated[list[str] | None, typer.Argument(help="Letters' codes.")] = None,
    batch: Annotated[int, typer.Option(help="All of this batch that may.")] = 0,
    why: Annotated[str, typer.Option(help="In words.")] = "",
    key_file: KeyOption = None,
) -> None:
    """Say what became of letters."""
    found, wanted = open_register(open_desk(desk, key_file), case, who(), now), _state(state)
    if wanted not in BY_HAND:
        names = ", ".join(each.value for each in BY_HAND)
        raise RefusedError("nobody says that of a letter by hand", hint=f"one of {names}")
    named = [read_code(code) for code in codes or []]
    if batch:
        named += found.of_batch(batch, wanted)
    if not named:
        raise BadInputError("no letter is named", hint="give codes, or --batch")
    console.print(f"{wanted.value}: {many(found.move(named, wanted, why), 'letter')}")


def _look(home: Home, case: str, grant: bytes) -> tuple[House, Look]:
    kept = kept_session()
    house, token = join(home, kept.instance), bytes.fromhex(kept.token)
    terms = house.keyholder.read_grant(token, grant)
    if not terms.sections & mask(Section.IDENTITY):
        raise RefusedError("this grant opens no identities", hint="ask two for one that does")
    sections, purpose = frozenset({Section.IDENTITY}), Purpose(terms.purpose)
    return house, Look(token, sections, purpose, f"letters of case {case}", grant)


def _tell(report: Report, sealed: int, notice: Notice) -> None:
    for state, count in report.states.items():
        turn = f": {TURN[state]}" if state in TURN else ""
        console.print(f"{count:,} {state.value}{turn}")
    if not report.states:
        console.print("everybody has a letter, or is in a state that says why not")
    if report.left:
        console.print(f"{report.left:,} not yet: the grant is used up, run it again with another")
    if report.short:
        console.print(
            f"{many(report.short, 'letter')} said less than is known now: make them with --more"
        )
    if sealed:
        console.print(
            f"as sealed bytes alone {many(sealed, 'chart')} left: no letter", soft_wrap=True
        )
    for language in notice.unread():
        console.print(f"nobody answers for the text in {language}: it was not used")


def _state(text: str) -> State:
    try:
        return State(text)
    except ValueError as error:
        names = ", ".join(State)
        raise BadInputError(f"no such state: {text}", hint=f"one of {names}") from error


def _charts(file: Path | None) -> frozenset[ChartId]:
    """Read charts' ids, one a line. Raises BadInputError naming the line."""
    found = set()
    for number, line in enumerate(file.read_text().splitlines() if file else [], 1):
        try:
            found.add(ChartId(to_id(line.strip())))
        except ValueError as error:
            raise BadInputError(f"line {number} names no chart", hint="a chart's id") from error
    return frozenset(found)
