"""From what a file says to what is deposited: resources of one chart, in one commit."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from chartkeep.clinical.deriving import derive
from chartkeep.clinical.documents import File, document_items
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.ownership import Owner
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.references import kind_in
from chartkeep.clinical.spelling import encode
from chartkeep.custody.deposit import Parcel, Receipt, deposit
from chartkeep.custody.house import House
from chartkeep.errors import BadInputError
from chartkeep.model import ChartId, to_text

Json = dict[str, Any]
SOURCE = "folders"
"""The source of what files make: the same file in another folder is the same."""


class Made(NamedTuple):
    """A resource made of a file. `key` is its name, and what the others refer to it by.

    `file`: what a DocumentReference is about, kept beside it.
    """

    key: str
    body: Json
    file: File | None = None


class _Together:
    """The resources of one file among each other: all are one patient's."""

    def __init__(self, keys: set[str], patient: str) -> None:
        self._keys = keys | {patient}
        self._owner = Owner(patient)

    def kind(self, reference: str) -> str:
        """Read the type out of the reference."""
        return kind_in(reference)

    def key(self, reference: str) -> str:
        """Say whether it names one of them."""
        return reference if reference in self._keys else ""

    def owner(self, reference: str) -> Owner | None:
        """Give the patient."""
        return self._owner if reference in self._keys else None


def subject(chart: ChartId) -> str:
    """Write the reference to a chart's patient."""
    return f"Patient/{to_text(chart)}"


def read_items(made: Sequence[Made], patient: str) -> list[Item]:
    """Check and derive what was made. Raises BadInputError, naming the element."""
    mates = _Together({each.key for each in made}, patient)
    once = {each.key: each for each in made}.values()
    return [item for each in once for item in _items(each, mates)]


def right(made: Sequence[Made], patient: str) -> list[Made]:
    """Give those that are FHIR: what is read out of a document that is kept may be otherwise."""
    mates = _Together(set(), patient)
    return [each for each in made if _is_right(each, mates)]


def _is_right(made: Made, mates: _Together) -> bool:
    try:
        _items(made, mates)
    except BadInputError:
        return False
    return True


def file_items(chart: ChartId, items: list[Item], house: House) -> Receipt:
    """Deposit items in a chart, all or nothing. Raises as `deposit`."""
    ids = [house.entry_id(SOURCE, item.key) for item in items]
    names = {item.key: f"{item.kind}/{to_text(at)}" for item, at in zip(items, ids, strict=True)}
    names[subject(chart)] = subject(chart)
    links = [{text: names[name] for text, name in item.links.items()} for item in items]
    return deposit(Parcel(chart, SOURCE, items, ids, links), house)


def _items(made: Made, mates: _Together) -> list[Item]:
    kind = str(made.body["resourceType"])
    if made.file is not None:
        return document_items(made.key, made.body, made.file, mates, where=kind)
    raw = encode(made.body)
    return [derive(made.key, raw, read_resource(raw), mates, where=kind)]
