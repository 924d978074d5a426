"""Options and small words that several commands share."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chartkeep.clinical.face import Person
from chartkeep.errors import BadInputError

console = Console(highlight=False)

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home", envvar="CHARTKEEP_HOME", help="The folder chartkeep init made for this house."
    ),
]


def read_time(text: str) -> int:
    """Read a time a person typed, local when it names no zone; gives milliseconds since 1970."""
    try:
        return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise BadInputError(
            f"not a time: {text}", hint="write 2024-05-19T14:00 or 2024-05-19T14:00+09:00"
        ) from error


def read_hex(text: str, what: str) -> bytes:
    """Read an id that was printed in hex; `what` names it in the refusal."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise BadInputError(f"not a {what}: {text}", hint="copy it as it was printed") from error


def show_time(millis: int) -> str:
    """Write a time for people, local, to the second."""
    return datetime.fromtimestamp(millis / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def show_name(person: Person) -> str:
    """Write a person's first name of each script."""
    names = [" ".join(filter(None, (n.family, *n.given))) or n.text for n in person.names]
    return " / ".join(dict.fromkeys(names))
