"""`chartkeep login` and `logout`: a person proves themselves to the keyholder."""

from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console, show_time
from chartkeep.cli.sessions import Kept, drop_session, keep_session, kept_session
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(login)
    app.command()(logout)


def login(
    home: HomeOption,
    name: Annotated[str, typer.Argument(help="Your name here.")],
    instance: Annotated[str, typer.Option(help="The program you log in through.")] = "desk",
    password: Annotated[str, typer.Option(prompt=True, hide_input=True)] = "",
    code: Annotated[str, typer.Option(prompt=True, help="The six digits of your device.")] = "",
) -> None:
    """Open a session of at most twelve hours for the commands that follow."""
    session = join(Home(home), instance).keyholder.login(name, password, code)
    kept = Kept(name, instance, session.session.hex(), session.token.hex(), session.expires)
    keep_session(kept)
    console.print(f"session {kept.session} of {name}, until {show_time(kept.expires)}")


def logout(home: HomeOption) -> None:
    """End your session."""
    kept = kept_session()
    join(Home(home), kept.instance).keyholder.logout(bytes.fromhex(kept.token))
    drop_session()
    console.print(f"the session of {kept.person} ended")
