"""Who it is and whom to call: names by the script they are written in, numbers, contacts."""

import re
from collections.abc import Iterable, Iterator

from chartkeep.clinical.face import Identifier, Name, Person
from chartkeep.continuity.filling.chart import Chart, Json, source
from chartkeep.continuity.filling.words import concept
from chartkeep.continuity.sheet import Contact, Number, Part, Says, Who

_KANA = re.compile(r"[\u3040-\u30ff\uff65-\uff9f\s・ー]+\Z")
_LATIN = re.compile(r"[\u0000-\u024f\u1e00-\u1eff\s’ʻ]+\Z")  # noqa: RUF001 - apostrophes in names
_OLD = frozenset({"old", "maiden", "temp", "anonymous"})
_NUMBER_TYPES = ("MR", "PI")
"""HL7 table 0203: the numbers of a hospital; they come first."""


def who(person: Person) -> Who:
    """Write a person: the first name in each script."""
    texts = list(_texts(person.names))
    kana = next((text for text in texts if _KANA.match(text)), "")
    latin = next((text for text in texts if _LATIN.match(text)), "")
    own = next((text for text in texts if text not in {kana, latin}), kana or latin)
    numbers = sorted(person.identifiers, key=lambda each: each.type not in _NUMBER_TYPES)
    return Who(
        name=own,
        reading=kana if kana != own else "",
        latin=latin if latin != own else "",
        birth_date=person.birth_date,
        sex=person.gender,
        numbers=list(map(_number, numbers)),
        deceased=person.deceased,
    )


def _texts(names: Iterable[Name]) -> Iterator[str]:
    for name in sorted(names, key=lambda each: each.use in _OLD):
        text = name.text or " ".join(filter(None, (name.family, *name.given)))
        if text:
            yield text


def _number(identifier: Identifier) -> Number:
    return Number(label=identifier.type, value=identifier.value, system=identifier.system)


def contacts(chart: Chart) -> Part[Contact]:
    """List whom to call: the Patient's own contacts, and related people."""
    found = [
        _contact(each, source(body))
        for body in chart.of("Patient")
        for each in body.get("contact", ())
    ]
    found += [
        _contact(body, source(body))
        for body in chart.of("RelatedPerson")
        if body.get("active", True)
    ]
    return Part(says=Says.DATA if found else Says.NO_DATA, items=found)


def _contact(node: Json, where: str) -> Contact:
    names = node.get("name", {})
    name = names[0] if isinstance(names, list) and names else names or {}
    parts = (name.get("family", ""), *filter(None, name.get("given", ())))
    organization = node.get("organization", {}).get("display", "")
    phones = [
        str(each["value"])
        for each in node.get("telecom", ())
        if each.get("system", "phone") in {"phone", "sms"} and "value" in each
    ]
    return Contact(
        what=str(name.get("text") or " ".join(filter(None, parts)) or organization),
        source=where,
        relation=concept(node.get("relationship")),
        phones=phones,
    )
