"""The table of deciding elements: for each R4 resource type, the one element that says whose it is.

Source: the official Patient CompartmentDefinition, narrowed to one element by hand where it names
several (DESIGN 7). The same table stands in docs/formats/which-chart.md for people.
It holds no rule; `ownership` has them.
"""

from enum import Enum

import msgspec


class Absent(Enum):
    """What a type means when its deciding element names nobody."""

    REFUSED = "refused"
    ORDINARY = "facility, ordinary"
    RESTRICTED = "facility, restricted"


class Deciding(msgspec.Struct, frozen=True):
    """One row: the element's path below the resource, and what its absence means.

    `shared`: even one patient in it makes the entry the facility's, for it is about several.
    """

    element: str
    absent: Absent
    shared: bool = False

    @property
    def steps(self) -> list[str]:
        """Give the path as steps."""
        return self.element.split(".")


_MUST = Absent.REFUSED
_MAY_BE_THINGS = Absent.ORDINARY
_MAY_BE_PEOPLE = Absent.RESTRICTED

DECIDING = {
    "Account": Deciding("subject", _MAY_BE_PEOPLE),
    "AdverseEvent": Deciding("subject", _MUST),
    "AllergyIntolerance": Deciding("patient", _MUST),
    "Appointment": Deciding("participant.actor", _MAY_BE_THINGS),
    "AppointmentResponse": Deciding("actor", _MAY_BE_THINGS),
    "AuditEvent": Deciding("entity.what", _MAY_BE_PEOPLE),
    "Basic": Deciding("subject", _MAY_BE_PEOPLE),
    "Binary": Deciding("securityContext", _MUST),
    "BiologicallyDerivedProduct": Deciding("collection.source", _MAY_BE_THINGS),
    "BodyStructure": Deciding("patient", _MUST),
    "CarePlan": Deciding("subject", _MUST),
    "CareTeam": Deciding("subject", _MAY_BE_THINGS),
    "ChargeItem": Deciding("subject", _MUST),
    "Claim": Deciding("patient", _MUST),
    "ClaimResponse": Deciding("patient", _MUST),
    "ClinicalImpression": Deciding("subject", _MUST),
    "Communication": Deciding("subject", _MAY_BE_PEOPLE),
    "CommunicationRequest": Deciding("subject", _MAY_BE_PEOPLE),
    "Composition": Deciding("subject", _MAY_BE_PEOPLE),
    "Condition": Deciding("subject", _MUST),
    "Consent": Deciding("patient", _MUST),
    "Contract": Deciding("subject", _MAY_BE_PEOPLE),
    "Coverage": Deciding("beneficiary", _MUST),
    "CoverageEligibilityRequest": Deciding("patient", _MUST),
    "CoverageEligibilityResponse": Deciding("patient", _MUST),
    "DetectedIssue": Deciding("patient", _MUST),
    "Device": Deciding("patient", _MAY_BE_THINGS),
    "DeviceMetric": Deciding("source", _MAY_BE_THINGS),
    "DeviceRequest": Deciding("subject", _MUST),
    "DeviceUseStatement": Deciding("subject", _MUST),
    "DiagnosticReport": Deciding("subject", _MUST),
    "DocumentManifest": Deciding("subject", _MAY_BE_PEOPLE),
    "DocumentReference": Deciding("subject", _MAY_BE_PEOPLE),
    "Encounter": Deciding("subject", _MUST),
    "EnrollmentRequest": Deciding("candidate", _MUST),
    "EnrollmentResponse": Deciding("request", _MUST),
    "EpisodeOfCare": Deciding("patient", _MUST),
    "ExplanationOfBenefit": Deciding("patient", _MUST),
    "FamilyMemberHistory": Deciding("patient", _MUST),
    "Flag": Deciding("subject", _MUST),
    "Goal": Deciding("subject", _MUST),
    "Group": Deciding("member.entity", _MAY_BE_THINGS, shared=True),
    "GuidanceResponse": Deciding("subject", _MAY_BE_PEOPLE),
    "ImagingStudy": Deciding("subject", _MUST),
    "Immunization": Deciding("patient", _MUST),
    "ImmunizationEvaluation": Deciding("patient", _MUST),
    "ImmunizationRecommendation": Deciding("patient", _MUST),
    "Invoice": Deciding("subject", _MAY_BE_PEOPLE),
    "Linkage": Deciding("item.resource", _MAY_BE_PEOPLE),
    "List": Deciding("subject", _MAY_BE_PEOPLE),
    "MeasureReport": Deciding("subject", _MAY_BE_PEOPLE),
    "Media": Deciding("subject", _MAY_BE_PEOPLE),
    "MedicationAdministration": Deciding("subject", _MUST),
    "MedicationDispense": Deciding("subject", _MAY_BE_PEOPLE),
    "MedicationRequest": Deciding("subject", _MUST),
    "MedicationStatement": Deciding("subject", _MUST),
    "MessageHeader": Deciding("focus", _MAY_BE_PEOPLE),
    "MolecularSequence": Deciding("patient", _MAY_BE_PEOPLE),
    "NutritionOrder": Deciding("patient", _MUST),
    "Observation": Deciding("subject", _MUST),
    "Patient": Deciding("id", _MUST),
    "PaymentNotice": Deciding("request", _MAY_BE_PEOPLE),
    "Person": Deciding("link.target", _MAY_BE_PEOPLE),
    "Procedure": Deciding("subject", _MUST),
    "Provenance": Deciding("target", _MUST),
    "QuestionnaireResponse": Deciding("subject", _MAY_BE_PEOPLE),
    "RelatedPerson": Deciding("patient", _MUST),
    "RequestGroup": Deciding("subject", _MAY_BE_PEOPLE),
    "ResearchSubject": Deciding("individual", _MUST),
    "RiskAssessment": Deciding("subject", _MUST),
    "Schedule": Deciding("actor", _MAY_BE_THINGS),
    "ServiceRequest": Deciding("subject", _MUST),
    "Slot": Deciding("schedule", _MAY_BE_THINGS),
    "Specimen": Deciding("subject", _MAY_BE_PEOPLE),
    "SupplyDelivery": Deciding("patient", _MAY_BE_THINGS),
    "SupplyRequest": Deciding("deliverTo", _MAY_BE_THINGS),
    "Task": Deciding("for", _MAY_BE_PEOPLE),
    "VerificationResult": Deciding("target", _MAY_BE_THINGS),
    "VisionPrescription": Deciding("patient", _MUST),
}

FACILITY = frozenset(
    """
    ActivityDefinition CapabilityStatement CatalogEntry ChargeItemDefinition CodeSystem
    CompartmentDefinition ConceptMap DeviceDefinition EffectEvidenceSynthesis Endpoint
    EventDefinition Evidence EvidenceVariable ExampleScenario GraphDefinition HealthcareService
    ImplementationGuide InsurancePlan Library Location Measure Medication MedicationKnowledge
    MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication
    MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction
    MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical
    MedicinalProductUndesirableEffect MessageDefinition NamingSystem ObservationDefinition
    OperationDefinition Organization OrganizationAffiliation PaymentReconciliation PlanDefinition
    Practitioner PractitionerRole Questionnaire ResearchDefinition ResearchElementDefinition
    ResearchStudy RiskEvidenceSynthesis SearchParameter SpecimenDefinition StructureDefinition
    StructureMap Substance SubstanceNucleicAcid SubstancePolymer SubstanceProtein
    SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification
    TerminologyCapabilities TestReport TestScript ValueSet
    """.split()  # noqa: SIM905 - read as a page, not one word a line
)
"""Types that concern no patient; one that carries a Patient reference all the same is refused."""

REFUSED = {
    "Bundle": "a bundle is taken apart, not kept; send its entries",
    "Parameters": "parameters belong to an operation and are not kept",
    "OperationOutcome": "an outcome answers a request and is not kept",
    "Subscription": "subscriptions are not supported",
}
"""Types that are never kept, with the reason given to the sender."""
