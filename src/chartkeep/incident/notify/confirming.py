"""Is the caller who they say they are: what they said against what the chart has. Pure.

With a letter's code: the whole name and the birth date. Without one, or where the letter is a
discreet one (others of the household may hold it): a number or a phone on file as well. A part of a
name, a year of birth, or a near miss is not enough.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from chartkeep.clinical.face import Person
from chartkeep.clinical.names import fold_identifier, is_dense, name_tokens, phone_tail

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_SHORTEST_NUMBER = 4
_SHORTEST_PHONE = 8


class Claim(msgspec.Struct, frozen=True):
    """What a caller said, as typed: whole name, birth date (ISO), a number or a phone on file."""

    name: str
    birth_date: str
    number: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "<Claim>"

    @property
    def is_whole(self) -> bool:
        """Say whether it can be searched by: a name, a whole day, a number or a phone."""
        return bool(self.name.strip() and _DAY(self.birth_date) and (self.number or self.phone))


def agrees(claim: Claim, person: Person, patient: Mapping[str, Any] | None, *, third: bool) -> bool:
    """Say whether all of a claim is so. `patient`: the opened Patient where a phone was said.

    `third`: a number or a phone is needed. What is said beyond the needed must be so as well.
    """
    if third and not claim.is_whole:
        return False
    if not agrees_in_face(claim, person):
        return False
    return not claim.phone or _has_phone(claim.phone, patient or {})


def agrees_in_face(claim: Claim, person: Person) -> bool:
    """Say whether all that a face can tell of a claim is so: everything but the phone."""
    if not _DAY(claim.birth_date) or claim.birth_date != person.birth_date:
        return False
    if not _has_name(claim.name, person):
        return False
    return not claim.number or _has_number(claim.number, person)


def name_key(said: str) -> str:
    """Give one spelling of a name for all its parts' orders and writings.

    The parts of a script without spaces keep their order, and are one whether spaced or not.
    """
    tokens = name_tokens(said)
    return "".join(tokens) if all(map(is_dense, tokens)) else " ".join(sorted(tokens))


def _has_name(said: str, person: Person) -> bool:
    """Say whether a whole name was said."""
    whole = name_key(said)
    return bool(whole) and any(
        whole == name_key(text)
        for name in person.names
        for text in (" ".join((name.family, *name.given)), name.text)
        if text.strip()
    )


def _has_number(said: str, person: Person) -> bool:
    folded = fold_identifier(said)
    return len(folded) >= _SHORTEST_NUMBER and any(
        fold_identifier(each.value) == folded for each in person.identifiers
    )


def _has_phone(said: str, patient: Mapping[str, Any]) -> bool:
    tail = phone_tail(said)
    return len(tail) >= _SHORTEST_PHONE and any(
        each.get("system") in {"phone", "sms", None} and phone_tail(each.get("value", "")) == tail
        for each in patient.get("telecom", ())
    )
