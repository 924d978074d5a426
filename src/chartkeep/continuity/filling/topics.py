"""Which resources speak of code status, isolation, diet, legal status or restraint.

FHIR R4 has no element for any of them; houses write Flags, Observations, Orders, Procedures and
Consents. They are known by code, or by a category, or else by the words of their code in the four
languages. What is not recognised is not lost: an active Flag stands among the alerts, an
Observation among the results, an order among the orders.
"""

import re
from typing import NamedTuple

from chartkeep.continuity.filling.chart import Json
from chartkeep.continuity.filling.words import codes, concept


class Topic(NamedTuple):
    """One subject: codes of `code` or of a value, Flag or Consent categories, words."""

    codes: frozenset[str]
    categories: frozenset[str]
    words: re.Pattern[str]


def _topic(codes_: str, categories: str, words: str) -> Topic:
    pattern = re.compile(words, re.IGNORECASE)
    return Topic(frozenset(codes_.split()), frozenset(categories.split()), pattern)


CODE_STATUS = _topic(
    # SNOMED CT: resuscitation status; for, not for resuscitation. HL7 v2 0435. LOINC.
    "304251008 304252001 304253006 DNR 75320-2",
    "dnr polst advance-directive",
    r"resuscitat|\bDNR\b|\bDNAR\b|code status|心肺蘇生|蘇生|resusitasi|réanimation",
)
ISOLATION = _topic(
    # SNOMED CT: isolation; airborne, respiratory secretion, contact, transmission-based.
    "40174006 409524006 409525007 409529001 409583003",
    "",
    r"isolation|precautions?\b|感染隔離|予防策|isolasi|kewaspadaan|isolement infect|précautions",
)
LEGAL = _topic(
    # SNOMED CT: voluntary, involuntary admission; by legal authority.
    "135848002 135847007 70755000",
    "",
    r"(in)?voluntary|legal status|任意入院|医療保護入院|措置入院|応急入院|入院形態"
    r"|status hukum|sukarela|tanpa persetujuan|sans consentement|statut légal",
)
RESTRAINT = _topic(
    "386423001",  # SNOMED CT: physical restraint
    "",
    r"restraint|seclusion|拘束|隔離|pengekangan|fiksasi|pengasingan|contention|chambre d'isolement",
)
DIET = _topic("", "diet", r"\bdiet\b|食事|\bdiit\b|\brégime\b")

TOPICS = (CODE_STATUS, LEGAL, ISOLATION, RESTRAINT, DIET)
"""In the order in which they are asked: 感染隔離 is isolation, 隔離 alone seclusion."""

_ANY = re.compile("|".join(topic.words.pattern for topic in TOPICS), re.IGNORECASE)
"""Asked first: of nearly all resources it is the only question."""


def topic_of(body: Json) -> Topic | None:
    """Say what a resource speaks of, if one of these; codes win over words."""
    said = codes(body.get("code")) | codes(body.get("valueCodeableConcept"))
    kept = codes(body.get("category"))
    for topic in TOPICS:
        if said & topic.codes or kept & topic.categories:
            return topic
    named = f"{concept(body.get('code'))} {concept(body.get('valueCodeableConcept'))}"
    if not _ANY.search(named):
        return None
    return next((topic for topic in TOPICS if topic.words.search(named)), None)
