"""`chartkeep incident exposure` and `difference`: whose data, of any mix of suspects, how sure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.estimated import (
    MOST_SHOWN,
    show_estimate,
    show_proofs,
    show_uses,
    write_table,
)
from chartkeep.cli.incident.options import CaseOption as WhichOption
from chartkeep.cli.incident.options import (
    DeskOption,
    KeyOption,
    far_words,
    open_desk,
    open_site,
    the_case,
    who,
)
from chartkeep.cli.options import HomeOption, console, plain, read_time, show, show_time
from chartkeep.cli.progress import working
from chartkeep.incident.case.case import open_case
from chartkeep.incident.estimate.comparing import compare
from chartkeep.incident.estimate.keeping import keep_estimate, read_estimate
from chartkeep.incident.estimate.proving import prove
from chartkeep.incident.estimate.saying import say_difference, say_query
from chartkeep.incident.estimate.suspect import Kind
from chartkeep.incident.jobs.exposure import Exposure, Suspected
from chartkeep.incident.jobs.question import Means
from chartkeep.model import to_text
from chartkeep.wiring.home import Home
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
    asked = Exposure(
        read_time(since), read_time(until) if until else None,
        (
            *_suspected(Kind.PERSON, person), *_suspected(Kind.SESSION, session),
            *_suspected(Kind.INSTANCE, instance), *_suspected(Kind.WORKER, worker),
            *_suspected(Kind.CHART_KEY, chart_key), *_suspected(Kind.GRANT, grant),
            *_suspected(Kind.PACK, pack), *_suspected(Kind.STORE, [""] if store else None),
            *_suspected(Kind.KEYHOLDER, [""] if keyholder else None),
        ),
        tuple(export or ()), tuple(map(str, files or ())), (), key_kept, envelopes,
    )  # fmt: skip
    opened, site = open_desk(desk, key_file), open_site(house)
    kept_case = open_case(opened, case, who(), now) if case else None
    means = Means(opened, now, who(), site, kept_case)
    with working("reading the ledger") as tell:
        found, strange, used = asked.find(means, lambda far: tell(*far_words(far)))
    show_estimate(found, asked.keys, opened.file.facility)
    for one in strange:
        console.print(
            "[bold red]no line ever names[/]", plain(f"{one.words()}: is it written rightly?")
        )
    for one, times in used.items():
        show_uses(one, times)
    if kept_case is not None:
        version = keep_estimate(found, kept_case, query=say_query(found, show_time))
        console.print(f"kept as version {version} in case {case}")
    if proofs is not None:
        console.print("a stranger checks it without this software:")
        show_proofs(prove(found, site.house, site.log, site.token, proofs), Home(house))
    if out is not None:
        write_table(found, site.house, out)
        console.print(f"written to {out}: it names charts, keep it as you keep them")


def difference(
    desk: DeskOption,
    case: WhichOption,
    old: Annotated[int, typer.Argument(help="The earlier version's number.")],
    new: Annotated[int, typer.Argument(help="The later one's.")],
    key_file: KeyOption = None,
) -> None:
    """Say what a newer version of an estimate changes: who came, who went, and why."""
    opened = the_case(desk, case, key_file)
    found = compare(read_estimate(opened, old), read_estimate(opened, new))
    for line in say_difference(found, old, new, show_time):
        show(line)
    for words, charts in (
        ("came", found.added), ("went", found.gone),
        ("has more exposed", found.wider), ("has less exposed", found.narrower),
    ):  # fmt: skip
        for chart in charts[:MOST_SHOWN]:
            console.print(f"  {words}: {to_text(chart)}")
        if len(charts) > MOST_SHOWN:
            console.print(f"  {words}: {len(charts) - MOST_SHOWN:,} more")


def _suspected(kind: Kind, names: Many) -> Iterator[Suspected]:
    return (Suspected(kind, name) for name in names or ())
