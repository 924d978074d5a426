"""The entries of one bundle among each other: who names whom, who falls with whom.

References are resolved as bundle.html#references says: by fullUrl, by the base of the naming
entry's fullUrl; and, more kindly than the standard, by `Type/id` when just one entry has it.
Promises: an entry whose patient was refused is refused too; other links to refused entries stay.
"""

import msgspec

from chartkeep.clinical.deciding import DECIDING
from chartkeep.clinical.deriving import derive
from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.incoming import Item, Refusal
from chartkeep.clinical.ownership import Owner
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.references import conditional_form, kind_in, relative_form
from chartkeep.clinical.rules import check_rules
from chartkeep.errors import BadInputError
from chartkeep.fhir.entry import NOBODY, Known, Named

_LONGEST_CHAIN = 16
_AMBIGUOUS = -1


class Bundled:
    """All entries of a bundle, read when first asked for, each once."""

    def __init__(
        self, entries: list[Named], known: Known = NOBODY, *, strict: bool = False
    ) -> None:
        self._strict = strict
        self._known = known
        self._entries = _refuse_twins(entries)
        self._exact: dict[str, int] = {}
        self._short: dict[str, int] = {}
        for place, entry in enumerate(self._entries):
            for name in {entry.full_url, entry.key} - {""}:
                self._exact.setdefault(name, place)
            if entry.short:
                self._short[entry.short] = _AMBIGUOUS if entry.short in self._short else place
        self._done: dict[int, Item | Refusal] = {}
        self._reading: list[int] = []

    def outcomes(self) -> list[Item | Refusal]:
        """Give an Item or a Refusal for each entry, in order."""
        return [self.outcome(place) for place in range(len(self._entries))]

    def entry(self, place: int) -> Named:
        """Give an entry's names."""
        return self._entries[place]

    def find(self, reference: str, base: str) -> int | None:
        """Find the entry a reference names; `base` is the naming entry's."""
        if (place := self._exact.get(reference)) is not None:
            return place
        if reference.startswith("urn:"):
            return None
        if condition := conditional_form(reference):
            return self._exact.get(self._known.get(condition, condition))
        relative = relative_form(reference)
        if reference.startswith("http"):
            return self._exact.get(reference.partition("/_history/")[0])
        if (place := self._exact.get(base + relative)) is not None:
            return place
        place = self._short.get(relative)
        return None if place == _AMBIGUOUS else place

    def outcome(self, place: int) -> Item | Refusal:
        """Read one entry, or tell again what came of it."""
        if place not in self._done:
            self._reading.append(place)
            self._done[place] = self._read(self._entries[place])
            self._reading.pop()
        return self._done[place]

    def owner(self, place: int) -> Owner | None:
        """Give the owner of an entry; None in a circle or at the end of a very long chain."""
        if place in self._reading or len(self._reading) > _LONGEST_CHAIN:
            return None
        outcome = self.outcome(place)
        if isinstance(outcome, Refusal):
            raise BadElementError("", f"{outcome.where}, which decides whose this is, was refused")
        return outcome.owner

    def _read(self, entry: Named) -> Item | Refusal:
        if entry.refusal:
            return entry.refusal
        try:
            resource = read_resource(entry.raw)
            if self._strict:
                check_rules(resource.kind, resource.body)
            mates = _View(self, entry.base)
            item = derive(
                entry.key, entry.raw, resource, mates, where=entry.where, if_absent=entry.if_absent
            )
        except BadElementError as error:
            return Refusal(entry.where, entry.kind, error.element, error.reason, error.hint)
        except BadInputError as error:
            return Refusal(entry.where, entry.kind, "", str(error), error.hint)
        return self._with_patient(item)

    def _with_patient(self, item: Item) -> Item | Refusal:
        """Let an item fall with its patient: no chart would hold it."""
        place = self._exact.get(item.owner.patient)
        if item.kind == "Patient" or place is None:
            return item
        if isinstance(fallen := self.outcome(place), Item):
            return item
        element = f"{item.kind}.{DECIDING[item.kind].element}"
        return Refusal(item.where, item.kind, element, f"its patient, {fallen.where}, was refused")


class _View(msgspec.Struct, frozen=True):
    """The bundle as one entry sees it: relative references start from its own base."""

    bundled: Bundled
    base: str

    def kind(self, reference: str) -> str:
        place = self.bundled.find(reference, self.base)
        return kind_in(reference) if place is None else self.bundled.entry(place).kind

    def key(self, reference: str) -> str:
        place = self.bundled.find(reference, self.base)
        return "" if place is None else self.bundled.entry(place).key

    def owner(self, reference: str) -> Owner | None:
        place = self.bundled.find(reference, self.base)
        return None if place is None else self.bundled.owner(place)


def _refuse_twins(entries: list[Named]) -> list[Named]:
    """Refuse entries that share a name: all of them, for a reference could mean either.

    The same bytes sent twice are one entry, so the first of such stays.
    """
    sharing: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        for name in {entry.full_url, entry.key} - {""}:
            sharing.setdefault(name, []).append(place)
    kept = list(entries)
    for places in sharing.values():
        if len(places) == 1:
            continue
        same = len({entries[place].raw for place in places}) == 1
        for place in places[1:] if same else places:
            kept[place] = _twin(entries[place], entries[places[0] if same else places[-1]])
    return kept


def _twin(entry: Named, other: Named) -> Named:
    message = f"shares its name with {other.where}"
    return msgspec.structs.replace(
        entry, refusal=Refusal(entry.where, entry.kind, f"{entry.where}.fullUrl", message)
    )
