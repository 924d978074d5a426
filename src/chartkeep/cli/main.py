"""`chartkeep`: the commands joined, and the one table that turns errors into exit codes."""

import sys

import typer

from chartkeep.cli import processes
from chartkeep.errors import ChartkeepError, DamagedError, RefusedError, UnavailableError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps patients' charts so that a theft cannot become a catastrophe.",
)

EXIT_CODES = {RefusedError: 2, DamagedError: 3, UnavailableError: 4}

for module in (processes,):
    module.register(app)


def main() -> None:
    """Run a command; an error of ours is a sentence and a hint, never a traceback."""
    try:
        app(standalone_mode=True)
    except ChartkeepError as error:
        print(f"chartkeep: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        code = next(c for family, c in EXIT_CODES.items() if isinstance(error, family))
        raise SystemExit(code) from None
