"""In which section of a chart a resource lies (DESIGN 3), and the labels that restrict it.

Promises: one section for each type, `restricted` for whatever carries a restricted label, also
inside a contained resource. Does not look at content: a diagnosis nobody labelled is `clinical`.
"""

from typing import Any

from chartkeep.clinical.deciding import DECIDING
from chartkeep.clinical.ownership import Owner
from chartkeep.model import Section

_TYPES = {
    Section.IDENTITY: """
        Account ChargeItem Claim ClaimResponse Contract Coverage CoverageEligibilityRequest
        CoverageEligibilityResponse EnrollmentRequest EnrollmentResponse ExplanationOfBenefit
        Invoice Linkage Patient PaymentNotice Person RelatedPerson
    """,
    Section.CLINICAL: """
        AdverseEvent AllergyIntolerance Appointment AppointmentResponse Basic
        BiologicallyDerivedProduct CarePlan CareTeam ClinicalImpression Condition DetectedIssue
        Device DeviceMetric DeviceRequest DeviceUseStatement Encounter EpisodeOfCare
        FamilyMemberHistory Flag Goal Group GuidanceResponse Immunization ImmunizationEvaluation
        ImmunizationRecommendation List MedicationAdministration MedicationDispense
        MedicationRequest MedicationStatement NutritionOrder Procedure RequestGroup
        ResearchSubject RiskAssessment Schedule ServiceRequest Slot SupplyDelivery SupplyRequest
        Task VisionPrescription
    """,
    Section.RESULTS: """
        DiagnosticReport MeasureReport MolecularSequence Observation Specimen
    """,
    Section.IMAGING: """
        BodyStructure ImagingStudy Media
    """,
    Section.DOCUMENTS: """
        AuditEvent Binary Communication CommunicationRequest Composition Consent DocumentManifest
        DocumentReference MessageHeader Provenance QuestionnaireResponse VerificationResult
    """,
}

SECTIONS = {kind: section for section, kinds in _TYPES.items() for kind in kinds.split()}
"""The section of each type that a patient's chart can hold."""
assert SECTIONS.keys() == DECIDING.keys()

_CONFIDENTIALITY = frozenset({"R", "V"})
_SENSITIVITY = frozenset(
    """
    ADOL B BH CEL COGN DEMO DIA DOB DRGIS DVD EMOTDIS EMP EMPL ETH ETHUD GDIS GENDER HIV IDS
    LIVARG LOCIS MARST MH MST OPIOIDUD PDS PHY PREGNANT PRS PSY PSYTHPN RACE REL SCA SDV SEX
    SICKLE SPI SSP STD SUD TBOO VIO 42CFRPart2 Title38Section7332
    """.split()  # noqa: SIM905 - read as a page, not one word a line
)
RESTRICTING = {
    "http://terminology.hl7.org/CodeSystem/v3-Confidentiality": _CONFIDENTIALITY,
    "http://hl7.org/fhir/v3/Confidentiality": _CONFIDENTIALITY,
    "urn:oid:2.16.840.1.113883.5.25": _CONFIDENTIALITY,
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": _SENSITIVITY,
    "http://hl7.org/fhir/v3/ActCode": _SENSITIVITY,
    "urn:oid:2.16.840.1.113883.5.4": _SENSITIVITY,
}
"""Code system -> codes that restrict: HL7 v3 Confidentiality above normal, and the ActCodes
under _InformationSensitivityPolicy and _ActUSPrivacyLaw (records of addiction, of veterans).
"""


def section_of(resource: dict[str, Any], owner: Owner) -> Section:
    """Say the section of a checked resource whose owner is known.

    A facility has two: what is restricted by label or by being about people, and the rest.
    """
    restricted = owner.restricted or is_restricted(resource)
    if restricted:
        return Section.RESTRICTED
    if not owner.patient:
        return Section.ORDINARY
    return SECTIONS[resource["resourceType"]]


def is_restricted(resource: dict[str, Any]) -> bool:
    """Say whether the resource, or one contained in it, carries a restricting label."""
    labels = resource.get("meta", {}).get("security", ())
    if any(label.get("code") in RESTRICTING.get(label.get("system"), ()) for label in labels):
        return True
    return any(is_restricted(inner) for inner in resource.get("contained", ()))
