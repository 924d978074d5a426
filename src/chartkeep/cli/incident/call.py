"""`chartkeep incident call`: the call desk, for a clerk who is logged in."""

from typing import Annotated

import typer

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, open_desk, who
from chartkeep.cli.options import HomeOption, console
from chartkeep.cli.sessions import kept_session
from chartkeep.incident.notify.answering import call_desk
from chartkeep.incident.notify.calling import NotConfirmedError
from chartkeep.incident.notify.confirming import Claim
from chartkeep.incident.notify.letter import Style
from chartkeep.incident.notify.telling import Telling
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(call)


def call(
    home: HomeOption,
    desk: DeskOption,
    case: CaseOption,
    language: Annotated[
        str, typer.Option(help="Speak this one: ja, en, …; theirs if left out.")
    ] = "",
    key_file: KeyOption = None,
) -> None:
    """Answer calls: asks what the caller says, and tells what to tell them; an empty name ends it.

    Nothing is shown before it is confirmed who calls. What was typed is not kept.
    """
    kept = kept_session()
    house = join(Home(home), kept.instance)
    answering = call_desk(open_desk(desk, key_file), case, who(), house, now)
    token = bytes.fromhex(kept.token)
    while (name := _ask("whole name")).strip():
        code = _ask("letter's code, if they have it")
        claim = Claim(name, _ask("birth date, 1956-08-03"), _ask("patient or insurance number"),
                      _ask("phone on file"))  # fmt: skip
        try:
            if code.strip():
                telling = answering.by_code(code, claim, token, language)
            else:
                telling = answering.by_identity(claim, token, language)
        except NotConfirmedError as error:
            console.print(f"[bold red]{error}[/]; {error.hint}", soft_wrap=True)
            continue
        show_telling(telling)


def show_telling(telling: Telling) -> None:
    """Print what to tell a person."""
    console.print(f"[bold]confirmed[/]; tell them, in {telling.language}:")
    for each in telling.paragraphs:
        mark = {Style.POINT: "- ", Style.HEAD: "\n"}.get(each.style, "")
        console.print(f"{mark}{each.text}", markup=False, soft_wrap=True)
    if telling.state is not None:
        console.print(f"\n(their letter: {telling.state.value})", soft_wrap=True)


def _ask(what: str) -> str:
    answer: str = typer.prompt(what, default="", show_default=False)
    return answer
