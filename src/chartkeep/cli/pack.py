"""Ward packs: made by hand or every quarter of an hour, their codes, and the grant they need."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.acts import do_act
from chartkeep.cli.options import (
    HomeOption,
    console,
    read_hex,
    read_sections,
    read_time,
    show_time,
)
from chartkeep.cli.sessions import kept_session
from chartkeep.continuity.manifest import list_packs as read_manifests
from chartkeep.custody.lines import Window
from chartkeep.errors import UnavailableError
from chartkeep.keyholder import actions
from chartkeep.model import Section, to_text
from chartkeep.sealing.pack import derive_ward_key
from chartkeep.sealing.ward_code import fresh_code
from chartkeep.wiring.home import Home
from chartkeep.wiring.intaking import begin_anew, tell
from chartkeep.wiring.joining import join
from chartkeep.wiring.packing import make_packer, sentence
from chartkeep.wiring.packing import packs as run
from chartkeep.wiring.running import ending_event, now

SECTIONS = (Section.FACE, Section.IDENTITY, Section.CLINICAL, Section.RESULTS)
"""What a pack holds unless two people say otherwise; identity has the contact person."""
WardArgument = Annotated[str, typer.Argument(help="The ward, as ADT names it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (pack, packs, list_packs, ward_code, grant_packs, end_grant):
        app.command()(command)


def pack(
    home: HomeOption,
    ward: WardArgument,
    to: Annotated[
        list[Path] | None, typer.Option(help="A folder; none: those in packs.json; repeatable.")
    ] = None,
) -> None:
    """Make one ward's pack now and put it into its folders."""
    pushed = make_packer(Home(home)).ward(ward, to)
    console.print(sentence(pushed), markup=False, soft_wrap=True)
    console.print(f"pack {pushed.pack}", soft_wrap=True)
    if pushed.trouble:
        raise UnavailableError("the pack is not in all of its folders", hint="see above")


def packs(home: HomeOption) -> None:
    """Make every ward's pack every quarter of an hour, until stopped."""
    if not run(Home(home), ending_event(), tell):
        begin_anew()


def list_packs(
    home: HomeOption, since: Annotated[str, typer.Option(help="From when.")],
    until: Annotated[str, typer.Option(help="Until when; nothing: until now.")] = "",
) -> None:  # fmt: skip
    """List the packs that were made, with their charts, from the ledger's checked lines."""
    kept, house_home = kept_session(), Home(home)
    begin, end = read_time(since), read_time(until) if until else now()
    keyholder = join(house_home, kept.instance).keyholder
    window = Window(keyholder, house_home.releases_key, bytes.fromhex(kept.token), begin, end)
    found = read_manifests(window, begin)
    if not found:
        console.print(f"no pack was made from {show_time(begin)} to {show_time(end)}")
    for made in found:
        where = f"{made.ward}, good until {show_time(made.expires)}" if made.ward else "not noted"
        console.print(
            f"{show_time(made.began)}  {made.pack}  {len(made.charts)} charts  {where}",
            soft_wrap=True, markup=False,
        )  # fmt: skip
        for chart in made.charts:
            console.print(f"  {to_text(chart)}", soft_wrap=True)


def ward_code(home: HomeOption, ward: WardArgument) -> None:
    """Draw a ward's code for its sealed envelope, print it this once; it takes two people."""
    code = fresh_code()
    do_act(home, actions.SetWardKey(ward, derive_ward_key(code).encode()))
    console.print(f"ward {ward}: the code of its packs, kept nowhere", markup=False)
    console.print(f"\n    {code}\n")
    console.print(
        "write it on paper, seal it, keep it on the ward; it opens packs made after the second "
        "person's yes, and the envelope before opens those made until then"
    )


def grant_packs(
    home: HomeOption,
    program: Annotated[str, typer.Argument(help="The packer, as program add named it.")],
    charts: Annotated[int, typer.Option(help="How many different inpatients a day at most.")],
    until: Annotated[str, typer.Option(help="Until when, at most a year.")],
    ward: Annotated[list[str] | None, typer.Option(help="Only these; none: all wards.")] = None,
    section: Annotated[
        list[str] | None, typer.Option(help="face, identity, …; repeatable.")
    ] = None,
) -> None:
    """Let a packer open wards' inpatients for their packs, again and again; it takes two people."""
    sections = read_sections(section) if section else SECTIONS
    mask = sum(1 << each for each in sections)
    do_act(home, actions.GrantPacks(program, ward or [], mask, charts, read_time(until)))


def end_grant(
    home: HomeOption, grant: Annotated[str, typer.Argument(help="Its id: its proposal's.")]
) -> None:
    """Let a grant hold no more, for packs or for anything else; one person can."""
    do_act(home, actions.EndGrant(read_hex(grant, "grant")))
