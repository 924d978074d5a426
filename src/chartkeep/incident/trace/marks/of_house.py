"""The marks of all exports a house ever let out, looked for in a leak, and by grant what was found.

looked = Looked.of(look, house)       # before the leak is read
Tracing(matcher, marks=looked.reading)
looked.by_grant()                     # for `through(…, marked=…)`
"""

from typing import NamedTuple, Self

from chartkeep.custody.exports import Order, list_orders
from chartkeep.custody.house import House
from chartkeep.custody.marking import read_mark
from chartkeep.custody.release import Look
from chartkeep.incident.trace.marks.reading import Reading
from chartkeep.model import EntryId


class Looked(NamedTuple):
    """Orders of exports, and what is read of their marks."""

    orders: dict[EntryId, Order]
    reading: Reading

    @classmethod
    def of(cls, look: Look, house: House) -> Self:
        """Open the orders, with `look` of the ordinary section."""
        orders = {ident: each for ident, each in list_orders(look, house).items() if each.mark}
        return cls(orders, Reading({ident: read_mark(one.mark) for ident, one in orders.items()}))

    def by_grant(self) -> dict[bytes, float]:
        """Give, for each grant, by what chance the best mark of its exports stands there."""
        found: dict[bytes, float] = {}
        for ident, chance in self.reading.chances().items():
            grant = self.orders[ident].grant
            found[grant] = min(chance, found.get(grant, 1.0))
        return found
