"""Options and small words that several commands share."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.text import Text

from chartkeep.clinical.face import Person
from chartkeep.errors import BadInputError, RefusedError
from chartkeep.model import ID_BYTES, Purpose, Section

console = Console(highlight=False)

CARE = (Section.FACE, Section.CLINICAL, Section.RESULTS)

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


def read_zone(name: str) -> ZoneInfo:
    """Read a zone's name. Raises BadInputError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInputError(f"no such zone: {name}", hint="--zone Asia/Tokyo") from error


def read_hex(text: str, what: str) -> bytes:
    """Read an id that was printed in hex, "" for none; `what` names it in the refusal."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b"?"
    if len(found) not in (0, ID_BYTES):
        raise BadInputError(f"not a {what}: {text}", hint="copy it as it was printed")
    return found


def show_time(millis: int) -> str:
    """Write a time for people: to the second, by this machine's clock, and how that is set."""
    shown = datetime.fromtimestamp(millis // 1000).astimezone()
    return shown.isoformat(sep=" ", timespec="seconds")


def show_in_column(millis: int) -> str:
    """Write a time for a table of eighty columns, by the same clock, which it need not repeat."""
    return show_time(millis)[:19]


def show_span(first: int, last: int) -> str:
    """Write from when to when, in a line of eighty columns beside an id; as `show_in_column`."""
    begins, ends = show_in_column(first), show_in_column(last)
    if begins == ends:
        return begins
    return f"{begins} to {ends[11:] if begins[:10] == ends[:10] else ends}"


def show(line: str, style: str = "") -> None:
    """Print a line of words: a terminal breaks it between two, a program reads it as one."""
    console.print(plain(line), style=style, soft_wrap=not console.is_terminal)


def plain(text: str) -> Text:
    """Show what others wrote, as a file's name: no markup, and nothing a terminal would obey."""
    return Text("".join(sign if sign.isprintable() else "\ufffd" for sign in text))


def show_name(person: Person) -> str:
    """Write a person's first name of each script."""
    names = [" ".join(filter(None, (n.family, *n.given))) or n.text for n in person.names]
    return " / ".join(dict.fromkeys(names))


def read_sections(names: list[str] | None) -> frozenset[Section]:
    """Read section names; face, clinical and results when none is named."""
    if not names:
        return frozenset(CARE)
    known = {section.name.lower(): section for section in Section}
    for name in names:
        if name not in known:
            raise RefusedError(f"no such section: {name}", hint=f"one of {', '.join(known)}")
    return frozenset(known[name] for name in names)


def read_purpose(text: str) -> Purpose:
    """Read a purpose of use."""
    try:
        return Purpose(text)
    except ValueError as error:
        names = ", ".join(f"{p.value} ({p.name.lower().replace('_', ' ')})" for p in Purpose)
        raise RefusedError(f"no such purpose: {text}", hint=f"one of {names}") from error
