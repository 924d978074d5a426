"""To whom a person's letter goes: to themselves, a minor's guardians, or a dead person's family.

Pure over a checked Patient. A letter to the wrong door is a second breach: an address that ended,
one that is not for post, and a relative without an address of their own are not guessed around.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

import msgspec

Json = Mapping[str, Any]

JAPAN = frozenset({"JP", "JPN"})
_CODE_FIRST = frozenset(
    {"AT", "AUT", "BE", "BEL", "CH", "CHE", "DE", "DEU", "DK", "DNK", "ES", "ESP", "FI", "FIN",
     "FR", "FRA", "IT", "ITA", "LU", "LUX", "NL", "NLD", "NO", "NOR", "PL", "POL", "PT", "PRT",
     "SE", "SWE"}
)  # fmt: skip
"""Countries of Europe whose post reads the code before the town."""
_JAPANESE_CODE = re.compile(r"[0-9]{3}-[0-9]{4}", re.ASCII).fullmatch
"""No other country's post code looks so: an address at home often names no country."""
LONGEST = 120
"""Characters of a name or of an address line that a letter has room for; nothing is cut."""
MOST_LINES = 6
_GUARDIANS = frozenset({"GUARD", "PRN", "MTH", "FTH", "NMTH", "NFTH", "N"})
_KIN = frozenset(
    {"N", "NOK", "SPS", "HUSB", "WIFE", "DOMPART", "CHILD", "SON", "DAU", "MTH", "FTH"}
)
"""HL7 v3 RoleCode and v2 table 0131: `N` is next of kin."""
_ONE_MAILBOX = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,190}", re.ASCII).fullmatch
"""Letters mail takes everywhere; any other would go out rewritten, to an address of nobody."""
_PAST_NAMES = frozenset({"old", "maiden", "temp", "anonymous", "nickname"})
_SPELLINGS = frozenset({"SYL", "ABC"})
"""How a name sounds, beside how it is written (ISO 21090)."""


class To(StrEnum):
    """Who a letter is to."""

    PERSON = "the person"
    GUARDIANS = "parents or guardians"
    FAMILY = "the family"


class Recipient(msgspec.Struct, frozen=True, array_like=True):
    """A letter's reader. `subject`: whose data it is; `name`: who stands on the envelope.

    `address`: lines as the post wants them, empty when none is known; `email` is the person's own,
    never a relative's, and never used without their agreement. `language`: what they asked to be
    spoken to in, or empty.
    """

    to: To
    subject: str
    name: str
    address: tuple[str, ...]
    country: str
    language: str
    email: str

    @property
    def is_japanese(self) -> bool:
        """Say whether the letter goes through the Japanese post."""
        return self.country in JAPAN

    @property
    def fits(self) -> bool:
        """Say whether name and address have room on a letter: half an address is another one."""
        lines = (self.subject, self.name, *self.address)
        return len(self.address) <= MOST_LINES and all(len(line) <= LONGEST for line in lines)


def recipient_of(patient: Json, on: date, adult: int) -> Recipient:
    """Say whom to write to about a Patient on a day; `adult`: years from which one is of age."""
    subject = name_of(patient.get("name", ()), on)
    language = _language(patient.get("communication", ()))
    if patient.get("deceasedBoolean", "deceasedDateTime" in patient):
        to, relatives = To.FAMILY, _KIN
    elif is_minor(patient.get("birthDate", ""), on, adult):
        to, relatives = To.GUARDIANS, _GUARDIANS
    else:
        return Recipient(
            To.PERSON, subject, subject, *_postal(patient.get("address", ()), on), language,
            _email(patient.get("telecom", ()), on),
        )  # fmt: skip
    for contact in _related(patient.get("contact", ()), relatives, on):
        lines, country = _postal([contact["address"]] if "address" in contact else [], on)
        name = name_of([contact["name"]] if "name" in contact else [], on)
        if lines and name:
            return Recipient(to, subject, name, lines, country, language, "")
    # A child lives with those who answer for it; where a dead person lived, anybody may live now.
    own = patient.get("address", ()) if to is To.GUARDIANS else ()
    return Recipient(to, subject, subject, *_postal(own, on), language, "")


def is_minor(born: str, on: date, adult: int) -> bool:
    """Say whether a person may not be of age; a birth date told in part is taken for its end."""
    if not born:
        return False
    year, month, day = map(int, (born + "-12-31"[len(born) - 4 :]).split("-"))
    return (on.year - year, on.month, on.day) < (adult, month, day)


def name_of(names: Iterable[Json], on: date) -> str:
    """Give a name as it is written; empty when there is none that holds."""
    holding = [one for one in names if one.get("use") not in _PAST_NAMES and _holds(one, on)]
    best = sorted(holding, key=lambda one: (_is_spelling(one), one.get("use") != "official"))
    return _plain(_written(best[0])) if best else ""


def _written(name: Json) -> str:
    text: str = name.get("text", "").strip()
    if text:
        return text
    family, given = name.get("family", ""), [part for part in name.get("given", ()) if part]
    dense = any(ord(char) > 0x2E80 for char in family)  # Han, kana, hangul: the family name first
    return " ".join(filter(None, (family, *given) if dense else (*given, family)))


def _is_spelling(name: Json) -> bool:
    return any(each.get("valueCode") in _SPELLINGS for each in name.get("extension", ()))


def _postal(addresses: Iterable[Json], on: date) -> tuple[tuple[str, ...], str]:
    usable = [
        each for each in addresses
        if each.get("use") != "old" and each.get("type") != "physical" and _holds(each, on)
    ]  # fmt: skip
    order = {"home": 0, "temp": 1, "work": 2, "billing": 3}
    usable.sort(key=lambda each: (each.get("type") != "postal", order.get(each.get("use", ""), 1)))
    for each in usable:
        country = _country(each)
        if lines := _lines(each, country):
            return lines, country
    return (), ""


def _country(address: Json) -> str:
    country: str = address.get("country", "").upper()
    return country or ("JP" if _JAPANESE_CODE(address.get("postalCode", "")) else "")


def _lines(address: Json, country: str) -> tuple[str, ...]:
    """Write an address in its country's order; one of text alone as it stands.

    One without a street, or without a town or a post code, is no address a letter reaches.
    """
    street = [line for line in address.get("line", ()) if line]
    town, state = address.get("city", ""), address.get("state", "")
    code = address.get("postalCode", "")
    if not street or not (town or code):
        lines = address.get("text", "").splitlines()
    elif country in JAPAN:
        lines = [f"〒{code}" if code else "", f"{state}{town}{street[0]}", *street[1:]]
    elif country in _CODE_FIRST:
        lines = [*street, f"{code} {town}", country]
    else:
        place = " ".join(filter(None, (f"{town}," if state else town, state, code)))
        lines = [*street, place, country]
    return tuple(filter(None, map(_plain, lines)))


def _related(contacts: Iterable[Json], codes: frozenset[str], on: date) -> list[Json]:
    return [each for each in contacts if _holds(each, on) and _codes(each) & codes]


def _codes(contact: Json) -> set[str]:
    return {
        coding.get("code", "")
        for concept in contact.get("relationship", ())
        for coding in concept.get("coding", ())
    }


def _language(spoken: Iterable[Json]) -> str:
    """Give the language a person prefers, its primary subtag (BCP 47)."""
    best = sorted(spoken, key=lambda each: not each.get("preferred", False))
    codes = [c.get("code", "") for each in best for c in each["language"].get("coding", ())]
    return next((code.split("-")[0].lower() for code in codes if code), "")


def _email(telecom: Iterable[Json], on: date) -> str:
    found = (
        each.get("value", "") for each in telecom
        if each.get("system") == "email" and each.get("use") not in {"old", "work"}
        and _holds(each, on)
    )  # fmt: skip
    return next(filter(_ONE_MAILBOX, found), "")


def _plain(text: str) -> str:
    """Give what can be printed of a text: no controls, nothing that turns the reading direction."""
    spaced = " ".join(text.split())
    return "".join(char for char in spaced if char.isprintable()).strip()


def _holds(each: Json, on: date) -> bool:
    """Say whether a thing's period has begun and not ended; one told in part is all of it."""
    period = each.get("period", {})
    start, end = period.get("start", "")[:10], period.get("end", "")[:10]
    day = on.isoformat()
    return (not start or start <= day[: len(start)]) and (not end or end >= day[: len(end)])
