"""A QIDO-RS query as it was typed: keys, what to show besides, which page (PS3.18 8.3.4)."""

from typing import NamedTuple

from chartkeep.errors import BadInputError
from chartkeep.imaging.http.asked import Asked
from chartkeep.imaging.matching import Key
from chartkeep.imaging.tags import read_path

MOST_KEYS = 100
MOST_ROWS = 1_000
"""Rows of one page; what follows them is told by a Warning header."""
_WORDS = frozenset({"limit", "offset", "fuzzymatching", "includefield", "accept", "charset"})
_EVERYTHING = "all"


class Query(NamedTuple):
    """What is asked. `shown`: attributes besides the usual ones; `all`: everything there is."""

    keys: tuple[Key, ...]
    shown: frozenset[str]
    all: bool
    limit: int
    offset: int

    @property
    def names(self) -> str:
        """Name the attributes asked for, without their values, for the journal."""
        return ",".join(sorted(".".join(key.path) for key in self.keys))


def read_query(asked: Asked) -> Query:
    """Read a query. Raises BadInputError for attributes and numbers that are none."""
    fuzzy = asked.value("fuzzymatching").lower() == "true"
    named = [(name, value) for name, value in asked.pairs if name.lower() not in _WORDS]
    if len(named) > MOST_KEYS:
        raise BadInputError(f"over {MOST_KEYS} attributes are asked for")
    keys = tuple(Key(read_path(name), value.strip(), fuzzy) for name, value in named)
    fields = [
        each.strip()
        for name, value in asked.pairs
        if name.lower() == "includefield"
        for each in value.split(",")
        if each.strip()
    ]
    shown = frozenset(read_path(each)[0] for each in fields if each.lower() != _EVERYTHING)
    return Query(
        keys, shown | {key.path[0] for key in keys}, any(f.lower() == _EVERYTHING for f in fields),
        min(_count(asked, "limit", MOST_ROWS), MOST_ROWS), _count(asked, "offset", 0),
    )  # fmt: skip


def _count(asked: Asked, name: str, usual: int) -> int:
    text = asked.value(name)
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadInputError(f"{name} is no number")
    return int(text)
