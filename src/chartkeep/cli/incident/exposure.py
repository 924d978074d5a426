"""`chartkeep incident exposure` and `difference`: whose data, of any mix of suspects, how sure."""

import csv
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.incident.options import CaseOption as WhichOption
from chartkeep.cli.incident.options import DeskOption, KeyOption, open_desk, who
from chartkeep.cli.options import HomeOption, console, plain, read_hex, read_time, show_time
from chartkeep.cli.progress import working
from chartkeep.cli.sessions import kept_session
from chartkeep.custody.exports import read_order
from chartkeep.custody.house import House
from chartkeep.custody.lines import Window
from chartkeep.custody.paper import paper_look
from chartkeep.errors import BadInputError, RefusedError
from chartkeep.incident.case.case import open_case
from chartkeep.incident.duties.rule import Fact, read_rules
from chartkeep.incident.estimate.asking import ask, is_known
from chartkeep.incident.estimate.comparing import compare
from chartkeep.incident.estimate.counting import count
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.estimate.files import Taken, look_up, read_folder, read_list
from chartkeep.incident.estimate.filling import fill
from chartkeep.incident.estimate.joining import join_files
from chartkeep.incident.estimate.keeping import keep_estimate, open_columns, read_estimate
from chartkeep.incident.estimate.kinds import kinds_of
from chartkeep.incident.estimate.readable import Keys, known_of, spared, split
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.incident.listing import list_exposure
from chartkeep.ledger.exposure_list import Asked, Question
from chartkeep.ledger.line import mask_sections
from chartkeep.model import EntryId, Millis, to_id, to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now

MOST_SHOWN = 25
MOST_WARDS = 12
PROVED = {Kind.PERSON: Asked.PERSON, Kind.SESSION: Asked.SESSION, Kind.INSTANCE: Asked.INSTANCE}
Many = list[str] | None
CaseOption = Annotated[
    str, typer.Option(envvar="CHARTKEEP_CASE", help="The case to write the estimate into.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(exposure)
    app.command()(difference)


def exposure(
    desk: DeskOption,
    house: HomeOption,
    since: Annotated[str, typer.Option(help="When it may have begun: 2024-05-19T14:00")],
    until: Annotated[str, typer.Option(help="When it ended; now when it is left out.")] = "",
    person: Annotated[Many, typer.Option(help="A person's name here; each repeatable.")] = None,
    session: Annotated[Many, typer.Option(help="A session, as printed by login.")] = None,
    instance: Annotated[Many, typer.Option(help="A program of an application host.")] = None,
    worker: Annotated[Many, typer.Option(help="One process of a program, hex.")] = None,
    chart_key: Annotated[Many, typer.Option(help="A chart whose key is suspected.")] = None,
    grant: Annotated[Many, typer.Option(help="All that was opened under a grant, hex.")] = None,
    export: Annotated[Many, typer.Option(help="An export, by the id of its job.")] = None,
    pack: Annotated[Many, typer.Option(help="A ward's pack, by its id.")] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option(help="A list of files taken, as sha256sum writes it; or a folder of them."),
    ] = None,
    store: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--store", help="The store's whole disk.")
    ] = False,
    keyholder: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--keyholder", help="The keyholder's host, its follower's, or its key.")
    ] = False,
    key_kept: Annotated[str, typer.Option(help='Where the house\'s key is: "a token".')] = "",
    envelopes: Annotated[
        bool | None,
        typer.Option("--envelopes-open/--envelopes-closed", help="Are the wards' envelopes?"),
    ] = None,
    case: CaseOption = "",
    proofs: Annotated[
        Path | None, typer.Option(help="A folder for lists with proofs, for an outsider.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A CSV to write: each chart, its sections, its kinds.")
    ] = None,
    key_file: KeyOption = None,
) -> None:
    """Say whose charts were exposed to any mix of suspects, how, and how sure that is.

    Each window is widened to the beginning of what was live at its start: memory is not erased.
    """
    opened, home, kept = open_desk(desk, key_file), Home(house), kept_session()
    mine, token = join(home, kept.instance), bytes.fromhex(kept.token)
    window = read_time(since), min(read_time(until) if until else now(), now())
    suspects = [
        *(Suspect(Kind.PERSON, name.encode(), *window) for name in person or ()),
        *(Suspect(Kind.SESSION, read_hex(text, "session"), *window) for text in session or ()),
        *(Suspect(Kind.INSTANCE, name.encode(), *window) for name in instance or ()),
        *(Suspect(Kind.WORKER, read_hex(text, "process"), *window) for text in worker or ()),
        *(Suspect(Kind.CHART_KEY, read_id(text), *window) for text in chart_key or ()),
        *(Suspect(Kind.GRANT, read_hex(text, "grant"), *window) for text in grant or ()),
        *(of_export(text, mine, token, window[1]) for text in export or ()),
        *(Suspect(Kind.PACK, read_id(text), *window) for text in pack or ()),
        *([Suspect(Kind.STORE, b"", *window)] if store else []),
        *([Suspect(Kind.KEYHOLDER, b"", *window)] if keyholder else []),
    ]
    charts, whole, unknown = read_files(files or [], mine)
    suspects += [Suspect(kind, b"", *window) for kind in sorted(whole)]
    if not suspects and not files:
        raise RefusedError("name whom or what you suspect", hint="--person aiko, or --files LIST")
    kept_case = open_case(opened, case, who(), now) if case else None
    with open_columns(opened, home.releases_key) as columns, working("reading the ledger") as tell:
        fill(
            columns, mine, home.releases_key, token, window[1],
            lambda read, of: tell(f"{read:,} of {of:,} lines read", read, of),
        )  # fmt: skip
        found = ask(columns, tuple(suspects), home.name.id, now())
        strange = [one for one in suspects if not is_known(columns, one)]
    found = join_files(found, charts, window, unknown) if files else found
    show_estimate(found, Keys(key_kept, envelopes=envelopes))
    for one in strange:
        console.print(
            "[bold red]no line ever names[/]", plain(f"{one.words()}: is it written rightly?")
        )
    if kept_case is not None:
        version = keep_estimate(found, kept_case, query=tell_query(found))
        console.print(f"kept as version {version} in case {case}")
    if proofs is not None:
        write_proofs(found, mine, home, token, proofs)
    if out is not None:
        write_table(found, mine, out)
        console.print(f"written to {out}: it names charts, keep it as you keep them")


def difference(
    desk: DeskOption,
    case: WhichOption,
    old: Annotated[int, typer.Argument(help="The earlier version's number.")],
    new: Annotated[int, typer.Argument(help="The later one's.")],
    key_file: KeyOption = None,
) -> None:
    """Say what a newer version of an estimate changes: who came, who went, and why."""
    opened = open_case(open_desk(desk, key_file), case, who(), now)
    found = compare(read_estimate(opened, old), read_estimate(opened, new))
    console.print(
        f"from version {old} to {new}: {len(found.added):,} charts more, {len(found.gone):,} no "
        f"longer, {len(found.wider):,} with more of them, {len(found.narrower):,} with less, "
        f"{found.same:,} the same; the ledger grew by {found.lines:,} lines"
    )
    for words, suspects in (("new", found.suspects_added), ("no longer", found.suspects_gone)):
        for one in suspects:
            console.print(f"{words} asked: {tell_suspect(one)}", soft_wrap=True)
    for words, holes in (("new hole", found.opened), ("hole closed", found.closed)):
        for hole in holes:
            console.print(plain(f"{words}: {hole.why}"), soft_wrap=True)
    for words, charts in (("more", found.added), ("no longer", found.gone)):
        for chart in charts[:MOST_SHOWN]:
            console.print(f"  {words}: {to_text(chart)}")


def read_id(text: str) -> bytes:
    """Read an id as it is printed: a UUID."""
    try:
        return to_id(text)
    except ValueError as error:
        raise BadInputError(f"not an id: {text}", hint="copy it as it was printed") from error


def of_export(text: str, house: House, token: bytes, until: int) -> Suspect:
    """Find under which grant an export was made, and since when."""
    order = read_order(EntryId(read_id(text)), paper_look(token), house)
    return Suspect(Kind.GRANT, order.grant, order.moment, max(until, order.moment + 1))


def read_files(paths: list[Path], house: House) -> tuple[dict[bytes, int], set[Kind], list[str]]:
    """Look up what lies in files that were taken: charts, whole keepers, what nobody knows."""
    charts: dict[bytes, int] = {}
    whole: set[Kind] = set()
    unknown: list[str] = []
    taken: list[Taken] = []
    for path in paths:
        taken += read_folder(path) if path.is_dir() else read_list(path)
    for each in look_up(taken, house):
        for chart, mask in each.charts.items():
            charts[chart] = charts.get(chart, 0) | mask
        if each.whole is not None:
            whole.add(each.whole)
        if each.unknown:
            unknown.append(f"{each.name}: {each.unknown}")
    return charts, whole, unknown


def tell_suspect(one: Suspect) -> str:
    """Name a suspect and its window."""
    return f"{one.words()}, {show_time(one.since)} to {show_time(one.until)}"


def tell_query(found: Estimate) -> str:
    """Write what gives an estimate's numbers again."""
    return "; ".join(map(tell_suspect, found.suspects)) + f"; ledger of {found.size} lines"


def show_estimate(found: Estimate, keys: Keys) -> None:
    """Print an estimate: how many, which, how; and loudly what is unknown."""
    for one, began in zip(found.suspects, found.widened, strict=True):
        widened = f", counted from {show_time(began)}" if began < one.since else ""
        console.print(f"{tell_suspect(one)}{widened}", soft_wrap=True)
    counts = count(found)
    words = "exactly" if found.is_exact else "[bold red]at least[/]"
    own = ", and the house's own" if counts.own else ""
    console.print(f"{words} {counts.charts:,} charts exposed{own}, {found.searches:,} searches")
    for hole in found.unknown:
        console.print("[bold red]unknown[/]:", plain(hole.why), soft_wrap=True)
    _show_counts({way.value: n for way, n in counts.ways.items()})
    _show_counts({each.name.lower(): n for each, n in counts.sections.items()})
    _show_counts(dict(list(counts.wards.items())[:MOST_WARDS]))
    judged = split(found, keys)
    for verdict, reasons in judged.reasons.items():
        words = "; ".join(reasons)
        console.print(
            plain(f"{verdict}: {judged.charts[verdict]:,} charts, as {words}"), soft_wrap=True
        )
    console.print(tell_laws(known_of(judged)), soft_wrap=True)
    if not len(found):
        return
    table = Table(box=None, pad_edge=False)
    for column in ("chart", "first", "last", "ward", "how"):
        table.add_column(column, no_wrap=column == "chart")
    for number, each in enumerate(found):
        if number == MOST_SHOWN:
            break
        how = "; ".join(f"{way}: {_names(mask)}" for way, mask in each.how.items())
        first, last = show_time(each.first), show_time(each.last)
        table.add_row(to_text(each.chart), first, last, each.ward, how)
    console.print(table)
    if len(found) > MOST_SHOWN:
        console.print(f"… and {len(found) - MOST_SHOWN:,} more in the estimate")


def write_table(found: Estimate, house: House, out: Path) -> None:
    """Write a row a chart: times, ward, sections for each way, and the kinds of data in them."""
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["chart", "first", "last", "ward", *How, "kinds"])
        for each, kinds in kinds_of(found, house):
            ways = (_names(each.how.get(way, 0)) for way in How)
            first, last = show_time(each.first), show_time(each.last)
            table.writerow([to_text(each.chart), first, last, each.ward, *ways, " ".join(kinds)])


def _names(mask: int) -> str:
    return " ".join(section.name.lower() for section in mask_sections(mask))


def _show_counts(counts: dict[str, int]) -> None:
    if counts:
        told = ", ".join(f"{name} {n:,}" for name, n in counts.items())
        console.print(plain(f"  {told}"), soft_wrap=True)


def tell_laws(known: dict[Fact, bool]) -> str:
    """Say which laws ask nothing, or less, for what is unreadable; not legal advice."""
    if not known.get(Fact.UNREADABLE):
        return "by no law is it treated as unreadable"
    facts = {Fact.HEALTH_DATA: True, Fact.DATA_OUT: True}
    fewer = spared(read_rules(), facts, Millis(now()), Millis(now()))
    laws = dict.fromkeys(f"{one.rule.jurisdiction} {one.rule.law}" for one in fewer)
    return f"some duties fall away for what is unreadable, by: {'; '.join(laws)}"


def write_proofs(found: Estimate, house: House, home: Home, token: bytes, folder: Path) -> None:
    """Write the list with proofs of each suspect that a line names."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = f"--key {home.file.releases_key} --witness {home.file.witness_key}"
    for number, one in enumerate(found.suspects):
        if one.kind in PROVED:
            question = Question(PROVED[one.kind], one.value, one.since, one.until)
            log = home.releases_key
            window = Window(house.keyholder, log, token, one.since, one.until)
            out = folder / f"{number:02}-{one.kind}.list"
            list_exposure(window, question, log, out)
            console.print(f"  python verify/verify.py exposure {out} {keys}", soft_wrap=True)
