"""The keywords a chart is found by, as canonical strings (DESIGN 6).

A keyword never leaves the keyholder's house in clear; here it is plain text:
`name:bre`, `whole:bremen`, `born:1956-08`, `id:http://hospital/mrn|12345`, `id:|12345`,
`phone:012345678` of a Patient, and of any type its identifiers as written,
`rid:Encounter:http://hospital/visit|V-1`. A whole part of a name is compared (`claim`), never
searched for: a beginning would agree with people it does not mean.
A study of pictures has `study:1.2.840.1`, `accession:a17`, `studyday:2026-11-22:CT`, `…:` for any.
Promises: whatever `query_keywords` asks for is among `patient_keywords` of every chart that
`face_matches`. The reverse needs the re-check: a prefix of eight letters finds more than was typed.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chartkeep.clinical.face import Name, Person
from chartkeep.clinical.names import fold_identifier, is_dense, name_tokens, phone_tail
from chartkeep.errors import BadInputError

LONGEST_PREFIX = 8
MOST_IDENTIFIERS = 100
NUMBER, BORN, WHOLE, MERGED = "id:", "born:", "whole:", "merged:"
"""How keywords a feed may ask about begin."""
_SHORTEST_PHONE = 4
_BIRTHDATE = re.compile(r"[0-9]{3}|[0-9]{4}(-[0-9]{2}){0,2}")

Json = dict[str, Any]


class Query(msgspec.Struct, frozen=True):
    """What somebody looking for a person typed; empty fields ask nothing.

    `name`: parts in any order and script, each a beginning. `birthdate`: YYYY-MM-DD, YYYY-MM,
    YYYY, or YYY for a decade. `identifier`: `value`, `|value` or `system|value`. `phone`: in any
    notation.
    """

    name: str = ""
    birthdate: str = ""
    identifier: str = ""
    phone: str = ""


def patient_keywords(patient: Json) -> frozenset[str]:
    """Give every keyword a person is found by: 30 to 40 for most."""
    tokens = _tokens(patient)
    found = {f"name:{prefix}" for token in tokens for prefix in _prefixes(token)}
    found.update(f"{WHOLE}{token}" for token in tokens)
    found.update(_birth_keywords(patient.get("birthDate", "")))
    for each in patient.get("identifier", ()):
        if value := fold_identifier(each.get("value", "")):
            found.update((f"{NUMBER}{each.get('system', '')}|{value}", f"{NUMBER}|{value}"))
    for each in patient.get("telecom", ()):
        tail = phone_tail(each.get("value", ""))
        if each.get("system") in {"phone", "sms", "fax", None} and len(tail) >= _SHORTEST_PHONE:
            found.add(f"phone:{tail}")
    return frozenset(found)


def identifier_keywords(kind: str, body: Json) -> frozenset[str]:
    """Give a keyword for each identifier of a checked resource, the first hundred of them.

    The search parameter `identifier` of R4 reads DocumentReference.masterIdentifier too.
    """
    listed = body.get("identifier", [])
    found = [listed] if isinstance(listed, dict) else listed[:MOST_IDENTIFIERS]
    if "masterIdentifier" in body:
        found = [body["masterIdentifier"], *found]
    return frozenset(
        identifier_keyword(kind, each.get("system", ""), each["value"])
        for each in found
        if each.get("value")
    )


def identifier_keyword(kind: str, system: str, value: str) -> str:
    """Give the keyword of one identifier, exactly as written; one without a system has none."""
    return f"rid:{kind}:{system}|{value}"


def number_keyword(system: str, value: str) -> str:
    """Give the keyword of one number of a person; empty where system or value is."""
    folded = fold_identifier(value)
    return f"{NUMBER}{system}|{folded}" if system and folded else ""


def birth_keyword(date: str) -> str:
    """Give the keyword of a birth date: of a day, a month, or a year."""
    return f"{BORN}{date}"


def whole_keywords(name: str) -> list[str]:
    """Give a keyword for each whole part of a name written as text, in the order written.

    One Latin letter is an initial, and says too little. A name of two dense parts (Han, kana,
    hangul) is often written without the space between.
    """
    parts = name_tokens(name)
    joined = ["".join(parts)] if len(parts) > 1 and all(map(is_dense, parts)) else []
    return [f"{WHOLE}{part}" for part in [*joined, *parts] if _is_findable(part)]


def study_keywords(study: str, accession: str, day: str, modality: str) -> frozenset[str]:
    """Give every keyword a study of one modality is found by; `day` is YYYY-MM-DD or empty."""
    found = {f"study:{study}"}
    if number := fold_identifier(accession):
        found.add(f"accession:{number}")
    if day:
        found.update((f"studyday:{day}:", f"studyday:{day}:{modality}"))
    return frozenset(found)


def study_query(
    *, study: str = "", accession: str = "", days: Iterable[str] = (), modality: str = ""
) -> list[str]:
    """Give the keywords any of which leads to the charts asked for: the most selective kind.

    Empty when none of study, accession and days is given. Other studies of those charts, and what
    else was asked, need the re-check.
    """
    if study:
        return [f"study:{study}"]
    if number := fold_identifier(accession):
        return [f"accession:{number}"]
    return [f"studyday:{day}:{modality}" for day in days]


def query_keywords(query: Query) -> list[str]:
    """Give the keywords that must all be there, the most selective first; may be empty.

    Raises BadInputError for a birth date that is none.
    """
    if query.birthdate and not _BIRTHDATE.fullmatch(query.birthdate):
        raise BadInputError("not a birth date", hint="write 1956-08-03, 1956-08, 1956 or 195")
    found: list[str] = []
    if query.identifier:
        system, _, value = query.identifier.rpartition("|")
        found.append(f"{NUMBER}{system}|{fold_identifier(value)}")
    if len(tail := phone_tail(query.phone)) >= _SHORTEST_PHONE:
        found.append(f"phone:{tail}")
    whole_day = len(query.birthdate) == len("1956-08-03")
    if whole_day:
        found.append(birth_keyword(query.birthdate))
    tokens = sorted(name_tokens(query.name), key=_weight, reverse=True)
    found += (f"name:{token[:LONGEST_PREFIX]}" for token in tokens if _is_findable(token))
    if query.birthdate and not whole_day:
        found.append(birth_keyword(query.birthdate))
    return found


def face_matches(face: Person, query: Query) -> bool:
    """Say whether a person's present face is what was asked for.

    The phone is not in a face, so it is not asked again here.
    """
    return (
        _has_names(face, query.name)
        and face.birth_date.startswith(query.birthdate)
        and _has_identifier(face, query.identifier)
    )


def _has_names(face: Person, asked: str) -> bool:
    kept = [token for name in face.names for token in _name_tokens(name)]
    return all(any(token.startswith(part) for token in kept) for part in name_tokens(asked))


def _has_identifier(face: Person, asked: str) -> bool:
    if not asked:
        return True
    system, _, value = asked.rpartition("|")
    folded = fold_identifier(value)
    return any(
        fold_identifier(each.value) == folded and system in {"", each.system}
        for each in face.identifiers
    )


def _tokens(patient: Json) -> set[str]:
    return {
        token
        for name in patient.get("name", ())
        for token in _name_tokens(
            Name(
                name.get("family", ""),
                tuple(part for part in name.get("given", ()) if part),
                name.get("text", ""),
            )
        )
    }


def _name_tokens(name: Name) -> set[str]:
    parts = [token for text in (name.family, *name.given) for token in name_tokens(text)]
    tokens = {*parts, *name_tokens(name.text)}
    if parts and all(map(is_dense, parts)):
        tokens.add("".join(parts))  # 山田太郎 is typed without a space
    return tokens


def _prefixes(token: str) -> Iterator[str]:
    """Give the beginnings people type; one Latin letter would find a twentieth of everybody."""
    shortest = 1 if is_dense(token) else 2
    for length in range(shortest, min(LONGEST_PREFIX, len(token)) + 1):
        yield token[:length]


def _is_findable(token: str) -> bool:
    return len(token) > 1 or is_dense(token)


def _weight(token: str) -> int:
    return len(token) * (3 if is_dense(token) else 1)


def _birth_keywords(date: str) -> Iterator[str]:
    if date:
        yield birth_keyword(date[:3])
    for length in (4, 7, 10):
        if len(date) >= length:
            yield birth_keyword(date[:length])
