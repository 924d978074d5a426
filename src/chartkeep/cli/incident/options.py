"""Options the desk's verbs share, and how they reach the desk and a case."""

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import read_hex
from chartkeep.cli.sessions import kept_session
from chartkeep.errors import NotAllowedError, RefusedError
from chartkeep.incident.case.case import Case, open_case
from chartkeep.incident.desk import Desk
from chartkeep.incident.jobs.question import Far, Site
from chartkeep.incident.trace.at_desk import Warrant
from chartkeep.wiring.hardening import shut_memory
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now

DeskOption = Annotated[
    Path,
    typer.Option(
        "--desk", envvar="CHARTKEEP_DESK", help="The folder chartkeep incident home made."
    ),
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key-file", help="The desk's key file, when it lies elsewhere than it did."),
]
GrantOption = Annotated[
    str,
    typer.Option(
        "--grant", envvar="CHARTKEEP_GRANT", help="The grant two people gave: its proposal."
    ),
]
CaseOption = Annotated[
    str, typer.Option("--case", envvar="CHARTKEEP_CASE", help="The case, as new printed it.")
]


def open_desk(folder: Path, key_file: Path | None = None) -> Desk:
    """Open the desk with its key file."""
    shut_memory()  # a reader that a hostile file has taken over runs as the same user
    return Desk.open(folder, key_file)


def the_case(desk: Path, case: str, key_file: Path | None = None) -> Case:
    """Open a case, to write in the name of `who`."""
    return open_case(open_desk(desk, key_file), case, who(), now)


def open_site(house: Path) -> Site:
    """Reach a house in the session that is kept here. Raises NotAllowedError without one."""
    home, kept = Home(house), kept_session()
    mine = join(home, kept.instance)
    token = bytes.fromhex(kept.token)
    return Site(mine, home.releases_key, home.programs(), token, join(home, "incident"))


def warrant_of(site: Site, grant: str) -> Warrant:
    """Put a session and its grant together; without a grant what it is for says how to get one."""
    return Warrant(site.token, read_hex(grant, "grant"), site.house)


def far_words(far: Far) -> tuple[str, int, int | None]:
    """Say how far a question is, as `cli.progress` shows it."""
    doing = far.doing if far.of or not far.done else f"{far.doing}: {far.done:,}"
    return doing, far.done, far.of or None


def who() -> str:
    """Name who writes: the person logged in at the keyholder, else the machine's user."""
    try:
        return kept_session().person
    except NotAllowedError:
        return f"user {_machine_user()}"


def _machine_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have a number and no name
        return str(os.getuid())


def put(path: Path, content: bytes) -> None:
    """Write a file in clear that only its owner reads, whoever may read its folder; over none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise RefusedError(f"{path} is there already", hint="name another folder") from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)
