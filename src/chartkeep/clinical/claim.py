"""What a feed says about whose it is: numbers, names, a birth date. Pure.

Promises that a claim asks the keyholder about nothing but whole parts of names and a birth date.
"""

import re

import msgspec

from chartkeep.clinical.keywords import birth_keyword, number_keyword, whole_keywords

MOST_TOKENS = 8
"""Of names in one question: more would be a dictionary, and nobody has so many in two scripts."""
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_DENSE_DATE = re.compile(r"([0-9]{4})([0-9]{2})?([0-9]{2})?[0-9.+-]*")


class Number(msgspec.Struct, frozen=True):
    """A number and the system it was given under (`issuers`); without one it decides nothing."""

    system: str
    value: str

    @property
    def keyword(self) -> str:
        """Write it as the keyword its chart is found by; empty when it can decide nothing."""
        return number_keyword(self.system, self.value)


class Claim(msgspec.Struct, frozen=True):
    """Whose something is, as its sender says; what is empty asks nothing.

    `names`: each a whole name as text, in any script, in any order of its parts; the first name's
    first part is asked first. `birth_date`: YYYY-MM-DD, YYYY-MM or YYYY (`read_date`).
    """

    numbers: tuple[Number, ...] = ()
    names: tuple[str, ...] = ()
    birth_date: str = ""

    @property
    def keywords(self) -> tuple[str, ...]:
        """Give what must agree, as the keyholder compares it: a birth date, any part of a name."""
        tokens = dict.fromkeys(word for name in self.names for word in whole_keywords(name))
        birth = birth_keyword(self.birth_date) if _DATE.fullmatch(self.birth_date) else ""
        return ((birth,) if birth else ()) + tuple(tokens)[:MOST_TOKENS]


def patient_of(claim: Claim) -> bytes:
    """Write a Patient of what a claim says, for a person nobody has sent yet."""
    body: dict[str, object] = {
        "resourceType": "Patient",
        "identifier": [
            {"system": number.system, "value": number.value}
            for number in claim.numbers
            if number.keyword
        ],
    }
    if claim.names:
        body["name"] = [{"text": name} for name in claim.names]
    if _DATE.fullmatch(claim.birth_date):
        body["birthDate"] = claim.birth_date
    return msgspec.json.encode(body)


def read_date(text: str) -> str:
    """Write a birth date of HL7 v2 or DICOM (YYYYMMDD, shorter, or with a time) as FHIR does.

    Gives the text back where it is one already, and an empty one where it is none.
    """
    if _DATE.fullmatch(text):
        return text
    found = _DENSE_DATE.fullmatch(text.strip())
    return "-".join(part for part in found.groups() if part) if found else ""
