"""`chartkeep incident export, stamp`: a case as a bag for somebody outside."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, the_case
from chartkeep.cli.options import console, show_time
from chartkeep.errors import RefusedError
from chartkeep.incident.case.bag import export_bag
from chartkeep.incident.case.contents import Wish
from chartkeep.incident.counted import many
from chartkeep.wiring.running import now

StampOption = Annotated[str, typer.Option("--tsa", help="A time-stamping authority: https://…")]
AuthorityOption = Annotated[
    Path | None, typer.Option("--tsa-ca", help="The authority's certificates, PEM.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(export)
    app.command()(stamp)


def export(
    desk: DeskOption,
    case: CaseOption,
    out: Annotated[Path, typer.Argument(help="The bag's folder; it must not be there.")],
    whom: Annotated[str, typer.Option("--to", help="Who is to have it.")],
    why: Annotated[str, typer.Option(help="Why.")],
    people: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--with-people", help="With evidence that may name patients.")
    ] = False,
    without: Annotated[
        list[int] | None, typer.Option(help="An event to leave out, by number; repeatable.")
    ] = None,
    tsa: StampOption = "",
    tsa_ca: AuthorityOption = None,
    key_file: KeyOption = None,
) -> None:
    """Make a bag (BagIt) of a case: events with ledger proofs, evidence, custody log, STIX 2.1.

    Everything in it lies in clear. The case says who got it and why.
    """
    authority = _authority(tsa, tsa_ca)
    opened = the_case(desk, case, key_file)
    wish = Wish(whom, why, people, frozenset(without or []))
    made = export_bag(opened, out, wish, now())
    console.print(
        f"{made.path}: {many(made.events, 'event')}, {many(made.evidence, 'piece')} of evidence, "
        f"{made.withheld} left out and named", markup=False, soft_wrap=True,
    )  # fmt: skip
    if tsa:
        _stamp(made.path, tsa, authority)
    console.print("a stranger checks it with", soft_wrap=True)
    log = opened.desk.log
    house = f" --house {log.text()}" if log else ""
    command = f"  python verify/verify_bag.py {out} --key {opened.desk.file.key}{house}"
    console.print(command, markup=False, soft_wrap=True)


def stamp(
    bag: Annotated[Path, typer.Argument(help="A bag that was made before.")],
    tsa: StampOption,
    tsa_ca: AuthorityOption,
) -> None:
    """Have an authority stamp a bag's signature with the time (RFC 3161); it sees a hash."""
    _stamp(bag, tsa, _authority(tsa, tsa_ca))


def _authority(tsa: str, path: Path | None) -> bytes:
    """Read the authority's certificates before anything is done."""
    if not tsa:
        return b""
    if path is None:
        raise RefusedError(
            "a time stamp nobody can check proves nothing", hint="--tsa-ca certificates.pem"
        )
    return path.read_bytes()


def _stamp(bag: Path, tsa: str, authority: bytes) -> None:
    from chartkeep.incident.case.stamping import stamp_bag  # noqa: PLC0415 - a library of extra desk

    console.print(f"stamped {show_time(stamp_bag(bag, tsa, authority))}")
