"""All records of one type, kept for longer than one search, with an index of their codes.

    records = Indexed(records)              # for as long as the chart is open and unchanged
    records.having("code", ["8867-4"])      # no record that could match is left out

It narrows what is compared and decides nothing: every candidate is tested as without it.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from chartkeep.clinical.search.pool import Record
from chartkeep.clinical.search.sources import sources_of
from chartkeep.clinical.search.tokens import asked_code, pairs_of

T = TypeVar("T", bound=Record)
Places = dict[str, list[int]]
"""Where in the list the records stand that have a code, in lower case."""


class Indexed(list[T]):
    """Records of one type in an order that stays; the index of a parameter is made when asked."""

    __slots__ = ("_places",)

    def __init__(self, records: Iterable[T]) -> None:
        super().__init__(records)
        self._places: dict[str, Places] = {}

    def having(self, name: str, asked: Sequence[str]) -> list[T]:
        """Give the records that have one of the codes in a token parameter.

        All of them when a value names a system only. Raises BadInputError for no token.
        """
        codes = {asked_code(name, each) for each in asked}
        if "" in codes or not self:
            return self
        places = self._places.get(name)
        if places is None:
            places = self._places[name] = self._index(name)
        found = {at for code in codes for at in places.get(code, ())}
        return [self[at] for at in sorted(found)]

    def _index(self, name: str) -> Places:
        places: Places = {}
        for source in sources_of(self[0].kind, name):
            pairs = pairs_of(source.type)
            if pairs is None:
                continue
            for at, record in enumerate(self):
                for element in source.elements(record):
                    for _, code in pairs(element):
                        places.setdefault(code, []).append(at)
        return places
