"""A C-CDA of nobody, written here: one entry of each kind that is read."""

SNOMED, LOINC, RXNORM, CVX = (
    "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.88",
    "2.16.840.1.113883.12.292",
)  # fmt: skip


def code(value: str, system: str, name: str, tag: str = "code", more: str = "") -> str:
    return f'<{tag} code="{value}" codeSystem="{system}" displayName="{name}"{more}/>'


def value(code_: str, name: str) -> str:
    return code(code_, SNOMED, name, "value", ' xsi:type="CD"')


def section(loinc: str, entries: str, text: str = "") -> str:
    return (
        f'<component><section><code code="{loinc}" codeSystem="{LOINC}"/><title>x</title>'
        f"<text>{text}</text>{entries}</section></component>"
    )


def drug(moods: str, product: str, more: str = "") -> str:
    return (
        f'<entry><substanceAdministration classCode="SBADM" {moods}>{more}<consumable>'
        f"<manufacturedProduct><manufacturedMaterial>{product}</manufacturedMaterial>"
        "</manufacturedProduct></consumable></substanceAdministration></entry>"
    )


PROBLEM = section(
    "11450-4",
    '<entry><act classCode="ACT" moodCode="EVN"><statusCode code="active"/><entryRelationship '
    'typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><id root="9.1" extension="p1"/>'
    '<effectiveTime><low value="20250301"/></effectiveTime>'
    '<value xsi:type="CD" code="195967001" codeSystem="2.16.840.1.113883.6.96">'
    '<originalText><reference value="#prob1"/></originalText>'
    '<translation code="J45.9" codeSystem="2.16.840.1.113883.6.90"/></value>'
    "</observation></entryRelationship></act></entry>",
    '<paragraph ID="prob1">Asthma since <b>childhood</b></paragraph>',
)
ALLERGY = section(
    "48765-2",
    '<entry><act classCode="ACT" moodCode="EVN"><entryRelationship typeCode="SUBJ"><observation>'
    '<id root="9.1" extension="a1"/><effectiveTime><low value="1998"/></effectiveTime>'
    + value("419511003", "Propensity to adverse reactions to drug")
    + '<participant typeCode="CSM"><participantRole><playingEntity>'
    + code("7980", RXNORM, "Penicillin G")
    + "</playingEntity></participantRole></participant>"
    '<entryRelationship typeCode="MFST" inversionInd="true"><observation>'
    + value("247472004", "Hives")
    + '<entryRelationship><observation><code code="SEV"/>'
    + value("24484000", "Severe")
    + "</observation></entryRelationship></observation></entryRelationship>"
    "</observation></entryRelationship></act></entry>",
)
MEDICINE = section(
    "10160-0",
    drug(
        'moodCode="EVN"', code("745679", RXNORM, "Albuterol 0.09 MG/ACTUAT"),
        '<id root="9.1" extension="m1"/><statusCode code="active"/>'
        '<effectiveTime xsi:type="IVL_TS"><low value="20260101"/></effectiveTime>'
        '<effectiveTime xsi:type="PIVL_TS"><period value="6" unit="h"/></effectiveTime>'
        '<doseQuantity value="1.0" unit="mg"/>',
    ),
)  # fmt: skip
VACCINE = section(
    "11369-6",
    drug(
        'moodCode="EVN"', code("88", CVX, "influenza") + "<lotNumberText>L7</lotNumberText>",
        '<id root="9.1" extension="i1"/><effectiveTime value="20261001"/>',
    )
    + drug('moodCode="EVN" negationInd="true"', code("33", CVX, "pneumococcal")),
)  # fmt: skip
RESULT = section(
    "30954-2",
    '<entry><organizer classCode="BATTERY"><effectiveTime><low value="20261101080000+0900"/>'
    '</effectiveTime><component><observation><id root="9.1" extension="r1"/>'
    + code("718-7", LOINC, "Hemoglobin")
    + '<statusCode code="completed"/><value xsi:type="PQ" value="13.20" unit="g/dL"/>'
    '<interpretationCode code="N" codeSystem="2.16.840.1.113883.5.83"/><referenceRange>'
    '<observationRange><value xsi:type="IVL_PQ"><low value="12.0" unit="g/dL"/>'
    '<high value="15.5" unit="g/dL"/></value></observationRange></referenceRange></observation>'
    '</component><component><observation><id root="9.1" extension="r2"/>'
    + code("600-7", LOINC, "Blood culture")
    + '<statusCode code="completed"/><value xsi:type="ST">no growth</value></observation>'
    "</component></organizer></entry>",
)
VITALS = section(
    "8716-3",
    '<entry><organizer><component><observation><id root="9.1" extension="v1"/>'
    + code("8480-6", LOINC, "Systolic")
    + '<statusCode code="completed"/><effectiveTime value="202611010800"/>'
    '<value xsi:type="PQ" value="132" unit="mm[Hg]"/></observation></component></organizer>'
    "</entry>",
)
PROCEDURE = section(
    "47519-4",
    '<entry><procedure><id root="9.1" extension="c1"/>'
    + code("80146002", SNOMED, "Appendectomy")
    + '<statusCode code="completed"/><effectiveTime value="20101105"/></procedure></entry>',
)
ENCOUNTER = section(
    "46240-8",
    '<entry><encounter><id root="9.1" extension="e1"/>'
    '<code code="99213" codeSystem="2.16.840.1.113883.6.12"><translation code="AMB" '
    'codeSystem="2.16.840.1.113883.5.4"/></code><effectiveTime value="20260105"/></encounter>'
    "</entry>",
)
ALL = PROBLEM + ALLERGY + MEDICINE + VACCINE + RESULT + VITALS + PROCEDURE + ENCOUNTER


def cda(body: str = "", number: str = "4711", root: str = "1.2.392.1", before: str = "") -> bytes:
    inside = body if "nonXMLBody" in body else f"<structuredBody>{body}</structuredBody>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<ClinicalDocument xmlns="urn:hl7-org:v3"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><id root="9.9" extension="d1"/>'
        f"{code('34133-9', LOINC, 'Summarization of Episode Note')}<title>Summary</title>"
        '<effectiveTime value="20261122060000+0900"/><recordTarget><patientRole>'
        f'<id root="{root}" extension="{number}"/><patient><name><given>Aiko</given>'
        '<family>Sato</family></name><birthTime value="19710123"/></patient></patientRole>'
        "</recordTarget><custodian><assignedCustodian><representedCustodianOrganization>"
        "<name>Minato</name></representedCustodianOrganization></assignedCustodian></custodian>"
        f"<component>{inside}</component></ClinicalDocument>"
    ).encode()  # fmt: skip
