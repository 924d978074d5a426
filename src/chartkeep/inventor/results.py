"""Laboratory, vital signs and short ECGs, with decimals as a laboratory reports them."""

from datetime import datetime
from functools import cache
from math import exp

from chartkeep.inventor.bundle import decimal, instant
from chartkeep.inventor.codes import (
    DIASTOLIC,
    HL7,
    LOINC,
    PANELS,
    SYSTOLIC,
    UCUM,
    VITAL_SIGNS,
    Measure,
    concept,
)
from chartkeep.inventor.site import Resource, person_reference
from chartkeep.inventor.visit import Visit

_MDC = "urn:oid:2.16.840.1.113883.6.24"
_ECG_LEADS = (("131329", "MDC_ECG_ELEC_POTL_I", 1.0), ("131330", "MDC_ECG_ELEC_POTL_II", 1.4))
_ECG_PERIOD_MS = 10
_ECG_SAMPLES = 200


def post_vital_signs(visit: Visit, at: datetime) -> None:
    """Write one round of vital signs: blood pressure as a panel, the others single."""
    components = [
        {"code": _code(measure), "valueQuantity": _quantity(visit, measure)}
        for measure in (SYSTOLIC, DIASTOLIC)
    ]
    panel = concept(LOINC, "85354-9", "Blood pressure panel")
    _post(visit, "vital-signs", at, {"code": panel, "component": components})
    for measure in VITAL_SIGNS:
        value = {"code": _code(measure), "valueQuantity": _quantity(visit, measure)}
        _post(visit, "vital-signs", at, value)


def post_laboratory(visit: Visit, at: datetime) -> None:
    """Write one panel: an Observation a line, and the DiagnosticReport that lists them."""
    code, display, measures = visit.chance.choice(PANELS)
    results = [_post_line(visit, measure, at) for measure in measures]
    visit.post(
        "DiagnosticReport",
        {
            "status": "final",
            "category": [{"coding": [{"system": HL7 + "v2-0074", "code": "LAB"}]}],
            "code": concept(LOINC, code, display),
            "effectiveDateTime": instant(at),
            "result": [{"reference": result} for result in results],
        },
    )


def post_comment(visit: Visit, at: datetime) -> None:
    """Write a result that is words: what was seen under the microscope."""
    seen = visit.chance.choice(("no growth after 48 h", "few epithelial cells", "no parasites"))
    code = concept(LOINC, "600-7", "Bacteria identified in Blood by Culture")
    _post(visit, "laboratory", at, {"code": code, "valueString": seen})


def post_ecg(visit: Visit, at: datetime) -> None:
    """Write two seconds of two leads as SampledData, 100 samples a second."""
    rate = visit.chance.randint(50, 115)
    components = [
        {"code": concept(_MDC, code, display), "valueSampledData": _sampled(rate, gain)}
        for code, display, gain in _ECG_LEADS
    ]
    code = concept(LOINC, "11524-6", "EKG study")
    content = {"code": code, "device": {"display": "12-lead ECG"}, "component": components}
    _post(visit, "procedure", at, content)


def _post(visit: Visit, category: str, at: datetime, content: Resource) -> str:
    return visit.post(
        "Observation",
        {
            "status": "final",
            "category": [{"coding": [{"system": HL7 + "observation-category", "code": category}]}],
            "effectiveDateTime": instant(at),
            "performer": [person_reference(visit.doctor)],
            **content,
        },
    )


def _post_line(visit: Visit, measure: Measure, at: datetime) -> str:
    limits = {
        name: {"value": decimal(limit, measure.places), "unit": measure.unit}
        for name, limit in (("low", measure.low), ("high", measure.high))
    }
    content = {
        "code": _code(measure),
        "valueQuantity": _quantity(visit, measure),
        "referenceRange": [limits],
    }
    return _post(visit, "laboratory", at, content)


def _code(measure: Measure) -> Resource:
    return concept(LOINC, measure.loinc, measure.display)


def _quantity(visit: Visit, measure: Measure) -> Resource:
    # A third of a range's width beyond either end is where the ill are.
    slack = (measure.high - measure.low) / 3
    value = visit.chance.uniform(max(measure.low - slack, 0), measure.high + slack)
    value = min(value, 100.0) if measure.unit == "%" else value
    return {
        "value": decimal(value, measure.places),
        "unit": measure.unit,
        "system": UCUM,
        "code": measure.unit,
    }


@cache
def _sampled(rate: int, gain: float) -> Resource:
    return {
        "origin": {"value": 0, "unit": "uV", "system": UCUM, "code": "uV"},
        "period": _ECG_PERIOD_MS,
        "factor": decimal(4.88, 2),
        "dimensions": 1,
        "data": " ".join(str(round(gain * _heart(rate, k))) for k in range(_ECG_SAMPLES)),
    }


def _heart(rate: int, sample: int) -> float:
    """P, Q, R, S and T as bell curves over one beat; good enough to look at."""
    phase = sample * _ECG_PERIOD_MS * rate / 60_000 % 1.0
    waves = ((25, 0.20, 0.030), (-20, 0.33, 0.012), (220, 0.36, 0.014), (-50, 0.39, 0.012),
             (55, 0.62, 0.050))  # fmt: skip
    return sum(height * exp(-(((phase - at) / width) ** 2)) for height, at, width in waves)
