"""`chartkeep incident new, cases, show, check`: a case begun, listed, read and checked."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import (
    CaseOption,
    DeskOption,
    KeyOption,
    open_desk,
    the_case,
    who,
)
from chartkeep.cli.options import console, plain, show_time
from chartkeep.errors import (
    BadInputError,
    ChartkeepError,
    LedgerBrokenError,
    SealBrokenError,
    UnknownFormatError,
)
from chartkeep.incident.case.anchoring import LETTERS
from chartkeep.incident.case.case import Case, case_ids, new_case, open_case
from chartkeep.incident.case.register import Register
from chartkeep.incident.closing import say_closing
from chartkeep.incident.counted import many
from chartkeep.incident.duties.clocks import check_jurisdictions
from chartkeep.incident.duties.said import WAITS, weigh
from chartkeep.incident.jobs.trace import MATCHED
from chartkeep.incident.overview import overview
from chartkeep.incident.sweep.telling import is_of_sweep
from chartkeep.incident.trace.remembering import left
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(new)
    app.command()(cases)
    app.command()(show)
    app.command()(check)


def new(
    desk: DeskOption,
    title: Annotated[str, typer.Argument(help="What it is called among us.")],
    in_: Annotated[
        list[str] | None, typer.Option("--in", help="A jurisdiction, as JP; repeatable.")
    ] = None,
    key_file: KeyOption = None,
) -> None:
    """Begin a case: a book that only grows, for one incident."""
    check_jurisdictions(in_ or [])
    case = new_case(open_desk(desk, key_file), title, who(), now, in_ or [])
    console.print(case.id, markup=False)


def cases(desk: DeskOption, key_file: KeyOption = None) -> None:
    """List the cases; one that does not open, or is gone, is named, with what is wrong."""
    opened = open_desk(desk, key_file)
    noted = {name.removesuffix(LETTERS) for name in Register(opened).heads()}
    for ident in sorted({*noted, *case_ids(opened)}):
        try:
            case = open_case(opened, ident, who(), now)
            closed = say_closing(case, now())
            line = f"{ident}  {case.title}, {case.book.size} events{closed and f'; {closed}'}"
        except ChartkeepError as error:
            line = f"{ident}  damaged: {error}"
        console.print(line, markup=False, soft_wrap=True)
    for each in left(opened.root / MATCHED):
        console.print(
            f"a trace was cut {show_time(each.last)}, and keeps {each.size:,} sealed bytes: "
            "run it again as it was, or a trace a week later clears them", soft_wrap=True,
        )  # fmt: skip


def show(
    desk: DeskOption,
    case: CaseOption,
    everything: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--all", help="With what was superseded, and every task of a sweep.")
    ] = False,
    key_file: KeyOption = None,
) -> None:
    """Show how a case stands, and what it says now: a line an event, one for all sweeps' tasks."""
    opened = the_case(desk, case, key_file)
    for line in overview(opened, now()):
        console.print(plain(line), style="bold", soft_wrap=True)
    gone = frozenset() if everything else opened.gone
    words, folded = weigh(opened), 0
    for each in opened.events():
        if each.number in gone:
            continue
        if is_of_sweep(each.what) and not everything:
            folded += 1
            continue
        waits = f" ({WAITS})" if words.waits(each) else ""
        console.print(plain(f"{each.line()}{waits}"), soft_wrap=True)
    if folded:
        console.print(f"and {many(folded, 'task')} of sweeps: show --all", highlight=False)


def check(
    desk: DeskOption,
    case: CaseOption,
    head: Annotated[
        Path | None, typer.Option(help="A head kept elsewhere: data/ledger/checkpoint of a bag.")
    ] = None,
    key_file: KeyOption = None,
) -> None:
    """Check every event and every piece of evidence of a case, and that its past is what it was."""
    opened = the_case(desk, case, key_file)
    events = opened.events()
    wrong = [error for digest in opened.kept() if (error := _read(opened, digest))]
    for error in wrong:
        console.print(f"[bold red]damaged[/]: {error}", soft_wrap=True)
    if wrong:
        raise SealBrokenError(
            f"{many(len(wrong), 'piece')} of evidence not whole", hint="bring them from a copy"
        )
    noted = Register(opened.desk).heads().get(opened.id, opened.book.checkpoint)
    follows = opened.book.follows(noted)
    if not (follows and (head is None or _follows_file(opened, head))):
        raise LedgerBrokenError(
            "the case does not follow from an older head: its past was rewritten",
            hint="whoever holds the desk's key file can do this: ask who did",
        )
    console.print(
        f"{many(len(events), 'event')} and {many(len(opened.kept()), 'piece')} of evidence hold"
    )
    _show_closing(opened)
    console.print(opened.book.checkpoint.decode(), markup=False, soft_wrap=True, end="")


def _show_closing(case: Case) -> None:
    if closed := say_closing(case, now()):
        console.print(plain(closed), style="bold", soft_wrap=True)


def _follows_file(case: Case, head: Path) -> bool:
    try:
        return case.book.follows(head.read_bytes())
    except UnknownFormatError as error:
        raise BadInputError(
            f"{head} is no head of a case", hint="data/ledger/checkpoint of a bag"
        ) from error


def _read(case: Case, digest: str) -> str:
    try:
        case.read(digest, lambda _: None)
    except ChartkeepError as error:
        return str(error)
    return ""
