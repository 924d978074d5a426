"""From what a door took apart to parcels: which chart each item goes to, what each reference means.

Every name is looked up once, by id, in the store: nothing is opened. What names nobody is refused
by place and element, and the rest goes on; the facility's parcel comes first.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chartkeep.clinical.incoming import Item, Parsed, Refusal
from chartkeep.clinical.references import reference_place
from chartkeep.custody.deposit import Parcel
from chartkeep.custody.house import House
from chartkeep.custody.names import candidates, is_uuid, own_id
from chartkeep.model import ChartId, EntryId, to_text

NOBODY: Mapping[str, str] = {}


class Target(NamedTuple):
    """What a name means: a resource of this house; `kind` empty when it was refused just now.

    `ident` is its id where that is not its entry's.
    """

    entry: EntryId
    kind: str
    chart: ChartId
    ident: str = ""

    def reference(self) -> str:
        """Write it as a FHIR reference; a bare id when its type is not known yet."""
        ident = self.ident or to_text(self.entry)
        return f"{self.kind}/{ident}" if self.kind else ident


class Routed(NamedTuple):
    """Parcels in the order they must be deposited, and the items that name nobody."""

    parcels: list[Parcel]
    refusals: list[Refusal]


def route(parsed: Parsed, source: str, house: House, known: Mapping[str, str] = NOBODY) -> Routed:
    """Sort a file's items into parcels. `source` names the feed, the same on every run.

    `known`: what conditional references mean that were asked before: condition -> `Type/id`.
    """
    targets = _targets(parsed.items, source, house, known)
    by_chart: dict[ChartId, list[Item]] = {house.chart: []}
    refusals: list[Refusal] = []
    for item in parsed.items:
        refusal = _check_names(item, targets)
        if refusal is not None:
            refusals.append(refusal)
        else:
            by_chart.setdefault(_chart_of(item, targets, house), []).append(item)
    parcels = [_parcel(chart, source, items, targets) for chart, items in by_chart.items() if items]
    return Routed(parcels, refusals)


def _parcel(chart: ChartId, source: str, items: list[Item], targets: dict[str, Target]) -> Parcel:
    ids = [targets[item.key].entry for item in items]
    named = {name for item in items for name in item.links.values()}  # few, named often
    references = {name: targets[name].reference() for name in named}
    links = [{text: references[name] for text, name in item.links.items()} for item in items]
    return Parcel(chart, source, items, ids, links, any(item.kind == "Patient" for item in items))


def _targets(
    items: list[Item], source: str, house: House, known_names: Mapping[str, str]
) -> dict[str, Target]:
    """Give what every name in the items means, as far as anybody knows."""
    outer = {name for item in items for name in item.unresolved}
    outer |= {item.owner.patient for item in items if item.owner.patient}
    targets = _stored(outer, source, house)
    meant = _stored({known_names[name] for name in outer & known_names.keys()}, source, house)
    targets |= {n: meant[k] for n, k in known_names.items() if n in outer and k in meant}
    known = _stored({item.key for item in items if _names_id(item.key, item.kind)}, source, house)
    for item in items:
        entry = house.entry_id(source, item.key)
        new = Target(entry, item.kind, ChartId(entry), own_id(source, item.key, item.kind))
        there = known.get(item.key, new)
        targets[item.key] = there if there.kind == item.kind else new
    for item in items:
        for name in item.links.values():
            if name not in targets and name not in item.unresolved:  # a mate that was refused
                entry = house.entry_id(source, name)
                targets[name] = Target(entry, "", ChartId(entry))
    return targets


def _stored(names: Iterable[str], source: str, house: House) -> dict[str, Target]:
    """Look names up: as this source's key, and as an id this house gave out."""
    asked = [(name, entry) for name in names for entry in candidates(name, source, house)]
    found: dict[str, Target] = {}
    heads = house.heads([entry for _, entry in asked])
    for (name, entry), head in zip(asked, heads, strict=True):
        if head.version and name not in found:
            own = entry == house.entry_id(source, name)
            ident = own_id(source, name, head.kind) if own else ""
            found[name] = Target(entry, head.kind, ChartId(head.chart), ident)
    return found


def _names_id(key: str, kind: str) -> bool:
    """Say whether an item's own key may be an id this house gave out: a PUT of what it has."""
    return is_uuid(key[len(kind) + 1 :]) and key.startswith(f"{kind}/")


def _check_names(item: Item, targets: dict[str, Target]) -> Refusal | None:
    """Refuse an item that names nobody, or whose patient is none."""
    for name in item.unresolved:
        if name not in targets:
            element = _element(item, name)
            message = "refers to a resource that nobody has sent"
            return Refusal(item.where, item.kind, element, message, "send that one too, or first")
    patient = item.owner.patient
    if patient and (patient not in targets or targets[patient].kind != "Patient"):
        element = _element(item, patient)
        message = "belongs to a patient nobody has sent"
        return Refusal(item.where, item.kind, element, message, "send the Patient too, or first")
    return None


def _element(item: Item, name: str) -> str:
    """Name the element whose reference this is, for the message."""
    texts = [text for text, named in item.links.items() if named == name]
    return reference_place(item.kind, item.raw, texts[0]) if texts else item.kind


def _chart_of(item: Item, targets: dict[str, Target], house: House) -> ChartId:
    if not item.owner.patient:
        return house.chart
    return targets[item.owner.patient].chart
