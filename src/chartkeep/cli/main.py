"""`chartkeep`: the commands joined, and the one table that turns errors into exit codes."""

import sys
from importlib import import_module

import typer

from chartkeep.cli import incident
from chartkeep.errors import ChartkeepError, DamagedError, RefusedError

COMMANDS = {
    "init": ("init",),
    "keyholder": ("keyholder",),
    "store": ("store",),
    "witness": ("witness", "accept-gap"),
    "serve": ("serve",),
    "intake": ("intake",),
    "query": ("query",),
    "inbox": ("inbox",),
    "load": ("load",),
    "login": ("login", "logout"),
    "open_chart": ("open",),
    "search": ("search",),
    "acts": (
        "shred", "approve", "freeze", "unfreeze", "place", "relate", "enrol", "leave", "grant",
        "limit", "detach", "attach", "accept-head",
    ),
    "disclosures": ("disclosures",),
    "duties": ("duties",),
    "incident": ("incident",),
    "merge": ("merge",),
    "ledger": ("ledger",),
    "forms": ("forms",),
    "status": ("status",),
    "resume": ("resume",),
    "host": ("decoys", "rotate"),
    "watch": ("session", "review"),
    "program": ("program",),
    "pack": ("pack", "packs", "list-packs", "ward-code", "grant-packs", "end-grant"),
    "standby": (
        "follower", "follower-home", "promote", "copy-back", "recover", "operators", "backup",
        "restore-keyholder", "rekey",
    ),
    "vault": ("vault", "vault-home", "vault-resume", "vault-status"),
    "restore": ("restore",),
    "drill": ("drill",),
    "demo": ("demo",),
    "probe": ("probe",),
    "viewer": ("viewer",),
}  # fmt: skip
"""The commands of each module of `cli`, in the order of the help text."""


def commands(asked: str = "", verb: str = "") -> typer.Typer:
    """Join the commands; of one that is asked for (of a desk's verb, too), its own module alone.

    So a keeper's process holds nothing but its own part: no decoder of pictures, no web server.
    """
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Keeps patients' charts so that a theft cannot become a catastrophe.",
    )
    app.callback()(lambda: None)  # with one command alone it is still said by its name
    mine = [module for module, names in COMMANDS.items() if asked in names]
    for module in mine or COMMANDS:
        if module == "incident":
            incident.register(app, verb)
        else:
            import_module(f"chartkeep.cli.{module}").register(app)
    return app


def main() -> None:
    """Run a command; an error of ours is a sentence and a hint, never a traceback."""
    try:
        commands(*sys.argv[1:3])(prog_name="chartkeep", standalone_mode=True)
    except ChartkeepError as error:
        print(f"chartkeep: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        raise SystemExit(exit_code(error)) from None
    except KeyboardInterrupt:  # before its command began: later ones are `cli.progress`'s to say
        raise SystemExit(130) from None
    except OSError as error:  # of a path on the command line: all others are turned into ours
        print(f"chartkeep: {error.strerror}: {error.filename}", file=sys.stderr)
        print("hint: name another file or folder", file=sys.stderr)
        raise SystemExit(2) from None


def exit_code(error: ChartkeepError) -> int:
    """Say who must act: 2 the caller, 3 whoever keeps the data, 4 nobody yet, try later."""
    match error:
        case RefusedError():
            return 2
        case DamagedError():
            return 3
        case _:
            return 4
