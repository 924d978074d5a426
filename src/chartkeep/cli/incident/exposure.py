"""`chartkeep incident exposure` and `difference`: whose data, of any mix of suspects, how sure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.estimated import (
    MOST_SHOWN,
    show_estimate,
    show_proofs,
    tell_query,
    tell_suspect,
    write_table,
)
from chartkeep.cli.incident.options import CaseOption as WhichOption
from chartkeep.cli.incident.options import DeskOption, KeyOption, open_desk, who
from chartkeep.cli.options import HomeOption, console, plain, read_hex, read_time
from chartkeep.cli.progress import working
from chartkeep.cli.sessions import kept_session
from chartkeep.errors import BadInputError
from chartkeep.incident.case.case import open_case
from chartkeep.incident.estimate.at_desk import Officer, estimate, suspect_export
from chartkeep.incident.estimate.comparing import compare
from chartkeep.incident.estimate.files import Taken, read_folder, read_list
from chartkeep.incident.estimate.keeping import keep_estimate, read_estimate
from chartkeep.incident.estimate.proving import prove
from chartkeep.incident.estimate.readable import Keys
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.model import to_id, to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now

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
    home, kept = Home(house), kept_session()
    mine, log = join(home, kept.instance), home.releases_key
    officer = Officer(open_desk(desk, key_file), mine, log, bytes.fromhex(kept.token))
    window = read_time(since), min(read_time(until) if until else now(), now())
    suspects = [
        *(Suspect(Kind.PERSON, name.encode(), *window) for name in person or ()),
        *(Suspect(Kind.SESSION, read_hex(text, "session"), *window) for text in session or ()),
        *(Suspect(Kind.INSTANCE, name.encode(), *window) for name in instance or ()),
        *(Suspect(Kind.WORKER, read_hex(text, "process"), *window) for text in worker or ()),
        *(Suspect(Kind.CHART_KEY, read_id(text), *window) for text in chart_key or ()),
        *(Suspect(Kind.GRANT, read_hex(text, "grant"), *window) for text in grant or ()),
        *(suspect_export(read_id(text), officer, window[1]) for text in export or ()),
        *(Suspect(Kind.PACK, read_id(text), *window) for text in pack or ()),
        *([Suspect(Kind.STORE, b"", *window)] if store else []),
        *([Suspect(Kind.KEYHOLDER, b"", *window)] if keyholder else []),
    ]
    kept_case = open_case(officer.desk, case, who(), now) if case else None
    taken = read_files(files or [])
    with working("reading the ledger") as tell:
        found, strange = estimate(
            officer, suspects, taken, window, now(),
            lambda read, of: tell(f"{read:,} of {of:,} lines read", read, of),
        )  # fmt: skip
    show_estimate(found, Keys(key_kept, envelopes=envelopes))
    for one in strange:
        console.print(
            "[bold red]no line ever names[/]", plain(f"{one.words()}: is it written rightly?")
        )
    if kept_case is not None:
        version = keep_estimate(found, kept_case, query=tell_query(found))
        console.print(f"kept as version {version} in case {case}")
    if proofs is not None:
        console.print("a stranger checks it without this software:")
        show_proofs(prove(found, mine, log, officer.token, proofs), home)
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


def read_files(paths: list[Path]) -> Iterator[Taken]:
    """Read what lay in files that were taken: lists of them, or folders."""
    for path in paths:
        yield from read_folder(path) if path.is_dir() else read_list(path)
