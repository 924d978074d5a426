"""The list of all acts, in the order they are shown."""

from collections.abc import Callable
from typing import NamedTuple

from attack.acts.day import Day

Do = Callable[[Day], None]


class Act(NamedTuple):
    """One act: who must notice it, and how soon (seconds); `quick` ones run in `make attack`."""

    name: str
    sentence: str
    do: Do
    by: tuple[str, ...]
    about: str
    within: float
    quick: bool


ACTS: list[Act] = []


def act(*by: str, about: str = "", within: float = 60.0, quick: bool = False) -> Callable[[Do], Do]:
    """Add a function to the table; its docstring is the sentence, `about` words of the alarm."""

    def add(do: Do) -> Do:
        sentence = (do.__doc__ or "").splitlines()[0].rstrip(".").lower()
        ACTS.append(Act(do.__name__, sentence, do, by, about, within, quick))
        return do

    return add
