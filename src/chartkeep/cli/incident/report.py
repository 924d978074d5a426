"""`chartkeep incident report-in`: what somebody outside tells us, or somebody inside suspects."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, the_case
from chartkeep.cli.options import console, read_time
from chartkeep.errors import BadInputError
from chartkeep.incident.case.events import Aware, Concern, Concerned, Report
from chartkeep.model import Millis
from chartkeep.wiring.running import now


class Channel(StrEnum):
    """How a report came."""

    POST = "post"
    JOURNALIST = "journalist"
    POLICE = "police"
    AUTHORITY = "authority"
    PATIENT = "patient"
    STAFF = "staff"
    SUPPLIER = "supplier"
    RESEARCHER = "researcher"
    EXTORTION = "extortion"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="report-in")(report_in)


def report_in(
    desk: DeskOption,
    case: CaseOption,
    channel: Annotated[Channel, typer.Argument(help="How it came.")],
    text: Annotated[str, typer.Argument(help="What was said, in a sentence.")],
    whom: Annotated[str, typer.Option("--from", help="Who said it; may stay unknown.")] = "unknown",
    when: Annotated[
        str, typer.Option(help="When it came: 2024-05-19T16:00; now if left out.")
    ] = "",
    link: Annotated[str, typer.Option(help="Where it can be seen.")] = "",
    file: Annotated[
        list[Path] | None, typer.Option(help="What was sent along: kept as evidence; repeatable.")
    ] = None,
    about: Annotated[
        list[str] | None,
        typer.Option(help='What it is about: "person ken", "address 45.1.2.3"; repeatable.'),
    ] = None,
    aware: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--aware", help="By this we know: duties count from it.")
    ] = False,
    key_file: KeyOption = None,
) -> None:
    """Take in a tip-off or a report of misuse: a post, a journalist, the police, a patient.

    It stands in the case and in its timeline; what it is about is noted as suspected, not proved.
    """
    concerned = [_concern(each) for each in about or []]
    opened = the_case(desk, case, key_file)
    at = Millis(read_time(when)) if when else now()
    kept = [
        opened.keep(each, f"came with a report by {channel}", origin=whom) for each in file or []
    ]
    number = opened.add(Report(channel, whom, at, text, link), evidence=kept)
    for what, name in concerned:
        opened.add(Concerned(what, name, f"by report {number}"))
    if aware:
        opened.add(Aware(opened.by, at, f"by report {number}"))
    for each in opened.events()[number:]:
        console.print(each.line(), markup=False, soft_wrap=True)


def _concern(text: str) -> tuple[Concern, str]:
    """Read what a report is about. Raises BadInputError."""
    word, _, name = text.partition(" ")
    try:
        concern = Concern(word)
    except ValueError:
        concern = None
    if concern is None or not name.strip():
        kinds = ", ".join(Concern)
        raise BadInputError(
            f"not a thing a case is about: {text}", hint=f"one of {kinds}, its name"
        )
    return concern, name.strip()
