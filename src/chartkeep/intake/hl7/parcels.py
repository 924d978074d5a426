"""From what a message says to what is deposited: one parcel of one chart, in one commit."""

from collections.abc import Container

from chartkeep.clinical.deriving import derive
from chartkeep.clinical.documents import document_items
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
        self._names = names
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


def read_items(made: list[Built], patient: str, there: Container[str] = ()) -> list[Item]:
    """Check and derive what was made, the last of two under one key.

    `there`: what is known to be in the chart, and is left out where it need only be there.
    Raises BadInputError when something is no FHIR, naming the element.
    """
    last = {each.key: each for each in made}
    mates = Together(last.keys() | {patient}, patient)
    needed = [each for each in last.values() if not (each.if_absent and each.key in there)]
    return [item for each in needed for item in _items(each, mates)]


def _items(built: Built, mates: Together) -> list[Item]:
    kind = str(built.body["resourceType"])
    if built.file is not None:
        return document_items(built.key, built.body, built.file, mates, where=kind)
    raw = encode(built.body)
    read = read_resource(raw)
    return [derive(built.key, raw, read, mates, where=kind, if_absent=built.if_absent)]


def _meant(key: str, chart: ChartId, source: str, house: House) -> str:
    """Write a reference as this house does: to the patient, or to what has this key."""
    kind, _, _ = key.partition("/")
    ident = chart if kind == "Patient" else house.entry_id(source, key)
    return f"{kind}/{to_text(ident)}"


def message_parcel(
    chart: ChartId, source: str, items: list[Item], person: Parcel | None, house: House
) -> Parcel:
    """Put a message's items, and the Patient they came with, into one parcel."""
    ids = [house.entry_id(source, item.key) for item in items]
    named = {text for item in items for text in item.links}  # few, named often
    meant = {text: _meant(text, chart, source, house) for text in named}
    links = [{text: meant[text] for text in item.links} for item in items]
    if person is None:
        return Parcel(chart, source, items, ids, links)
    return Parcel(
        chart, source, [*person.items, *items], [*person.ids, *ids], [*person.links, *links],
        person.new,
    )  # fmt: skip
