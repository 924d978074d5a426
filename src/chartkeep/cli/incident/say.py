"""`chartkeep incident aware, know, window, concern, decide, note`: what people say, kept.

Nothing is corrected in place: `--instead 7` writes an event that stands for number 7 from now on.
"""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, the_case
from chartkeep.cli.options import console, read_time
from chartkeep.errors import BadInputError
from chartkeep.incident.case.events import (
    AnyEvent,
    Aware,
    Concern,
    Concerned,
    Decision,
    Known,
    Note,
    Window,
)
from chartkeep.incident.duties.rule import conditions
from chartkeep.incident.duties.said import WAITS, weigh
from chartkeep.model import Millis
from chartkeep.wiring.running import now

InsteadOption = Annotated[
    int | None, typer.Option("--instead", help="The number of the event this one replaces.")
]
FileOption = Annotated[
    list[str] | None, typer.Option("--file", help="Evidence it goes with, by SHA-256; repeatable.")
]
WhyOption = Annotated[str, typer.Option("--why", help="Why, or how it is known.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (aware, know, window, concern, decide, note):
        app.command()(command)


def note(
    desk: DeskOption,
    case: CaseOption,
    text: Annotated[str, typer.Argument(help="What to write down.")],
    instead: InsteadOption = None,
    file: FileOption = None,
    key_file: KeyOption = None,
) -> None:
    """Write a note into a case."""
    _write(desk, case, key_file, Note(text), instead, file)


def aware(
    desk: DeskOption,
    case: CaseOption,
    whom: Annotated[str, typer.Argument(help="Who knew.")],
    when: Annotated[
        str, typer.Option(help="Since when: 2024-05-19T16:00+09:00; now if left out.")
    ] = "",
    why: WhyOption = "",
    instead: InsteadOption = None,
    file: FileOption = None,
    key_file: KeyOption = None,
) -> None:
    """Write down who knew of it when: most duties count from the first of these."""
    time = Millis(read_time(when)) if when else now()
    if time > now():
        raise BadInputError(f"{when} is still to come", hint="--when is when they knew first")
    _write(desk, case, key_file, Aware(whom, time, why), instead, file)


def window(
    desk: DeskOption,
    case: CaseOption,
    since: Annotated[str, typer.Option(help="When it may have begun: 2024-05-19T14:00")],
    until: Annotated[str, typer.Option(help="When it ended; left out: it may go on.")] = "",
    why: WhyOption = "",
    instead: InsteadOption = None,
    file: FileOption = None,
    key_file: KeyOption = None,
) -> None:
    """Write down when it may have happened."""
    end = Millis(read_time(until)) if until else None
    event = Window(Millis(read_time(since)), end, why)
    if end is not None and end < event.since:
        raise BadInputError("the window ends before it begins", hint="exchange the two")
    _write(desk, case, key_file, event, instead, file)


def concern(
    desk: DeskOption,
    case: CaseOption,
    what: Annotated[Concern, typer.Argument(help="What kind of thing.")],
    name: Annotated[str, typer.Argument(help="Its name, number, hash or address.")],
    why: WhyOption = "",
    cleared: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--cleared", help="It was looked at and is none.")
    ] = False,
    instead: InsteadOption = None,
    file: FileOption = None,
    key_file: KeyOption = None,
) -> None:
    """Write down a person, session, host, key, export, pack or file the case is about."""
    event = Concerned(what, name, why, not cleared)
    _write(desk, case, key_file, event, instead, file)


def decide(
    desk: DeskOption,
    case: CaseOption,
    what: Annotated[str, typer.Argument(help="What was decided.")],
    by: Annotated[str, typer.Option(help="Who decided.")],
    why: Annotated[str, typer.Option(help="Why.")],
    second: Annotated[str, typer.Option(help="The second person, where it took two.")] = "",
    instead: InsteadOption = None,
    file: FileOption = None,
    key_file: KeyOption = None,
) -> None:
    """Write down a decision: what, who, why."""
    _write(desk, case, key_file, Decision(what, by, why, second), instead, file)


def know(
    desk: DeskOption,
    case: CaseOption,
    fact: Annotated[str, typer.Argument(help='As duties asks: "health data", "not unlawful act".')],
    why: WhyOption = "",
    instead: InsteadOption = None,
    file: FileOption = None,
    key_file: KeyOption = None,
) -> None:
    """Write down a fact the duties ask for, as far as it is known."""
    ((known, holds),) = conditions([fact])
    _write(desk, case, key_file, Known(known.value, holds, why), instead, file)


def _write(
    desk: Path,
    case: str,
    key_file: Path | None,
    event: AnyEvent,
    instead: int | None,
    files: list[str] | None,
) -> None:
    opened = the_case(desk, case, key_file)
    number = opened.add(event, supersedes=instead, evidence=files or [])
    written = opened.events()[number]
    console.print(written.line(), markup=False, soft_wrap=True)
    if weigh(opened).waits(written):
        console.print(f"{WAITS}: two people run chartkeep incident agree {number}", soft_wrap=True)
