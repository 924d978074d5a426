"""The derive step: from one checked resource to everything a deposit needs of it.

Pure and without state: the same bytes among the same mates give the same Item.
"""

from chartkeep.clinical.consent import CONSENT_KIND, read_consent
from chartkeep.clinical.face import person_face, place_face
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.keywords import identifier_keywords, patient_keywords
from chartkeep.clinical.ownership import Mates, owner
from chartkeep.clinical.reading import Resource
from chartkeep.clinical.references import check_targets, outer_name, reference_texts
from chartkeep.clinical.sections import section_of
from chartkeep.clinical.steps import ORDER, step_face, step_keywords
from chartkeep.clinical.visits import VISITS, visit_keywords
from chartkeep.model import Section

_NO_KEYWORDS: frozenset[str] = frozenset()


def derive(
    key: str, raw: bytes, resource: Resource, mates: Mates, *, where: str, if_absent: bool = False
) -> Item:
    """Derive an Item. Raises BadElementError when a rule of this house refuses the resource."""
    kind, body = resource.kind, resource.body
    check_targets(kind, body, mates.kind)
    whose = owner(key, body, mates)
    section = section_of(body, whose)
    links: dict[str, str] = {}
    strange: set[str] = set()
    for text in reference_texts(resource.text):
        if named := mates.key(text):
            links[text] = named
        elif outer := outer_name(text) or (text if text == whose.patient else ""):
            links[text] = outer
            strange.add(outer)
    return Item(
        key=key,
        kind=kind,
        raw=raw,
        owner=whose,
        section=section,
        links=links,
        unresolved=tuple(sorted(strange)),
        keywords=_keywords(resource, section, mates),
        face=_face(resource, section),
        where=where,
        if_absent=if_absent,
        consents=read_consent(body) if kind == CONSENT_KIND else (),
    )


def _keywords(resource: Resource, section: Section, mates: Mates) -> frozenset[str]:
    """Give all keywords; where somebody was and whom he saw is not told of what is restricted."""
    kind, body = resource.kind, resource.body
    found = _NO_KEYWORDS
    if "identifier" in body or "masterIdentifier" in body:
        found = identifier_keywords(kind, body)
    if kind == "Patient":
        found |= patient_keywords(body)
    elif kind in VISITS and section != Section.RESTRICTED:
        found |= visit_keywords(body, mates.kind)
    elif kind == ORDER and section == Section.CLINICAL:
        found |= step_keywords(body)
    return found


def _face(resource: Resource, section: Section) -> bytes | None:
    match resource.kind:
        case "ServiceRequest":
            return step_face(resource.body) if section == Section.CLINICAL else None
        case "Patient":
            return person_face(resource.body)
        case "Encounter":
            return place_face(resource.body)
        case _:
            return None
