"""A hospital's own program hears alarms: a pager, a mail, a siren.

Promises never to hold up who rings: the program runs beside us, and one that cannot be started
or hangs is nobody's but its own. Sentences hold no patient content.
"""

import os
import subprocess
from collections.abc import Callable

MOST = 4
"""Programs of one hook that run at a time; while they all hang, nothing more is started."""


def hook_of(program: str) -> Callable[[str], None] | None:
    """Make what starts a program with a sentence; None where there is no program."""
    if not program:
        return None
    running: list[subprocess.Popen[bytes]] = []

    def tell(sentence: str) -> None:
        running[:] = [child for child in running if child.poll() is None]
        if len(running) >= MOST:
            return
        try:
            running.append(
                subprocess.Popen(  # noqa: S603 - the house's own configuration
                    [program, sentence],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={"PATH": os.defpath},
                    start_new_session=True,
                )
            )
        except OSError:
            return

    return tell
