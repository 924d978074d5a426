"""What a ward writes about who lies there now: orders, watch words, last results, what is awaited.

Written after all else of a chart, so that a chart without a bed has the same bytes as before.
"""

from datetime import datetime, timedelta

from chartkeep.inventor.bundle import decimal, instant
from chartkeep.inventor.codes import (
    ATC,
    LOINC,
    MEDICINES,
    MIND_MEDICINES,
    RESTRICTED_LABEL,
    SNOMED,
    concept,
    hl7_concept,
)
from chartkeep.inventor.names import Origin
from chartkeep.inventor.results import post_laboratory, post_vital_signs
from chartkeep.inventor.site import Resource, person_reference, place_reference
from chartkeep.inventor.visit import Visit

_LAST_HOURS = 72
_TIMES = (["08:00:00"], ["08:00:00", "20:00:00"], ["06:00:00", "14:00:00", "22:00:00"])
_BLOOD_GROUPS = ("A Rh(D) positive", "B Rh(D) positive", "O Rh(D) positive", "AB Rh(D) negative")
_DIETS = {
    Origin.JAPAN: ("常食", "軟食", "塩分制限食 6 g", "糖尿病食 1600 kcal"),
    Origin.INDONESIA: ("Diet biasa", "Diet lunak", "Diet rendah garam", "Diet DM 1700 kkal"),
    Origin.WEST: ("Regular diet", "Soft diet", "Low salt", "Diabetic diet 1800 kcal"),
}
_LEGAL = {
    Origin.JAPAN: ("任意入院", "医療保護入院", "措置入院"),
    Origin.INDONESIA: ("Rawat inap sukarela", "Rawat inap tanpa persetujuan"),
    Origin.WEST: ("Voluntary admission", "Involuntary admission"),
}
_PRECAUTIONS = (("409529001", "Contact precautions"), ("409524006", "Airborne precautions"))
_LINES = ("Peripheral venous cannula", "Urinary catheter", "Central venous line")
_TASKS = ("Turn the patient", "Measure urine output", "Change the dressing", "Mobilise")


def post_bedside(visit: Visit, now: datetime) -> None:
    """Write what stands about an inpatient at `now`."""
    _post_watchwords(visit)
    _post_results(visit, now)
    for number in range(visit.chance.randint(3, 6)):
        _post_drug(visit, now, number)
    if visit.chance.random() < 0.4:
        _post_infusion(visit, now)
    _post_tasks(visit, now)
    if visit.chance.random() < 0.3:
        _post_appointment(visit, now)


def _post_watchwords(visit: Visit) -> None:
    """Write code status, precautions, blood group, diet, lines; in psychiatry the legal status."""
    chance, at = visit.chance, instant(visit.at)
    _observe(visit, concept(LOINC, "882-1", "ABO and Rh group"), chance.choice(_BLOOD_GROUPS))
    if chance.random() < 0.2:
        code = concept(SNOMED, "304253006", "Not for resuscitation")
        _flag(visit, "advance-directive", code)
    if chance.random() < 0.15:
        _flag(visit, "safety", concept(SNOMED, *chance.choice(_PRECAUTIONS)))
    if visit.restricted:
        _flag(visit, "admin", {"text": chance.choice(_LEGAL[visit.patient.origin])})
    diet = {"type": [{"text": chance.choice(_DIETS[visit.patient.origin])}]}
    visit.post(
        "NutritionOrder",
        {"status": "active", "intent": "order", "dateTime": at, "oralDiet": diet},
        subject="patient",
    )
    used = {"status": "active", "recordedOn": at, "device": {"display": chance.choice(_LINES)}}
    _post(visit, "DeviceUseStatement", used)


def _post_results(visit: Visit, now: datetime) -> None:
    for hours in range(_LAST_HOURS, 0, -6):
        at = now - timedelta(hours=hours)
        if at > visit.at + timedelta(hours=1):
            post_vital_signs(visit, at)
            if hours % 24 == 0:
                post_laboratory(visit, at)


def _post_drug(visit: Visit, now: datetime, number: int) -> None:
    """Write an inpatient's order: at times of the day, when needed, or by the hour."""
    chance = visit.chance
    code, display = chance.choice(MIND_MEDICINES if visit.restricted else MEDICINES)
    dose = {"doseQuantity": {"value": decimal(chance.choice((0.5, 1, 2)), 1), "unit": "tablet"}}
    dosage: Resource = {"doseAndRate": [dose], "route": concept(SNOMED, "26643006", "Oral route")}
    match number:
        case 0:
            every = {"frequency": 1, "period": chance.choice((6, 8, 12)), "periodUnit": "h"}
            dosage["timing"] = {"repeat": every}
        case 1:
            dosage |= {"asNeededBoolean": True, "text": "at most four times a day"}
        case _:
            dosage["timing"] = {"repeat": {"timeOfDay": chance.choice(_TIMES)}}
    order = _order(visit, {"medicationCodeableConcept": concept(ATC, code, display)}, dosage)
    if number != 1:
        _post_given(visit, order, concept(ATC, code, display), now - timedelta(hours=2, minutes=7))


def _post_infusion(visit: Visit, now: datetime) -> None:
    drug = concept(ATC, "B05BB01", "electrolytes 0.9 %")
    flow = {"value": visit.chance.choice((40, 80, 125)), "unit": "mL/h"}
    route = concept(SNOMED, "47625008", "Intravenous route")
    dosage = {"doseAndRate": [{"rateQuantity": flow}], "route": route}
    _order(visit, {"medicationCodeableConcept": drug}, dosage)
    running = {
        "status": "in-progress",
        "medicationCodeableConcept": drug,
        "effectivePeriod": {"start": instant(now - timedelta(hours=5))},
        "dosage": {"rateQuantity": flow, "route": route},
    }
    _post(visit, "MedicationAdministration", running)


def _order(visit: Visit, drug: Resource, dosage: Resource) -> str:
    return visit.post(
        "MedicationRequest",
        {
            "status": "active",
            "intent": "order",
            "category": [hl7_concept("medicationrequest-category", "inpatient")],
            "authoredOn": instant(visit.at),
            "requester": person_reference(visit.doctor),
            "dosageInstruction": [dosage],
            **drug,
        },
    )


def _post_given(visit: Visit, order: str, drug: Resource, at: datetime) -> None:
    if at <= visit.at:
        return
    given = {
        "status": "completed",
        "medicationCodeableConcept": drug,
        "effectiveDateTime": instant(at),
        "request": {"reference": order},
    }
    _post(visit, "MedicationAdministration", given)


def _post_tasks(visit: Visit, now: datetime) -> None:
    """Write a nursing order, and a test whose specimen was taken and has no result."""
    asked: Resource = {"status": "active", "intent": "order", "authoredOn": instant(visit.at)}
    next_time = {"occurrenceDateTime": instant(now + timedelta(hours=visit.chance.randint(9, 20)))}
    task = {"code": {"text": visit.chance.choice(_TASKS)}}
    visit.post("ServiceRequest", asked | task | next_time)
    if visit.chance.random() < 0.5:
        culture = concept(LOINC, "600-7", "Bacteria identified in Blood by Culture")
        category = [concept(SNOMED, "108252007", "Laboratory procedure")]
        test = visit.post("ServiceRequest", asked | {"code": culture, "category": category})
        taken = {"collectedDateTime": instant(now - timedelta(hours=3))}
        blood = {"status": "available", "type": concept(SNOMED, "119297000", "Blood specimen")}
        _post(visit, "Specimen", blood | {"collection": taken, "request": [{"reference": test}]})


def _post_appointment(visit: Visit, now: datetime) -> None:
    start = now.replace(hour=visit.chance.randint(9, 16), minute=0)
    where = {"actor": place_reference("XR", "X-ray room 2"), "status": "accepted"}
    who = {"actor": {"reference": visit.patient.full_url}, "status": "accepted"}
    appointment = {
        "resourceType": "Appointment",
        "status": "booked",
        "description": visit.chance.choice(("Chest X-ray", "Echocardiography", "Physiotherapy")),
        "start": instant(start),
        "end": instant(start + timedelta(minutes=30)),
        "participant": [who, where],
    }
    visit.bundle.post(_labelled(visit) | appointment)


def _flag(visit: Visit, category: str, code: Resource) -> None:
    visit.post(
        "Flag",
        {
            "status": "active",
            "category": [hl7_concept("flag-category", category)],
            "code": code,
            "period": {"start": instant(visit.at)},
            "author": person_reference(visit.doctor),
        },
    )


def _observe(visit: Visit, code: Resource, value: str) -> None:
    visit.post(
        "Observation",
        {
            "status": "final",
            "category": [hl7_concept("observation-category", "laboratory")],
            "code": code,
            "effectiveDateTime": instant(visit.at),
            "performer": [person_reference(visit.doctor)],
            "valueCodeableConcept": {"text": value},
        },
    )


def _post(visit: Visit, kind: str, content: Resource) -> str:
    """Write a resource of a type that names no encounter."""
    about = {"resourceType": kind, "subject": {"reference": visit.patient.full_url}}
    return visit.bundle.post(_labelled(visit) | about | content)


def _labelled(visit: Visit) -> Resource:
    return {"meta": RESTRICTED_LABEL} if visit.restricted else {}
