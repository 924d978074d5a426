"""`chartkeep`: the commands joined, and the one table that turns errors into exit codes."""

import sys

import typer

from chartkeep.cli import (
    acts,
    demo,
    disclosures,
    exposure,
    host,
    inbox,
    init,
    intake,
    ledger,
    load,
    login,
    merge,
    open_chart,
    processes,
    program,
    query,
    search,
    serve,
    standby,
    status,
    viewer,
    watch,
)
from chartkeep.errors import ChartkeepError, DamagedError, RefusedError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps patients' charts so that a theft cannot become a catastrophe.",
)

for module in (
    init, processes, serve, intake, query, inbox, load, login, open_chart, search, acts, exposure,
    disclosures, merge, ledger, status, host, watch, program, standby, demo, viewer,
):  # fmt: skip
    module.register(app)


def main() -> None:
    """Run a command; an error of ours is a sentence and a hint, never a traceback."""
    try:
        app(standalone_mode=True)
    except ChartkeepError as error:
        print(f"chartkeep: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        raise SystemExit(exit_code(error)) from None
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
