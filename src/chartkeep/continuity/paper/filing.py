"""A line into its chart: what is said of it, and what is filed, in one commit on the one road.

A crash leaves both or neither. What was filed under a form's number and line before is taken once;
with other bytes it is refused (ConflictError).
"""

import msgspec

from chartkeep.clinical.deriving import derive
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.ownership import Owner
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.references import kind_in
from chartkeep.clinical.spelling import encode
from chartkeep.continuity.paper.lines import Line
from chartkeep.continuity.paper.resources import Made, Source, build
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.paper import SOURCE, Kind, paper_item
from chartkeep.model import ChartId, EntryId, Section, to_text

WHERE = Section.CLINICAL
"""Where lines wait: among what they are held against, for whoever treats the patient."""


class _Mates:
    """The resources of one line among each other, and the patient they are about."""

    def __init__(self, keys: set[str], patient: str) -> None:
        self._keys = keys
        self._patient = Owner(patient)

    def kind(self, reference: str) -> str:
        """Read the type out of the reference: only the patient's has one."""
        return kind_in(reference)

    def key(self, reference: str) -> str:
        """Say whether it names one of them."""
        return reference if reference in self._keys else ""

    def owner(self, reference: str) -> Owner | None:
        """Give the patient."""
        return self._patient if reference in self._keys else None


def file_line(
    name: str, kind: Kind, said: msgspec.Struct, before: int,
    filed: tuple[Line, Source | None], chart: ChartId, house: House,
) -> None:  # fmt: skip
    """Write what stands under a line's name and, where it has a source, file the line.

    Raises StaleError when another version than `before` stands there.
    """
    state = paper_item(name, kind, said, WHERE, before)
    line, source = filed
    patient = f"Patient/{to_text(chart)}"
    made = build(line, patient, source) if source is not None else []
    items = _items(made, patient)
    ids = [house.entry_id(SOURCE, item.key) for item in items]
    meant = {
        each.key: f"{each.body['resourceType']}/{to_text(ident)}"
        for each, ident in zip(made, ids, strict=True)
    }
    links = [{text: meant.get(text, text) for text in item.links} for item in items]
    parcel = Parcel(chart, SOURCE, [state, *items], [line_id(name, house), *ids], [{}, *links])
    deposit(parcel, house)


def line_id(name: str, house: House) -> EntryId:
    """Give the id of a line's entry, keyed: a form found on a stair leads to no chart of a disk."""
    return house.entry_id(SOURCE, name)


def _items(made: list[Made], patient: str) -> list[Item]:
    mates = _Mates({each.key for each in made}, patient)
    items = []
    for each in made:
        raw = encode(each.body)
        items.append(derive(each.key, raw, read_resource(raw), mates, where="paper"))
    return items
