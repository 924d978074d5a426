"""`chartkeep duties`: who must be told of a breach, by when, by the laws that are written down."""

from typing import Annotated

import typer

from chartkeep.cli.options import console, plain, read_time
from chartkeep.errors import BadInputError
from chartkeep.incident.duties.applying import Holds, Standing, apply_rules
from chartkeep.incident.duties.rule import Fact, conditions, read_rules
from chartkeep.model import Millis
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(duties)


def duties(
    aware: Annotated[str, typer.Option(help="When somebody knew first: 2024-05-19T16:00+09:00")],
    in_: Annotated[
        list[str] | None, typer.Option("--in", help="A jurisdiction, as JP; repeatable; none: all.")
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(help='What is known, as "health data" or "not unlawful act"; repeatable.'),
    ] = None,
) -> None:
    """Say who must be told of a breach and by when; what is not known yet rules nothing out.

    Not legal advice: each line names its law, and how sure we are of its words.
    """
    rules = [rule for rule in read_rules() if not in_ or rule.jurisdiction in in_]
    if not rules:
        raise BadInputError("no law of that jurisdiction is written down", hint="leave --in out")
    known = dict(conditions(fact or []))
    found = apply_rules(rules, known, Millis(read_time(aware)), {}, now())
    for each in found:
        if each.holds is not Holds.NO:
            to = ", ".join(each.duty.to)
            console.print(plain(f"{each.due}: {each.name}, to {to}"), soft_wrap=True)
            console.print(plain(f"  {_because(each)}"), soft_wrap=True)
            console.print(plain(f"  by {_law(each)}"), soft_wrap=True)
    unasked = [each.value for each in Fact if each not in known]
    console.print(f"not known yet: {', '.join(unasked)}", soft_wrap=True)
    for rule in sorted({each.rule.rule for each in found if each.stale}):
        console.print(f"[bold red]red[/]: the rule {rule} is past its date: look at the law")


def _law(each: Standing) -> str:
    return f"{each.rule.jurisdiction} {each.rule.law} ({each.duty.sure})"


def _because(each: Standing) -> str:
    if each.holds is Holds.YES:
        return "applies"
    return f"cannot be ruled out: {', '.join(fact.value for fact in each.open)}?"
