"""`chartkeep incident drafts, sent`: what each authority and the press are to be told."""

from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, put, the_case
from chartkeep.cli.options import console, read_time, show_time
from chartkeep.errors import NotFoundError
from chartkeep.incident.case.events import Clock, Draft
from chartkeep.incident.jobs.drafts import Drafts, write_due
from chartkeep.incident.notify.drafts.draft import read_draft
from chartkeep.incident.notify.drafts.making import Written, told
from chartkeep.model import Millis
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(drafts)
    app.command()(sent)


def drafts(
    desk: DeskOption,
    case: CaseOption,
    in_: Annotated[
        list[str] | None, typer.Option("--in", help="A jurisdiction, as JP; repeatable; none: all.")
    ] = None,
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
        table.add_row(write_due(each), draft.duty, version, unknown, ", ".join(draft.to))
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
    duty: Annotated[str, typer.Argument(help='A draft, as "jp-appi preliminary" or press.')],
    whom: Annotated[str, typer.Option("--to", help="To whom it went.")],
    when: Annotated[str, typer.Option(help="When; now if left out.")] = "",
    key_file: KeyOption = None,
) -> None:
    """Write down that a person sent a draft: its duty is met, and what waited for it begins."""
    mine = the_case(desk, case, key_file)
    found = [one for one in mine.standing(Draft) if one[1].whom == duty and one[1].sent is None]
    if not found:
        raise NotFoundError(
            f"there is no draft of {duty} to send", hint="chartkeep incident drafts"
        )
    frame, newest = max(found, key=lambda one: one[1].version)
    at = Millis(read_time(when)) if when else now()
    mine.add(
        Draft(duty, newest.version, newest.text, at),
        supersedes=frame.number, evidence=[newest.text],
    )  # fmt: skip
    into = BytesIO()
    mine.read(newest.text, into.write)
    due = read_draft(into.getvalue()).due
    late = ", too late" if due is not None and at > due else ""
    mine.add(Clock(duty, whom, due, at, f"version {newest.version} was sent{late}"))
    console.print(f"{duty}, version {newest.version}, went to {whom} at {show_time(at)}{late}")


def _write(written: list[Written], out: Path) -> None:
    for each in written:
        name = each.draft.duty.replace(" ", "-").replace(",", "")
        path = out / f"{name}-{each.draft.version}.txt"
        path.unlink(missing_ok=True)  # the same version, drafted again
        put(path, each.text.encode())
    console.print(f"{len(written)} drafts written to {out}: they lie there in clear")
