"""The marks of all a house ever let out, looked for in a leak, and by door what was found.

looked = Looked.of(look, house, notes)    # before the leak is read
Tracing(matcher, marks=looked.reading)
looked.found()                        # for `through(…, marked=…)`
"""

from typing import NamedTuple, Self

from chartkeep.custody.exports import Order, list_orders
from chartkeep.custody.house import House
from chartkeep.custody.marking import read_mark
from chartkeep.custody.release import Look
from chartkeep.custody.sheet_marks import SheetMarks
from chartkeep.incident.trace.marks.reading import Reading
from chartkeep.model import EntryId

HARDLY = 1e-4


class Looked(NamedTuple):
    """Orders of exports, and what is read of their marks."""

    orders: dict[EntryId, Order]
    reading: Reading

    @classmethod
    def of(cls, look: Look, house: House, notes: House) -> Self:
        """Open the orders, with `look` of the ordinary section; `notes`: a hold that may note."""
        orders = {ident: each for ident, each in list_orders(look, house).items() if each.mark}
        marks = {ident: read_mark(one.mark) for ident, one in orders.items()}
        return cls(orders, Reading(marks, sheets=SheetMarks.of_house(notes)))

    @property
    def is_marked(self) -> bool:
        """Say whether a mark stands there that is hardly there by chance."""
        return min(self.found().values(), default=1.0) < HARDLY

    def found(self) -> dict[bytes, float]:
        """Give by what chance a mark stands there: of a grant's exports the best, and of packs.

        A pack goes by the first bytes of its id.
        """
        found = self.reading.packs()
        for ident, chance in self.reading.chances().items():
            grant = self.orders[ident].grant
            found[grant] = min(chance, found.get(grant, 1.0))
        return found
