"""How far long work is, shown while it runs and gone afterwards; where nobody watches, nothing.

Whoever stops it (Ctrl-C) is told what became of it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from chartkeep.cli.options import console

GOES_ON: Final = "stopped: what was done is kept, the same command goes on from there"
BEGINS_ANEW: Final = "stopped: nothing of it is kept, the same command begins anew"


class Tell(Protocol):
    """Says how far the work is."""

    def __call__(self, words: str, done: int = 0, of: int | None = None) -> None:
        """Show words, and a bar when it is known how much there is."""


@contextmanager
def working(words: str, stopped: str = GOES_ON) -> Iterator[Tell]:
    """Show what is being done and for how long already; gives what says how far it is.

    `stopped` is said to who stops it, before the command ends.
    """
    shown = Progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(),
        TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    try:
        with shown:
            task = shown.add_task(words, total=None)

            def tell(words: str, done: int = 0, of: int | None = None) -> None:
                shown.update(task, description=words, completed=done, total=of)

            yield tell
    except KeyboardInterrupt:
        print(stopped, file=sys.stderr)
        raise
