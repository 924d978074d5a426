"""Problems, medicines, allergies, immunisations, procedures found or ordered during a visit."""

from datetime import date

from chartkeep.inventor.bundle import Bundle, decimal, instant
from chartkeep.inventor.codes import (
    ALLERGIES,
    ATC,
    CVX,
    ICD10,
    MEDICINES,
    MIND_MEDICINES,
    MIND_PROBLEMS,
    PROBLEMS,
    PROCEDURES,
    SNOMED,
    UCUM,
    VACCINES,
    concept,
    hl7_concept,
)
from chartkeep.inventor.people import Patient
from chartkeep.inventor.site import person_reference
from chartkeep.inventor.visit import Visit


def post_problem(visit: Visit) -> None:
    """Write one Condition, in the patient's language, coded twice."""
    problem = visit.chance.choice(MIND_PROBLEMS if visit.restricted else PROBLEMS)
    visit.post(
        "Condition",
        {
            "clinicalStatus": hl7_concept("condition-clinical", "active"),
            "verificationStatus": hl7_concept("condition-ver-status", "confirmed"),
            "category": [hl7_concept("condition-category", "encounter-diagnosis")],
            "code": {
                "coding": [
                    {"system": SNOMED, "code": problem.snomed, "display": problem.english},
                    {"system": ICD10, "code": problem.icd10},
                ],
                "text": problem.text(visit.patient.origin),
            },
            "onsetDateTime": visit.at.date().isoformat(),
            "recordedDate": instant(visit.at),
        },
    )


def post_prescription(visit: Visit) -> None:
    """Write one MedicationRequest; the dose keeps its two decimals."""
    code, display = visit.chance.choice(MIND_MEDICINES if visit.restricted else MEDICINES)
    dose = {
        "value": decimal(visit.chance.choice((0.5, 1, 2)), 2),
        "unit": "tablet",
        "system": UCUM,
        "code": "{tbl}",
    }
    visit.post(
        "MedicationRequest",
        {
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": concept(ATC, code, display),
            "authoredOn": instant(visit.at),
            "requester": person_reference(visit.doctor),
            "dosageInstruction": [
                {
                    "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": dose}],
                }
            ],
        },
    )


def post_procedure(visit: Visit) -> None:
    """Write one completed Procedure."""
    code, display = visit.chance.choice(PROCEDURES)
    visit.post(
        "Procedure",
        {
            "status": "completed",
            "code": concept(SNOMED, code, display),
            "performedDateTime": instant(visit.at),
            "performer": [{"actor": person_reference(visit.doctor)}],
        },
    )


def post_immunization(visit: Visit) -> None:
    """Write one Immunization."""
    code, display = visit.chance.choice(VACCINES)
    visit.post(
        "Immunization",
        {
            "status": "completed",
            "vaccineCode": concept(CVX, code, display),
            "occurrenceDateTime": instant(visit.at),
            "lotNumber": f"L{visit.chance.randint(1000, 9999)}",
        },
        subject="patient",
    )


def post_allergy(bundle: Bundle, patient: Patient, known: date) -> None:
    """Write one AllergyIntolerance, outside any visit."""
    code, display, category = bundle.chance.choice(ALLERGIES)
    bundle.post(
        {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": hl7_concept("allergyintolerance-clinical", "active"),
            "category": [category],
            "criticality": bundle.chance.choice(("low", "high")),
            "code": concept(SNOMED, code, display),
            "patient": {"reference": patient.full_url},
            "recordedDate": known.isoformat(),
        }
    )
