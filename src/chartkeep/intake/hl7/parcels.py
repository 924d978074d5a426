"""From what a message says to what is deposited: one parcel of one chart, in one commit."""

from chartkeep.clinical.deriving import derive
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.ownership import Owner
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.references import kind_in
from chartkeep.clinical.spelling import encode
from chartkeep.custody.deposit import Parcel
from chartkeep.custody.house import House
from chartkeep.intake.hl7.case import Built
from chartkeep.model import ChartId, to_text


class Together:
    """The resources of one message among each other: all of them are one patient's."""

    def __init__(self, names: set[str], patient: str) -> None:
        self._names = names | {patient}
        self._owner = Owner(patient)

    def kind(self, reference: str) -> str:
        """Read the type out of the reference."""
        return kind_in(reference)

    def key(self, reference: str) -> str:
        """Say whether it names one of them: their keys are how they refer to each other."""
        return reference if reference in self._names else ""

    def owner(self, reference: str) -> Owner | None:
        """Give the patient."""
        return self._owner if reference in self._names else None


def read_items(made: list[Built], patient: str) -> list[Item]:
    """Check and derive what was made; twins of one key in one message: the last one says it.

    Raises BadInputError when something is no FHIR, naming the element.
    """
    mates = Together({each.key for each in made}, patient)
    return [_item(each, mates) for each in {each.key: each for each in made}.values()]


def _item(built: Built, mates: Together) -> Item:
    raw = encode(built.body)
    kind = str(built.body["resourceType"])
    return derive(
        built.key, raw, read_resource(raw), mates, where=kind, if_absent=built.if_absent
    )  # fmt: skip


def message_parcel(
    chart: ChartId, source: str, items: list[Item], person: Parcel | None, house: House
) -> Parcel:
    """Put a message's items, and the Patient they came with, into one parcel."""
    ids = [house.entry_id(source, item.key) for item in items]
    names = {
        item.key: f"{item.kind}/{to_text(ident)}" for item, ident in zip(items, ids, strict=True)
    }
    names[f"Patient/{to_text(chart)}"] = f"Patient/{to_text(chart)}"
    links = [{text: names[name] for text, name in item.links.items()} for item in items]
    if person is None:
        return Parcel(chart, source, items, ids, links)
    return Parcel(
        chart, source, [*person.items, *items], [*person.ids, *ids], [*person.links, *links],
        person.new,
    )  # fmt: skip
