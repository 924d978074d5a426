"""`chartkeep incident timeline`: all logs in one order, and how somebody came in, or "unknown"."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer
from rich.table import Table

from chartkeep.cli.incident.options import KeyOption, open_desk, open_site, the_case
from chartkeep.cli.options import console, read_time, read_zone, show, show_in_column, show_time
from chartkeep.cli.progress import BEGINS_ANEW, working
from chartkeep.errors import BadInputError, RefusedError
from chartkeep.incident.desk import Desk
from chartkeep.incident.jobs.timeline import How, Log, keep
from chartkeep.incident.timeline.export import ABOUT, NOTE, Export
from chartkeep.incident.timeline.logs.importing import Imported
from chartkeep.incident.timeline.merged import Timeline
from chartkeep.incident.timeline.reading import Reading, about, read
from chartkeep.incident.timeline.saying import say
from chartkeep.incident.timeline.signs import Facts
from chartkeep.wiring.running import now

MOST_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(timeline)


def timeline(
    since: Annotated[str, typer.Option(help="From when on: two weeks before it may have begun.")],
    until: Annotated[str, typer.Option(help="Until when.")],
    log: Annotated[
        list[str] | None,
        typer.Option(help="A log of another machine, as vpn=vpn.log; repeatable."),
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(envvar="CHARTKEEP_HOME", help="The house whose ledger is read with them."),
    ] = None,
    alarms: Annotated[Path | None, typer.Option(help="The vault's alarms.jsonl.")] = None,
    facts: Annotated[
        Path | None, typer.Option(help="What is what in your network: docs/incident/timeline.md.")
    ] = None,
    zone: Annotated[str, typer.Option(help="The zone of times that name none.")] = "UTC",
    dates: Annotated[str, typer.Option(help="dmy or mdy, where dates can be read both ways.")] = "",
    ahead: Annotated[
        list[str] | None,
        typer.Option(help="How far a log's clock is known to be ahead: vpn=95 (seconds)."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A folder for a signed export.")] = None,
    desk: Annotated[
        Path | None, typer.Option(envvar="CHARTKEEP_DESK", help="The incident desk's folder.")
    ] = None,
    case: Annotated[
        str, typer.Option(envvar="CHARTKEEP_CASE", help="A case that keeps what is found.")
    ] = "",
    key_file: KeyOption = None,
) -> None:
    """Put all logs in one order by our clock; propose the first foreign act, its door and why.

    Nobody is named guilty: an account is not its person. A door nobody can see is "unknown".
    """
    opened_case = the_case(_needed(desk), case, key_file) if case else None
    opened_desk = opened_case.desk if opened_case else open_desk(desk, key_file) if desk else None
    if out is not None and opened_desk is None:
        raise RefusedError("an export is signed by a desk", hint="give --desk")
    asked = How(
        read_time(since), read_time(until), tuple(map(read_log, log or [])), home is not None,
        str(alarms or ""), read_facts(facts), read_zone(zone).key, read_dates(dates),
        dict(map(read_ahead, ahead or [])),
    )  # fmt: skip
    site = open_site(home) if home is not None else None
    with asked.line(opened_case, site) as line:
        export = Export(out) if out is not None else None
        try:
            with working("reading", BEGINS_ANEW) as tell:
                reading = read(line, asked.facts, export, lambda done: tell(f"{done:,} events"))
            if export is not None and opened_desk is not None:
                export.finish(about(line, reading, opened_desk.file.facility), opened_desk, now())
        finally:
            if export is not None:
                export.close()
        show_sources(line)
    show_reading(reading)
    if opened_case is not None:
        files = (ABOUT, NOTE) if export else ()
        [number] = opened_case.add_all([keep(opened_case, reading, export, files)])
        console.print(f"written into the case as event {number}")
    if export is not None and opened_desk is not None:
        _show_export(export, opened_desk)


def read_log(word: str) -> Log:
    """Read a log's name and file."""
    name, named, path = word.partition("=")
    file = Path(path if named else word)
    return Log(name if named else file.name.partition(".")[0], str(file))


def read_dates(word: str) -> Literal["", "dmy", "mdy"]:
    """Read the order of dates. Raises BadInputError."""
    match word:
        case "" | "dmy" | "mdy":
            return word
        case _:
            raise BadInputError(f"no such order of dates: {word}", hint="dmy or mdy")


def read_facts(path: Path | None) -> Facts:
    """Read what is what in a network. Raises BadInputError naming the place."""
    if path is None:
        return Facts()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Facts)
    except msgspec.MsgspecError as error:
        raise BadInputError(
            f"{path.name}: {error}".rstrip("."), hint="docs/incident/timeline.md"
        ) from error


def read_ahead(word: str) -> tuple[str, int]:
    """Read how far ahead a log's clock is, in ms. Raises BadInputError."""
    name, _, seconds = word.partition("=")
    try:
        return name, round(float(seconds) * 1000)
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"not a clock: {word}", hint="--ahead vpn=95") from error


def show_sources(line: Timeline) -> None:
    """Print each source: how much of when, how its clock is, what could not be read."""
    table = Table("source", "events", "from", "to", box=None, pad_edge=False)
    clocks: dict[str, list[str]] = {}
    for source in line.sources:
        reach = line.reach.get(source.name)
        times = map(show_in_column, (reach.first, reach.last)) if reach else ("", "")
        table.add_row(source.name, f"{reach.events:,}" if reach else "0", *times)
        clocks.setdefault(line.skews[source.name].sentence(), []).append(source.name)
    console.print(table)
    for sentence, names in clocks.items():
        show(f"{', '.join(names)}: {sentence}")
    for source in line.sources:
        for trouble in source.said().troubles if isinstance(source, Imported) else ():
            show(f"not read in {source.name}: {trouble}", "bold red")


def show_reading(reading: Reading) -> None:
    """Print what is foreign, and the proposal."""
    for sign in reading.notable[:MOST_SHOWN]:
        show(f"{show_time(sign.shown.time)}  {sign.words}  [{sign.shown.place}]")
    for text in say(reading.cause, show_time):
        show(text)


def _show_export(export: Export, desk: Desk) -> None:
    console.print(
        f"{export.count:,} events written to {export.folder}; a stranger checks them with"
    )
    console.print(
        f"  python verify/verify_timeline.py {export.folder} --key {desk.file.key}",
        markup=False, soft_wrap=True,
    )  # fmt: skip


def _needed(desk: Path | None) -> Path:
    if desk is None:
        raise RefusedError("a case is a desk's", hint="give --desk")
    return desk
