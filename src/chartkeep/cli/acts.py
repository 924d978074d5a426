"""Acts of administration: by one person, or proposed by one and approved by another."""

import base64
from typing import Annotated

import typer

from chartkeep.cli.init import show_newcomer
from chartkeep.cli.options import (
    HomeOption,
    console,
    read_hex,
    read_purpose,
    read_sections,
    read_time,
)
from chartkeep.cli.search import find_chart
from chartkeep.cli.sessions import kept_session
from chartkeep.custody.charts import Charts
from chartkeep.errors import BadInputError, RefusedError
from chartkeep.keyholder import actions
from chartkeep.keyholder.actions import Actions
from chartkeep.model import to_text
from chartkeep.wiring.founding import enrolment, newcomer
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

ScopeArgument = Annotated[str, typer.Argument(help="session, instance, person or site.")]
WhoArgument = Annotated[str, typer.Argument(help="Its name; nothing for the site.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (
        shred, approve, freeze, unfreeze, place, relate, enrol, leave, grant, limit,
        detach, attach, accept_head,
    ):  # fmt: skip
        app.command()(command)


def shred(
    home: HomeOption,
    patient: Annotated[str, typer.Argument(help="A chart's id, or the patient's number.")],
    reason: Annotated[str, typer.Option(help="Why, in words.")] = "",
    *,
    stop: Annotated[bool, typer.Option("--stop", help="Stop it: any one person can.")] = False,
) -> None:
    """Delete a chart's key for ever: two people, its retention over, and seven days to stop it."""
    kept = kept_session()
    if not stop and len(reason.strip()) < 8:
        raise RefusedError("shredding needs a reason", hint="--reason in a few words")
    house = join(Home(home), kept.instance)
    chart = find_chart(patient, bytes.fromhex(kept.token), house)
    after = "is not shredded" if stop else "is shredded seven days after the second person's yes"
    console.print(f"chart {to_text(chart)} {after}", soft_wrap=True)
    if Charts(house).has_link(chart):
        console.print("it was merged with another chart, which stays: its face names it")
    do_act(home, actions.StopShred(chart) if stop else actions.Shred(chart, reason))


def approve(
    home: HomeOption,
    proposal: Annotated[str, typer.Argument(help="The proposal, as printed or in status.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Be the second person of an act that takes two: it is shown, and asked, before."""
    kept = kept_session()
    keyholder = join(Home(home), kept.instance).keyholder
    waiting = {each.proposal.hex(): each for each in keyholder.proposals(bytes.fromhex(kept.token))}
    if proposal in waiting:
        console.print(
            f"{waiting[proposal].person} proposes {waiting[proposal].words}",
            markup=False, soft_wrap=True,
        )  # fmt: skip
        if not yes:
            typer.confirm("do it?", abort=True)
    acted = keyholder.approve(bytes.fromhex(kept.token), read_hex(proposal, "proposal"))
    console.print(f"done, line {acted.line} of the ledger says so")


def freeze(home: HomeOption, scope: ScopeArgument, who: WhoArgument = "") -> None:
    """Stop releases at once; care floor and break-glass go on where they must."""
    do_act(home, actions.Freeze(scope, who))


def unfreeze(home: HomeOption, scope: ScopeArgument, who: WhoArgument = "") -> None:
    """Let releases go on; it takes two people."""
    do_act(home, actions.Unfreeze(scope, who))


def place(
    home: HomeOption,
    patient: Annotated[str, typer.Argument(help="A chart's id, or the patient's number.")],
    ward: Annotated[str, typer.Argument(help="The ward; empty when the patient left.")],
    bed: Annotated[str, typer.Option(help="The bed; none for an outpatient.")] = "",
) -> None:
    """Say where a patient is; by a person it takes two, a registered source does it by itself."""
    kept = kept_session()
    chart = find_chart(patient, bytes.fromhex(kept.token), join(Home(home), kept.instance))
    do_act(home, actions.Place(chart, ward, bed))


def enrol(
    home: HomeOption,
    name: Annotated[str, typer.Argument(help="The person's name here.")],
    role: Annotated[str, typer.Option(help="nurse, clinician, clerk, radiologist, …")],
    ward: Annotated[list[str] | None, typer.Option(help="Their wards; repeatable.")] = None,
) -> None:
    """Give a person a role and the means to log in; it takes two people."""
    person = newcomer(name, role, ward or ())
    do_act(home, enrolment(person))
    show_newcomer(person, Home(home).file.facility)


def relate(
    home: HomeOption,
    person: Annotated[str, typer.Argument(help="Who treats the patient.")],
    patient: Annotated[str, typer.Argument(help="A chart's id, or the patient's number.")],
    until: Annotated[str, typer.Option(help="Until when.")],
) -> None:
    """Say that a person treats a patient beyond their wards; it takes two people."""
    kept = kept_session()
    chart = find_chart(patient, bytes.fromhex(kept.token), join(Home(home), kept.instance))
    do_act(home, actions.Relate(person, chart, read_time(until)))


def grant(
    home: HomeOption,
    person: Annotated[str, typer.Argument(help="Who may open.")],
    charts: Annotated[int, typer.Option(help="How many charts at most.")],
    until: Annotated[str, typer.Option(help="Until when, at most 30 days.")],
    purpose: Annotated[str, typer.Option(help="Why: HOPERAT, HRESCH, …")],
    section: Annotated[list[str], typer.Option(help="face, clinical, …; repeatable.")],
) -> None:
    """Let a person open many charts, bounded; it takes two people."""
    bits = sum(1 << each for each in read_sections(section))
    end = read_time(until)
    do_act(home, actions.Grant(person, charts, bits, end, read_purpose(purpose)))


def limit(
    home: HomeOption,
    scope: Annotated[str, typer.Argument(help="person, role, instance or site.")],
    kind: Annotated[str, typer.Argument(help="face, chart, search, bulk or break-glass.")],
    most: Annotated[int, typer.Argument(help="How many at most.")],
    hours: Annotated[float, typer.Option(help="In any window of so many hours.")] = 1,
    who: Annotated[str, typer.Option(help="One name; nothing for everyone of the scope.")] = "",
) -> None:
    """Set a budget; it takes two people."""
    do_act(home, actions.SetLimit(scope, who, kind, round(hours * 3_600_000), most))


def detach(home: HomeOption) -> None:
    """Go on without the follower; it takes two people."""
    do_act(home, actions.Detach())


def attach(home: HomeOption) -> None:
    """Have a follower again, from the keyholder's next start."""
    do_act(home, actions.Attach())


def accept_head(
    home: HomeOption, head: Annotated[str, typer.Argument(help="The head, as status prints it.")]
) -> None:
    """Go on although the witness has not answered since start; it takes two people."""
    try:
        root = base64.b64decode(head, validate=True)
    except ValueError as error:
        raise BadInputError("not a head", hint="copy it from chartkeep status") from error
    do_act(home, actions.AcceptHead(root))


def leave(home: HomeOption, name: Annotated[str, typer.Argument(help="Who left.")]) -> None:
    """Let a person go: out everywhere at once."""
    do_act(home, actions.RemovePerson(name))
    console.print("did they open the safe for a trace? then: chartkeep incident rekey")


def do_act(home: HomeOption, action: Actions) -> None:
    """Do an act as the person who is logged in, and say what follows."""
    kept = kept_session()
    acted = join(Home(home), kept.instance).keyholder.act(bytes.fromhex(kept.token), action)
    if acted.proposal:
        console.print("this takes a second person, who logs in and runs", soft_wrap=True)
        console.print(f"  chartkeep approve {acted.proposal.hex()}", soft_wrap=True)
    else:
        console.print(f"done, line {acted.line} of the ledger says so")
