"""One C-CDA document: whose it is, what it is called, and the resources its entries make.

Promises: what it says of its patient is never filled up from elsewhere; an entry that FHIR has no
place for is left to the document, which is kept whole beside. No narrative is interpreted.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import NamedTuple
from xml.etree.ElementTree import Element

from chartkeep.clinical.claim import Claim, Number, read_date
from chartkeep.clinical.issuers import Issuers
from chartkeep.errors import BadInputError
from chartkeep.intake.ccda.drugs import medicines, vaccinations
from chartkeep.intake.ccda.problems import (
    allergies,
    conditions,
    encounters,
    procedures,
    social,
)
from chartkeep.intake.ccda.results import results, vital_signs
from chartkeep.intake.ccda.tree import SPACE, attribute, every, one, parse, words
from chartkeep.intake.ccda.values import Json, Setting, concept, moment, name_of

_NAMELESS = Element("nameless")
MOST_RESOURCES, MOST_TEXTS, MOST_NUMBERS, LONGEST = 5_000, 50_000, 16, 2_000
_Read = Callable[[Element, Setting], Iterator[tuple[Element, Json]]]
SECTIONS: dict[str, _Read] = {
    "11450-4": conditions,
    "46241-6": conditions,
    "11535-2": conditions,
    "11348-0": conditions,
    "48765-2": allergies,
    "10160-0": medicines,
    "10183-2": medicines,
    "29549-3": medicines,
    "42346-7": medicines,
    "11369-6": vaccinations,
    "30954-2": results,
    "8716-3": vital_signs,
    "47519-4": procedures,
    "46240-8": encounters,
    "29762-2": social,
}
"""The LOINC code of a section -> what its entries are."""


class Embedded(NamedTuple):
    """The body of an unstructured document: a PDF, mostly."""

    media_type: str
    raw: bytes


class Document(NamedTuple):
    """A document that was read; `kind` is its type as a CodeableConcept."""

    root: Element
    setting: Setting
    title: str
    date: str
    kind: Json

    def claim(self, issuer: str, issuers: Issuers) -> Claim:
        """Say whose it is. Raises BadInputError when it is several people's, or nobody's."""
        targets = list(every(self.root, "recordTarget/patientRole"))
        if len(targets) != 1:
            raise BadInputError("a document is about one patient", hint="send one for each")
        role = targets[0]
        numbers = tuple(
            Number(issuers.system(each.get("root", ""), issuer), each.get("extension", "").strip())
            for each in list(every(role, "id"))[:MOST_NUMBERS]
            if each.get("extension")
        )
        names = tuple(filter(None, map(words, list(every(role, "patient/name"))[:4])))
        return Claim(numbers, names, read_date(attribute(role, "patient/birthTime", "value")))

    def resources(self, patient: str) -> list[tuple[str, Json]]:
        """Give keys and resources of what its entries say about the patient of this reference."""
        found: dict[str, Json] = {}
        for place, (node, body) in enumerate(self._entries()):
            if len(found) >= MOST_RESOURCES:
                break
            kind = str(body["resourceType"])
            spare = f"{_ident(self.root)} {place}"
            key = name_of(kind, node, patient, spare)
            key = key if key not in found else name_of(kind, _NAMELESS, patient, spare)
            about = "patient" if kind in {"AllergyIntolerance", "Immunization"} else "subject"
            found[key] = {**body, about: {"reference": patient}}
        return list(found.items())

    @property
    def custodian(self) -> str:
        """Say whose document it is."""
        path = "custodian/assignedCustodian/representedCustodianOrganization/name"
        return words(one(self.root, path))[:400] or "unknown"

    def embedded(self) -> Embedded | None:
        """Give the file an unstructured document carries. Raises BadInputError."""
        text = one(self.root, "component/nonXMLBody/text")
        if text is None or text.get("representation") != "B64":
            return None
        try:
            raw = base64.b64decode("".join("".join(text.itertext()).split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadInputError("the file in the document is no Base64") from error
        return Embedded(text.get("mediaType", "application/octet-stream"), raw)

    def _entries(self) -> Iterator[tuple[Element, Json]]:
        for section in every(self.root, "component/structuredBody/component/section"):
            read = SECTIONS.get(attribute(section, "code", "code"))
            for entry in every(section, "entry") if read else ():
                assert read is not None
                yield from read(entry, self.setting)


def read_document(raw: bytes, zone: tzinfo) -> Document:
    """Read a document. `zone` is where its clocks stood when it does not say.

    Raises BadInputError when it is none.
    """
    root = parse(raw)
    if root.tag != f"{SPACE}ClinicalDocument":
        raise BadInputError("no CDA document: its root is another element")
    setting = Setting(zone, _texts(root))
    date = moment(attribute(root, "effectiveTime", "value"), setting)
    kind = concept(one(root, "code"), setting)
    return Document(root, setting, words(one(root, "title"))[:400], date, kind)


def _texts(root: Element) -> dict[str, str]:
    """Gather the pieces of narrative that entries refer to."""
    found: dict[str, str] = {}
    for text in root.iter(f"{SPACE}text"):
        for node in text.iter():
            ident = node.get("ID")
            if ident and len(found) < MOST_TEXTS:
                found.setdefault(ident, _short(node))
    return found


def _short(node: Element) -> str:
    """Give the first text of an element: nested tables are not read again at each level."""
    pieces: list[str] = []
    left = LONGEST
    for piece in node.itertext():
        pieces.append(piece[:left])
        left -= len(piece)
        if left <= 0:
            break
    return " ".join(" ".join(pieces).split())


def _ident(root: Element) -> str:
    return f"{attribute(root, 'id', 'root')} {attribute(root, 'id', 'extension')}"
