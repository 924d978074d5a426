"""An ECG as one FHIR R4 Observation, and back: a component for each lead, reading and statement.

Promises: what `to_observation` wrote `from_observation` reads as the same ECG, number for number.
Any Observation with sampled signals is read, whatever they measure; what is no number in it is a
missing sample.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from chartkeep.clinical.ecg.leads import (
    LEAD_BASE,
    LOINC,
    MDC,
    NAMES,
    OLD_MDC,
    POTENTIAL_BASE,
    UCUM,
    Measure,
)
from chartkeep.clinical.ecg.model import MOST_SAMPLES, Ecg, Lead, Reading, check_ecg, number
from chartkeep.errors import BadInputError

Json = dict[str, Any]

DATA = "valueSampledData"
STUDY, IMPRESSION = ("11524-6", "EKG study"), ("18844-1", "EKG impression")
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_FAR = 1 << 53
_MILLISECONDS = Decimal(1000)
_MEASURES = {measure.loinc: measure for measure in Measure}


def to_observation(ecg: Ecg, subject: str) -> Json:
    """Write the Observation of a subject's ECG; `subject` is a reference as FHIR writes it."""
    components = [
        *(_lead_component(lead, ecg.rate) for lead in ecg.leads),
        *(_reading_component(reading) for reading in ecg.readings),
        *(_said(text) for text in ecg.statements),
    ]
    body = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "procedure"}]}],
        "code": _concept(LOINC, *STUDY),
        "subject": {"reference": subject},
        "component": components,
    }
    if ecg.start:
        body["effectiveDateTime"] = ecg.start
    if ecg.device:
        body["device"] = {"display": ecg.device}
    return body


def from_observation(body: Json) -> Ecg:
    """Read the signals of an Observation. Raises BadInputError when there is none in it."""
    parts = _parts(body)
    sampled = [part for part in parts if DATA in part]
    if not sampled:
        raise BadInputError("the observation holds no sampled signal")
    rates = Counter(_rate(part[DATA]) for part in sampled)
    rate = rates.most_common(1)[0][0]
    leads = _leads(part for part in sampled if _rate(part[DATA]) == rate)
    return check_ecg(
        Ecg(
            leads,
            rate,
            _start(body),
            tuple(str(part["valueString"]) for part in parts if _is_statement(part)),
            tuple(filter(None, map(_reading, parts))),
            str(body.get("device", {}).get("display", "")),
        )
    )


def has_signal(body: Json) -> bool:
    """Say whether an Observation holds a sampled signal."""
    return any(DATA in part for part in _parts(body))


def _parts(body: Json) -> list[Json]:
    return [body, *body.get("component", ())]


def _lead_component(lead: Lead, rate: Decimal) -> Json:
    code = str(POTENTIAL_BASE + lead.number)
    coded = _concept(MDC, code, f"MDC_ECG_ELEC_POTL_{lead.name.removeprefix('-')}")
    sampled: Json = {
        "origin": {"value": _plain(lead.origin), "unit": lead.unit},
        "period": _plain(number(_MILLISECONDS / rate)),
        "factor": _plain(lead.scale),
        "dimensions": 1,
        "data": " ".join("E" if sample is None else str(sample) for sample in lead.samples),
    }
    if lead.gain is not None:
        sampled["origin"] |= {"system": UCUM, "code": lead.unit}
    named = coded if lead.number else {}
    return {"code": {**named, "text": lead.name or "signal"}, DATA: sampled}


def _reading_component(reading: Reading) -> Json:
    measure = reading.measure
    coding = [
        {"system": LOINC, "code": measure.loinc, "display": measure.title},
        {"system": MDC, "code": str(LEAD_BASE + measure.offset)},
    ]
    value = {
        "value": _plain(reading.value), "unit": measure.unit, "system": UCUM, "code": measure.unit,
    }  # fmt: skip
    return {"code": {"coding": coding}, "valueQuantity": value}


def _said(text: str) -> Json:
    return {"code": _concept(LOINC, *IMPRESSION), "valueString": text}


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _plain(value: Decimal) -> int | float:
    """Give a JSON number that is written with all its digits and no more."""
    whole = int(value)
    return whole if whole == value and abs(whole) < 1 << 53 else float(value)


def _leads(parts: Iterable[Json]) -> tuple[Lead, ...]:
    left = MOST_SAMPLES
    leads = []
    for part in parts:
        lead = _lead(part, left)
        left -= len(lead.samples)
        leads.append(lead)
    return tuple(leads)


def _lead(part: Json, most: int) -> Lead:
    sampled = part[DATA]
    samples, finer = _samples(str(sampled.get("data", "")).split(None, most)[:most])
    origin = sampled.get("origin", {})
    coded = _lead_number(part.get("code", {}))
    name = NAMES.get(coded) or _text(part.get("code", {}))
    scale = number(sampled.get("factor", 1)).scaleb(-finer)
    unit = str(origin.get("code") or origin.get("unit") or "")
    return Lead(coded, name, samples, scale, number(origin.get("value", 0)), unit)


def _samples(words: list[str]) -> tuple[tuple[int | None, ...], int]:
    """Read samples as whole numbers of the last decimal place, and how many places there are."""
    try:
        whole = tuple(map(int, words))
        if all(-_FAR < each < _FAR for each in whole):
            return whole, 0
    except ValueError:
        pass
    numbers = [_sample(word) for word in words]
    exponents = [int(each.as_tuple().exponent) for each in numbers if each is not None]
    finer = min(max(-min(exponents, default=0), 0), 9)
    read = (None if each is None else int(each.scaleb(finer)) for each in numbers)
    return tuple(each if each is None or -_FAR < each < _FAR else None for each in read), finer


def _sample(word: str) -> Decimal | None:
    try:
        return number(word)
    except BadInputError:
        return None  # E, L and U: not measured, below and above what the device can measure


def _rate(sampled: Json) -> Decimal:
    """Give the rate: six places, so that a period that was rounded gives the rate it came from."""
    period = number(sampled.get("period", 0))
    if period <= 0:
        raise BadInputError("the signal's period is none")
    return number(round(_MILLISECONDS / period, 6))


def _lead_number(code: Json) -> int:
    for coding in code.get("coding", ()):
        if coding.get("system") in (MDC, OLD_MDC):
            digits = str(coding.get("code", ""))[:7]
            offset = (int(digits) if digits.isdecimal() else 0) - LEAD_BASE
            offset -= POTENTIAL_BASE - LEAD_BASE if offset > POTENTIAL_BASE - LEAD_BASE else 0
            return offset if offset in NAMES else 0
    return 0


def _text(code: Json) -> str:
    coding: Json = next(iter(code.get("coding", ())), {})
    return str(code.get("text") or coding.get("display") or coding.get("code") or "")


def _start(body: Json) -> str:
    period = body.get("effectivePeriod", {})
    return str(body.get("effectiveDateTime") or period.get("start") or "")


def _is_statement(part: Json) -> bool:
    codings = part.get("code", {}).get("coding", ())
    return "valueString" in part and any(each.get("code") == IMPRESSION[0] for each in codings)


def _reading(part: Json) -> Reading | None:
    codes = [each.get("code") for each in part.get("code", {}).get("coding", ())]
    measure = next((_MEASURES[code] for code in codes if code in _MEASURES), None)
    value = part.get("valueQuantity", {}).get("value")
    return None if measure is None or value is None else Reading(measure, number(value))
