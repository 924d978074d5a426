"""`chartkeep incident timeline`: all logs in one order, and how somebody came in, or "unknown"."""

from datetime import tzinfo
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from chartkeep.cli.incident.options import KeyOption, open_desk, the_case
from chartkeep.cli.options import console, plain, read_time, read_zone, show_time
from chartkeep.cli.progress import working
from chartkeep.cli.sessions import kept_session
from chartkeep.custody.release import Look
from chartkeep.errors import BadInputError, RefusedError
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Finding, Report
from chartkeep.incident.desk import Desk
from chartkeep.incident.timeline.cause import Cause
from chartkeep.incident.timeline.event import HOUSE, REPORTS, VAULT
from chartkeep.incident.timeline.export import ABOUT, NOTE, Export
from chartkeep.incident.timeline.logs.importing import Imported, newest
from chartkeep.incident.timeline.logs.times import Hand
from chartkeep.incident.timeline.merged import Own, Source, Timeline
from chartkeep.incident.timeline.ours import of_happening, of_report, vault_alarms
from chartkeep.incident.timeline.reading import Reading, about, read
from chartkeep.incident.timeline.signs import Door, Facts
from chartkeep.incident.trail import Question, Trail
from chartkeep.model import Purpose, Section
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now

MOST_SHOWN = 40
MOST_SAID = 4_000
OURS = frozenset({HOUSE, VAULT, REPORTS})


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
    if dates not in {"", "dmy", "mdy"}:
        raise BadInputError(f"no such order of dates: {dates}", hint="dmy or mdy")
    opened_case = the_case(_needed(desk), case, key_file) if case else None
    opened_desk = opened_case.desk if opened_case else open_desk(desk, key_file) if desk else None
    if out is not None and opened_desk is None:
        raise RefusedError("an export is signed by a desk", hint="give --desk")
    known = read_facts(facts)
    window = read_time(since), read_time(until)
    sources: list[Source] = [_imported(each, read_zone(zone), dates) for each in log or []]
    sources += _ours(home, alarms, opened_case, window)
    names = [source.name for source in sources]
    if not sources or len(set(names)) < len(names):
        raise BadInputError("name each source once", hint="--log vpn=vpn.log --home FOLDER")
    line = Timeline(sources, *window, read_ahead(ahead or [], names), known.same)
    export = Export(out) if out is not None else None
    try:
        with working("reading"):
            reading = read(line, known, export)
        if export is not None and opened_desk is not None:
            export.finish(about(line, reading, opened_desk.file.facility), opened_desk, now())
    finally:
        if export is not None:
            export.close()
    show_sources(line)
    show_reading(reading)
    if opened_case is not None:
        _keep(opened_case, reading, export)
    if export is not None and opened_desk is not None:
        _show_export(export, opened_desk)


def read_facts(path: Path | None) -> Facts:
    """Read what is what in a network. Raises BadInputError naming the place."""
    if path is None:
        return Facts()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Facts)
    except msgspec.MsgspecError as error:
        raise BadInputError(f"{path.name}: {error}".rstrip("."), hint="see the page") from error


def read_ahead(words: list[str], names: list[str]) -> dict[str, int]:
    """Read how far ahead clocks are, in ms. Raises BadInputError."""
    told: dict[str, int] = {}
    for each in words:
        name, _, seconds = each.partition("=")
        try:
            told[name] = round(float(seconds) * 1000)
        except (ValueError, OverflowError) as error:
            raise BadInputError(f"not a clock: {each}", hint="--ahead vpn=95") from error
        if name not in names:
            raise BadInputError(f"no log is called {name}", hint=f"one of {', '.join(names)}")
    return told


def show_sources(line: Timeline) -> None:
    """Print each source: how much of when, how its clock is, what could not be read."""
    table = Table("source", "events", "from", "to", "clock", box=None, pad_edge=False)
    for source in line.sources:
        reach, skew = line.reach.get(source.name), line.skews[source.name]
        cells = (
            [f"{reach.events:,}", show_time(reach.first), show_time(reach.last)] if reach else []
        )
        table.add_row(source.name, *(cells or ["0", "", ""]), skew.sentence())
    console.print(table)
    for source in line.sources:
        for trouble in source.said().troubles if isinstance(source, Imported) else ():
            console.print(f"[bold red]not read[/] in {source.name}: {trouble}", soft_wrap=True)


def show_reading(reading: Reading) -> None:
    """Print what is foreign, and the proposal."""
    for sign in reading.notable[:MOST_SHOWN]:
        told = f"{show_time(sign.shown.time)}  {sign.words}  [{sign.shown.place}]"
        console.print(plain(told), soft_wrap=True)
    for text in say(reading.cause):
        console.print(plain(text), soft_wrap=True)


def say(cause: Cause) -> list[str]:
    """Say a proposal in lines."""
    told = [f"door: {cause.door}"]
    if cause.first is not None:
        told.append(f"first foreign act: {show_time(cause.first.time)}, {cause.first.place}")
    told += [f"  because {reason}" for reason in cause.reasons]
    told += [f"  missing: {each}" for each in cause.missing]
    for other in cause.others:
        told += [f"besides, {other.door}:", *(f"  {reason}" for reason in other.reasons[:5])]
    return told


def _imported(word: str, zone: tzinfo, dates: str) -> Imported:
    name, named, path = word.partition("=")
    file = Path(path if named else word)
    name = name if named else file.name.partition(".")[0]
    if name in OURS:
        raise BadInputError(f"{name} is a source of our own", hint="call the log otherwise")
    return Imported(file, name, Hand(zone, dates, newest(file)))


def _ours(
    home: Path | None, alarms: Path | None, case: Case | None, window: tuple[int, int]
) -> list[Source]:
    """Open our own sources, as far as they are named."""
    found: list[Source] = []
    if home is not None:
        trail = _trail(Home(home))
        asked = Question(*window)
        found.append(Own(HOUSE, lambda: map(of_happening, trail.happened(asked))))
    if alarms is not None:
        found.append(Own(VAULT, lambda: vault_alarms(alarms)))
    if case is not None:
        told = [
            of_report(each.number, report.when, f"{report.channel}: {report.text}")
            for each, report in case.standing(Report)
        ]
        found.append(Own(REPORTS, lambda: told))
    return found


def _trail(home: Home) -> Trail:
    kept = kept_session()
    house = join(home, kept.instance)
    look = Look(
        bytes.fromhex(kept.token), frozenset({Section.JOURNAL}), Purpose.AUDIT, "a timeline"
    )
    return Trail(look, house, home.releases_key, home.programs())


def _keep(case: Case, reading: Reading, export: Export | None) -> None:
    """Write what was found into the case, with the export's signed head as evidence."""
    files = []
    if export is not None:
        for name in (ABOUT, NOTE):
            kept = case.keep(export.folder / name, f"timeline: {name}", people=False)
            files.append(kept)
    cause = reading.cause
    sure = "unknown" if cause.door is Door.UNKNOWN else "proposed, with reasons"
    says = "\n".join(say(cause))[:MOST_SAID]
    number = case.add(Finding("cause", says, sure), evidence=files)
    console.print(f"written into the case as event {number}")


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
