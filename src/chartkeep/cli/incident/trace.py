"""`chartkeep incident trace`: is what somebody posted ours, as of when, through which door."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import DeskOption, KeyOption, open_desk, who
from chartkeep.cli.options import console, plain, read_hex, read_time
from chartkeep.cli.progress import working
from chartkeep.cli.sessions import kept_session
from chartkeep.custody.paper import paper_look
from chartkeep.errors import NotFoundError
from chartkeep.incident.case.case import Case, open_case
from chartkeep.incident.case.events import Estimate, Finding, Group
from chartkeep.incident.desk import Desk
from chartkeep.incident.estimate.filling import fill
from chartkeep.incident.estimate.joining import of_post
from chartkeep.incident.estimate.keeping import open_columns
from chartkeep.incident.trace.at_desk import open_matcher
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.marks.of_house import Looked
from chartkeep.incident.trace.marks.reading import Reading
from chartkeep.incident.trace.through import Through, through
from chartkeep.incident.trace.tracing import Answer, Tracing
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Millis, Section
from chartkeep.sealing.shares import write_share
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now

MOST_TROUBLES = 25
FOUND_IN = mask(Section.FACE, Section.IDENTITY)
"""Where what rows are matched by lies; what else they held, only their columns say."""
WHY = {
    "certain": "rows that match",
    "implied": "all of the one file they may be cut from",
    "possible": "all that the doors of the answer showed",
}
NOT_ASKED = "through which door: not asked, give --home"
NO_CHART = "through which door: unknown, the ledger released none of these charts before the post"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(trace)


def trace(
    desk: DeskOption,
    paths: Annotated[list[Path], typer.Argument(help="What was posted: files and folders.")],
    posted: Annotated[str, typer.Option(help="When it was posted: 2022-01-06; now if not.")] = "",
    case: Annotated[
        str, typer.Option(envvar="CHARTKEEP_CASE", help="Write the answer into this case.")
    ] = "",
    house: Annotated[
        Path | None, typer.Option("--home", help="Ask this house's ledger too: which door.")
    ] = None,
    index_grant: Annotated[
        list[str] | None,
        typer.Option(help="A grant the index was built under: it is no door; repeatable."),
    ] = None,
    shares: Annotated[
        Path | None, typer.Option(help="A folder for what opens names: three files, two open one.")
    ] = None,
    key_file: KeyOption = None,
) -> None:
    """Say of what was posted whether it is ours, whose, as of when, and through which door.

    With --home the ledger is read with an audit role, and the site replays leaks of known origin
    on it first: that takes minutes.
    """
    opened = open_desk(desk, key_file)
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"there is no {path}", hint="give what was posted, as a file")
    book = open_case(opened, case, who(), now) if case else None
    looked = _marks(house) if house is not None else Looked({}, Reading({}))
    tracing = Tracing(open_matcher(opened), marks=looked.reading)
    _read(tracing, paths)
    moment = Millis(read_time(posted)) if posted else now()
    answer = tracing.answer(moment)
    told = list(words(answer))
    asked = None
    if house is not None and answer.evidence:
        grants = [read_hex(each, "grant") for each in index_grant or ()]
        asked = _through(tracing, opened, house, moment, (grants, looked.by_grant()))
        told += asked.words() if asked else [NO_CHART]
        _write_shares(asked, shares)
    elif answer.evidence:
        told.append(NOT_ASKED)
    for line in told:
        console.print(plain(line), soft_wrap=True)
    if book is not None:
        sets = asked.sets if asked else {"certain": list(answer.charts)}
        _write(answer, told, sets, book)
        console.print(f"written into case {case}", soft_wrap=True)


def _read(tracing: Tracing, paths: list[Path]) -> None:
    with working("reading") as tell, Intake() as intake:
        tracing.tell = lambda rows: tell(f"{rows:,} rows")
        for path in _files(paths):
            tracing.read(intake, path)


def _marks(house: Path) -> Looked:
    """Open what every export of the house carries of its own."""
    kept = kept_session()
    return Looked.of(paper_look(bytes.fromhex(kept.token)), join(Home(house), kept.instance))


def _through(
    tracing: Tracing,
    desk: Desk,
    house: Path,
    posted: Millis,
    told: tuple[list[bytes], dict[bytes, float]],
) -> Through | None:
    """Read the ledger on, and ask it through which door the rows left.

    `told`: grants that are no door, and marks that were found, by grant.
    """
    home, kept = Home(house), kept_session()
    mine, token = join(home, kept.instance), bytes.fromhex(kept.token)
    with open_columns(desk, home.releases_key) as columns, working("reading the ledger") as tell:
        fill(columns, mine, home.releases_key, token, min(posted, now()))
        return through(
            tracing.evidence, columns, tracing.matcher.index, posted, *told,
            lambda done: tell(f"{done:,} leaks replayed"),
        )  # fmt: skip


def _write_shares(asked: Through | None, folder: Path | None) -> None:
    """Write what opens names, for three people; without a folder nobody ever opens them."""
    if folder is None or asked is None or not asked.answer.suspects:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number, share in enumerate(asked.shares, 1):
        path = folder / f"share-{number}"
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(write_share(share))
    console.print(f"give each file of {folder} to another person: two of them open a name")


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (each for each in sorted(path.rglob("*")) if each.is_file())
        else:
            yield path


def words(answer: Answer) -> Iterator[str]:
    """Write an answer in plain words."""
    yield f"{answer.verdict}: {len(answer.charts):,} patients for certain"
    yield from (each.words() for each in answer.judged)
    yield from _when(answer)
    lost = [each for each in answer.sources if each.trouble]
    yield from (f"{each.where}: {each.trouble}" for each in lost[:MOST_TROUBLES])
    if len(lost) > MOST_TROUBLES:
        yield f"and {len(lost) - MOST_TROUBLES:,} more files were not read whole"


def _when(answer: Answer) -> Iterator[str]:
    moment = answer.moment
    if not moment.instants:
        yield "as of when: unknown, no row holds to a version"
        return
    first = moment.instants[0]
    snapshot = "copied" if moment.is_snapshot else "not one snapshot; most rows were copied"
    low, high = _day(first.low), _day(first.high)
    yield f"{snapshot} between {low} and {high} (99 %): {first.rows:,} of {moment.rows:,} rows"
    for other in moment.instants[1:]:
        yield f"others between {_day(other.low)} and {_day(other.high)}: {other.rows:,} rows"
    if moment.disagreeing:
        yield f"{len(moment.disagreeing):,} rows agree with neither"
    for clock in moment.contradicted:
        yield f"against it, and can be forged: {clock.what}, {_day(clock.time)}"


def _day(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%MZ}"


def _write(answer: Answer, told: list[str], sets: dict[str, list[ChartId]], case: Case) -> None:
    """Write the answer into a case: the finding in words, and the three sets with their lists."""
    files = [each.sha256.hex() for each in answer.sources if each.sha256 and not each.where.inside]
    groups = {name: _group(name, charts, answer, case) for name, charts in sets.items()}
    lists = [each.list for each in groups.values()]
    says = Finding("trace", "; ".join(told), f"{answer.verdict}, files {json.dumps(files)}")
    case.add(says, evidence=lists)
    before = max((each.version for _, each in case.standing(Estimate)), default=0)
    certain, implied, possible = (groups.get(name) for name in WHY)
    found = Estimate(before + 1, "trace of what was posted", certain, implied, possible)
    case.add(found, evidence=lists)


def _group(name: str, charts: list[ChartId], answer: Answer, case: Case) -> Group:
    """Keep a set's list, as letters and the next estimate read it."""
    instants = answer.moment.instants
    low = min((each.low for each in instants), default=answer.posted)
    high = max((each.high for each in instants), default=answer.posted)
    facility = bytes.fromhex(case.desk.file.id)
    results = any("result" in each.copy for each in answer.evidence)
    sections = FOUND_IN | (mask(Section.RESULTS) if results else 0)
    listed = of_post(sorted(charts), sections, (low, max(high, low + 1)), facility, now())
    return Group(len(charts), case.keep(listed.raw(), f"trace: the charts {name}"), WHY[name])
