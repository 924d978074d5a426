"""Patient and national numbers that pass their own rules and belong to nobody.

Each kind lies in a range no authority gives out: Japan's begin with 0000, Indonesia's with
province 99, the American ones with 999. Numbers of one site and kind repeat only past the
kind's range (a million for the smallest).
"""

from datetime import date

from chartkeep.inventor.chance import scatter
from chartkeep.inventor.names import Origin, Sex

_MRN_PRIME = 99_999_989
_TAIL_PRIMES = {Origin.JAPAN: 9_999_991, Origin.INDONESIA: 9973, Origin.WEST: 999_983}

MRN_SYSTEM = "https://hospital.example/id/patient"
NATIONAL_SYSTEMS = {
    Origin.JAPAN: "https://hospital.example/id/japan-individual-number",
    Origin.INDONESIA: "https://hospital.example/id/indonesia-nik",
    Origin.WEST: "http://hl7.org/fhir/sid/us-ssn",
}
NATIONAL_TYPES = {Origin.JAPAN: "NNJPN", Origin.INDONESIA: "NNIDN", Origin.WEST: "SS"}


def patient_number(seed: int, serial: int) -> str:
    """Return the hospital's own number: 8 digits, no two alike in one site."""
    return f"{scatter(serial, _MRN_PRIME, seed):08}"


def national_number(origin: Origin, seed: int, serial: int, birth: date, sex: Sex) -> str:
    """Return the national number of a person born on this day."""
    tail = scatter(serial, _TAIL_PRIMES[origin], seed)
    match origin:
        case Origin.JAPAN:
            digits = f"0000{tail:07}"
            return f"{digits}{individual_number_check(digits)}"
        case Origin.INDONESIA:
            day = birth.day + (40 if sex is Sex.FEMALE else 0)
            district = serial // _TAIL_PRIMES[origin] % 10_000
            return f"99{district:04}{day:02}{birth:%m%y}{tail:04}"
        case Origin.WEST:
            return f"999-{tail // 10_000:02}-{tail % 10_000:04}"


def individual_number_check(digits: str) -> int:
    """Return the check digit of Japan's individual number over its 11 digits.

    Source: Ministry of Internal Affairs and Communications ordinance 85 of 2014, article 5.
    """
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
    return 0 if rest <= 1 else 11 - rest
