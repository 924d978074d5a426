"""`chartkeep incident duties, drafts, sent`: who is to be told by when, and in which words."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, put, the_case
from chartkeep.cli.options import console, plain, read_time, show_time
from chartkeep.incident.duties.clocks import clocks_of, rules_of
from chartkeep.incident.jobs.drafts import Drafts, write_due
from chartkeep.incident.notify.drafts.making import Written, told
from chartkeep.incident.notify.drafts.sending import say_sent
from chartkeep.model import Millis
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(duties)
    app.command()(drafts)
    app.command()(sent)


LawsOption = Annotated[
    list[str] | None,
    typer.Option("--in", help="A jurisdiction, as JP; repeatable; none: the case's, or all."),
]


def duties(
    desk: DeskOption, case: CaseOption, in_: LawsOption = None, key_file: KeyOption = None
) -> None:
    """Show the clocks of a case: who must be told by when, what is met, what is past."""
    mine = the_case(desk, case, key_file)
    at = now()
    running = clocks_of(mine, rules_of(mine, in_ or ()), at)
    table = Table("due", "duty", "stands", "to", box=None, pad_edge=False)
    for each in running:
        standing = each.standing
        table.add_row(standing.due, standing.name, each.says(at), ", ".join(standing.duty.to))
    console.print(table)
    for rule in sorted({each.standing.rule.rule for each in running if each.standing.stale}):
        console.print(f"[bold red]red[/]: the rule {rule} is past its date: look at the law")


def drafts(
    desk: DeskOption,
    case: CaseOption,
    in_: LawsOption = None,
    out: Annotated[Path | None, typer.Option(help="A folder to write them to, in clear.")] = None,
    zone: Annotated[str, typer.Option(help="Whose clock the word to the press uses.")] = "UTC",
    key_file: KeyOption = None,
) -> None:
    """Draft what each duty wants said, from the case; what it does not say is unknown."""
    wanted = Drafts(tuple(in_ or ()), zone)
    mine = the_case(desk, case, key_file)
    written = wanted.write(mine, now)
    mine.add_all(told(written))
    table = Table("due", "draft", "version", "unknown", "to", box=None, pad_edge=False)
    for each in written:
        draft = each.draft
        unknown = f"{len(draft.unknown)} of {len(draft.fields)}"
        version = f"{draft.version}{' new' if each.new else ''}"
        table.add_row(write_due(draft), draft.duty, version, unknown, ", ".join(draft.to))
    console.print(table)
    lacking = Counter(name for each in written for name in each.draft.unknown)
    if lacking:
        most = ", ".join(name for name, _ in lacking.most_common(8))
        console.print(f"most often unknown: {most}", soft_wrap=True, markup=False)
    if out is not None:
        _write(written, out)


def sent(
    desk: DeskOption,
    case: CaseOption,
    duty: Annotated[str, typer.Argument(help='A duty, as "jp-appi preliminary", or press.')],
    whom: Annotated[str, typer.Option("--to", help="To whom it went.")],
    when: Annotated[str, typer.Option(help="When; now if left out.")] = "",
    key_file: KeyOption = None,
) -> None:
    """Write down that a person sent a draft, or told the persons: what waited for it begins."""
    mine = the_case(desk, case, key_file)
    at = now()
    went = say_sent(mine, duty, whom, Millis(read_time(when)) if when else at, at)
    late = ", too late" if went.late else ""
    line = f"{duty}: {went.what} went to {whom} at {show_time(went.at)}{late}"
    console.print(plain(line), soft_wrap=True)


def _write(written: list[Written], out: Path) -> None:
    for each in written:
        name = each.draft.duty.replace(" ", "-").replace(",", "")
        path = out / f"{name}-{each.draft.version}.txt"
        path.unlink(missing_ok=True)  # the same version, drafted again
        put(path, each.text.encode())
    console.print(f"{len(written)} drafts written to {out}: they lie there in clear")
