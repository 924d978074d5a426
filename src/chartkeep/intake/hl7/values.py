"""HL7 data types as FHIR data types: CWE, XPN, XAD, XTN, XCN, CX, EI, NM, SN.

Each gives what is there and nothing that is not: an empty dict says nothing.
"""

import re
from decimal import DecimalException
from typing import Any

from chartkeep.clinical.spelling import Spelled
from chartkeep.intake.hl7.case import Case, Json, slug, without_empty
from chartkeep.intake.hl7.codes import (
    ADDRESS_USES,
    CODE_SYSTEMS,
    HL7,
    NAME_USES,
    REPRESENTATIONS,
    TELECOM_SYSTEMS,
    TELECOM_USES,
)
from chartkeep.intake.hl7.reading import Segment, Value

_NUMBER = re.compile(r"(<=|>=|<|>)?\s*([+-]?)(\d{1,30})(\.\d{1,30})?")
_REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
_UCUM = frozenset({"UCUM", "http://unitsofmeasure.org"})
_COMPARATORS = frozenset({"<", "<=", ">", ">="})


def concept(case: Case, value: Value, table: str = "") -> Json:
    """Read a coded element (CE, CWE, CNE, IS, ID): a coding for each identifier, and the text.

    `table`: the HL7 table a code is of when it names no system.
    """
    codings = [_coding(case, value, first, table) for first in (1, 4) if value.text(first)]
    text = value.text(9) or value.text(2) or ("" if codings else value.text(5))
    return without_empty({"coding": codings, "text": text})


def _coding(case: Case, value: Value, first: int, table: str) -> Json:
    name = value.text(first + 2)
    return without_empty(
        {
            "system": _code_system(case, name) if name else f"{HL7}{table}" if table else "",
            "code": re.sub(r"\s+", " ", value.text(first)),
            "display": value.text(first + 1),
        }
    )


def _code_system(case: Case, name: str) -> str:
    """Say the system of a code; one only this sender knows is named under the issuer's."""
    if known := CODE_SYSTEMS.get(name.upper()):
        return known
    if re.fullmatch(r"HL7\d{4}", name.upper()):
        return f"{HL7}{name[3:]}"
    if re.fullmatch(r"[0-2](\.\d+)+", name):
        return f"urn:oid:{name}"
    return f"{case.sender.issuer}/code/{slug(name)}"


def human_name(value: Value) -> Json:
    """Read a name (XPN): one script's, as its representation code says."""
    family = value.text(1)
    given = [part for part in (value.text(2), value.text(3)) if part]
    body: Json = {
        "use": NAME_USES.get(value.text(7), ""),
        "family": family,
        "given": given,
        "prefix": [part for part in (value.text(5),) if part],
        "suffix": [part for part in (value.text(4), value.text(6)) if part],
    }
    if (written := REPRESENTATIONS.get(value.text(8))) and (family or given):
        body["extension"] = [{"url": _REPRESENTATION, "valueCode": written}]
    return without_empty(body) if family or given else {}


def address(value: Value) -> Json:
    """Read an address (XAD)."""
    return without_empty(
        {
            "use": ADDRESS_USES.get(value.text(7), ""),
            "line": [part for part in (value.text(1), value.text(2)) if part],
            "city": value.text(3),
            "district": value.text(9),
            "state": value.text(4),
            "postalCode": value.text(5),
            "country": value.text(6),
        }
    )


def telecom(value: Value, use: str = "") -> Json:
    """Read a phone or mail address (XTN), in the old form and in the new one."""
    kind = TELECOM_SYSTEMS.get(value.text(3), "phone")
    parts = (value.text(5), value.text(6), value.text(7))
    spoken = value.text(4) if kind == "email" else "-".join(filter(None, parts))
    number = value.text(12) or value.text(1) or spoken or value.text(4)
    if not number:
        return {}
    return without_empty(
        {"system": kind, "value": number, "use": TELECOM_USES.get(value.text(2), use)}
    )


def practitioner(case: Case, value: Value) -> Json:
    """Name somebody of the staff (XCN) by number and name: nobody is looked up."""
    number = value.text(1)
    family, given = value.text(2), value.text(3)
    shown = " ".join(filter(None, (value.text(6), family, given)))
    body: Json = {"display": shown}
    if number:
        system = case.system(value, 9, "/staff")
        body["identifier"] = {"system": system, "value": number}
        body["type"] = "Practitioner"
    return without_empty(body)


def identifier(system: str, number: str, code: str = "") -> Json:
    """Write an identifier; `code` of table 0203."""
    body: Json = {"system": system, "value": number}
    if code:
        body["type"] = {"coding": [{"system": f"{HL7}0203", "code": code}]}
    return without_empty(body)


def entity(case: Case, value: Value, what: str, code: str = "") -> list[Json]:
    """Write the identifier of an order, result or document (EI), or nothing."""
    number = value.text(1)
    return [identifier(case.entity_system(value, what), number, code)] if number else []


def quantity(case: Case, text: str, unit: Value) -> Json:
    """Read a number with a unit, its spelling kept; empty when it is none."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return {}
    try:
        whole = found[3].lstrip("0") or "0"
        number: Any = Spelled(f"{found[2].replace('+', '')}{whole}{found[4] or ''}")
    except DecimalException:
        return {}
    return without_empty({"value": number, "comparator": found[1] or "", **_unit(case, unit)})


def structured_numeric(case: Case, value: Value, unit: Value) -> tuple[str, Json]:
    """Read SN: a comparison, a ratio or a range; gives the choice of value[x], "" when none."""
    sign, first, between, second = (value.text(part) for part in (1, 2, 3, 4))
    low, high = quantity(case, first, unit), quantity(case, second, unit)
    if between in {":", "/"} and low and high:
        return "valueRatio", {"numerator": low, "denominator": high}
    if between == "-" and low and high:
        return "valueRange", {"low": low, "high": high}
    if low and not between and sign in _COMPARATORS | {"", "="}:
        return "valueQuantity", low | ({"comparator": sign} if sign in _COMPARATORS else {})
    return "", {}


def notes(segments: list[Segment]) -> list[Json]:
    """Join NTE segments into annotations."""
    texts = ["\n".join(v.text() for v in each.values(3)) for each in segments]
    joined = "\n".join(texts).strip()
    return [{"text": joined}] if joined else []


def _unit(case: Case, unit: Value) -> Json:
    code, name, system = unit.text(1), unit.text(2), unit.text(3)
    if not code and not name:
        return {}
    body: Json = {"unit": name or code}
    if system.upper() in _UCUM and code:
        body |= {"system": "http://unitsofmeasure.org", "code": code}
    elif code and system:
        body |= {"system": _code_system(case, system), "code": code}
    return body
