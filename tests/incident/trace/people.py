"""An invented hospital's people as an index knows them, and what a seller makes of them."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache

from chartkeep.fingerprint.addresses import read_address, read_city, read_postcode
from chartkeep.fingerprint.keys import FingerprintKey
from chartkeep.fingerprint.names import read_name
from chartkeep.fingerprint.numbers import fold_number, read_phones
from chartkeep.fingerprint.person import Reading
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.found import Row
from chartkeep.incident.trace.index import Index
from chartkeep.incident.trace.matching import Matched, Matcher
from chartkeep.inventor.chance import Chance, chance_for
from chartkeep.inventor.people import Patient, invent_patient
from chartkeep.model import ChartId, Millis

KEY = FingerprintKey(b"a key of this test, 32 bytes lon")
TODAY = date(2026, 11, 22)
ADMITTED = Millis(1_700_000_000_000)
PEOPLE = 2_100
LETTERS = "abcdefghijklmnoprstuwy"
Values = tuple[str, ...]


@cache
def patient(number: int) -> Patient:
    """Patient of this house."""
    return invent_patient(7, "7/patient", number, TODAY)


@cache
def stranger(number: int) -> Patient:
    """Somebody this house never saw."""
    return invent_patient(99, "99/patient", number, TODAY)


def chart_of(number: int) -> ChartId:
    return ChartId(hashlib.sha256(b"chart %d" % number).digest()[:16])


def reading_of(who: Patient) -> Reading:
    spelled = (who.names.official, who.names.kana, who.names.romaji)
    names = (read_name(each.text) for each in spelled if each)
    address = read_address(who.address.line)
    return Reading(
        names=tuple(dict.fromkeys(each for each in names if each)),
        births=(who.birth.isoformat(),),
        sexes=(who.sex[0],),
        phones=read_phones(who.phone),
        numbers=tuple(fold_number(value) for _, value in who.identifiers),
        addresses=(address,) if address else (),
        postcodes=(read_postcode(who.address.postcode),),
        cities=(read_city(who.address.city),),
    )


def fact_of(number: int) -> str:
    return (
        f"{4 + number % 70 / 10:.6g}|2024-05-{number % 28 + 1:02}T{number % 24:02}:{number % 59:02}"
    )


@cache
def index() -> Index:
    """Index this house's people."""
    builder = Builder(KEY)
    for number in range(PEOPLE):
        who = patient(number)
        mrn = fold_number(who.identifiers[0][1])
        history = [(ADMITTED, reading_of(who))]
        builder.add(chart_of(number), history, [mrn], [fact_of(number)])
    return builder.finish()


def matcher() -> Matcher:
    return Matcher(index(), KEY)


def told(who: Patient) -> Values:
    """A row as a seller has it: national number, name, birth, sex, phone, address, town."""
    return (
        who.identifiers[1][1], who.names.latin.text, f"{who.birth:%d/%m/%Y}",
        "L" if who.sex == "male" else "P", who.phone, who.address.line, who.address.city,
    )  # fmt: skip


def noisy(values: Values, chance: Chance) -> Values:
    """Make moderate mistakes: typos, swapped words and days, another phone, another address."""
    number, name, birth, sex, phone, address, city = values
    if chance.random() < 0.3:
        name = _mistyped(name, chance)
    if chance.random() < 0.2:
        name = " ".join(reversed(name.split()))
    if chance.random() < 0.1:
        birth = f"{birth[3:5]}/{birth[:2]}/{birth[6:]}"
    if chance.random() < 0.2:
        phone = f"0812{chance.randrange(10**8):08}"
    if chance.random() < 0.2:
        address = f"Jl. Baru No. {chance.randrange(500)}"
    if chance.random() < 0.1:
        number = _mistyped(number, chance)
    return number, name, birth, sex, phone, address, city


def _mistyped(text: str, chance: Chance) -> str:
    at = chance.randrange(1, max(len(text) - 1, 2))
    kind = chance.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
    return text[:at] + chance.choice(LETTERS) + text[at + 1 :]


def rows(values: Iterable[Values], columns: Sequence[int] = ()) -> list[Row]:
    """Number rows, with some of their columns in some order; all in theirs if none is named."""
    return [
        Row(number, tuple(each[at] for at in columns) if columns else each)
        for number, each in enumerate(values, 1)
    ]


def match(table: list[Row]) -> list[Matched]:
    """Match a table as a trace does: labels and share from itself."""
    ours = matcher()
    labels = ours.label([row.values for row in table])
    return list(ours.match(table, labels, ours.share(table, labels)))


def chance() -> Chance:
    return chance_for(3, "leak")
