"""HL7 tables and what FHIR calls the same (HL7 v2 chapter 2C, HL7 v2-to-FHIR concept maps)."""

HL7 = "http://terminology.hl7.org/CodeSystem/v2-"
HL7_V3 = "http://terminology.hl7.org/CodeSystem/v3-"

CODE_SYSTEMS = {
    "LN": "http://loinc.org",
    "SCT": "http://snomed.info/sct",
    "SNM3": "http://snomed.info/sct",
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "I10P": "http://www.cms.gov/Medicare/Coding/ICD10",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "C4": "http://www.ama-assn.org/go/cpt",
    "CPT": "http://www.ama-assn.org/go/cpt",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "ATC": "http://www.whocc.no/atc",
    "UCUM": "http://unitsofmeasure.org",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "MDC": "urn:iso:std:iso:11073:10101",
    "JC10": "urn:oid:1.2.392.200119.4.504",
    "HOT9": "urn:oid:1.2.392.200119.4.403.1",
    "HOT7": "urn:oid:1.2.392.200119.4.402.1",
    "MDCDX2": "urn:oid:1.2.392.200119.4.101.6",
}
"""Table 0396 -> FHIR's system; JC10 is JLAC10, HOT and MDCDX2 are Japan's, too."""

GENDERS = {"M": "male", "F": "female", "O": "other", "A": "other", "N": "other", "U": "unknown"}
NAME_USES = {
    "L": "official", "D": "usual", "M": "maiden", "N": "nickname", "A": "usual", "B": "old",
    "S": "anonymous", "T": "temp", "C": "usual",
}  # fmt: skip
REPRESENTATIONS = {"A": "ABC", "I": "IDE", "P": "SYL"}
ADDRESS_USES = {"H": "home", "L": "home", "B": "work", "O": "work", "C": "temp", "BA": "old"}
TELECOM_SYSTEMS = {
    "PH": "phone", "CP": "phone", "FX": "fax", "BP": "pager", "Internet": "email",
    "X.400": "email", "SAT": "phone", "MD": "other", "TDD": "other", "TTY": "other",
}  # fmt: skip
TELECOM_USES = {"PRN": "home", "ORN": "home", "VHN": "temp", "WPN": "work", "PRS": "mobile"}

CLASSES = {
    "I": "IMP", "B": "IMP", "O": "AMB", "R": "AMB", "E": "EMER", "P": "PRENC", "C": "AMB",
}  # fmt: skip
"""Table 0004 -> v3 ActCode; a code that is not here stays HL7's own."""
ATTENDANTS = {7: "ATND", 8: "REF", 9: "CON", 17: "ADM"}
"""Field of PV1 -> v3 ParticipationType."""

ALLERGY_CATEGORIES = {
    "DA": "medication", "FA": "food", "EA": "environment", "LA": "environment",
    "PA": "environment", "AA": "environment",
}  # fmt: skip
CRITICALITIES = {"SV": "high", "MO": "low", "MI": "low", "U": "unable-to-assess"}

REPORT_STATUSES = {
    "O": "registered", "I": "registered", "S": "registered", "A": "partial", "R": "preliminary",
    "P": "preliminary", "F": "final", "C": "corrected", "M": "corrected", "X": "cancelled",
}  # fmt: skip
"""Tables 0123."""
RESULT_STATUSES = {
    "F": "final", "U": "final", "P": "preliminary", "R": "preliminary", "S": "preliminary",
    "C": "corrected", "A": "amended", "B": "amended", "D": "entered-in-error",
    "W": "entered-in-error", "X": "cancelled", "I": "registered", "O": "registered",
    "N": "registered", "V": "preliminary",
}  # fmt: skip
"""Table 0085."""
INTERPRETATIONS = frozenset(
    "L H LL HH < > N A AA U D B W S R I MS VS POS NEG IND DET ND HU LU SX HX EX AC".split()  # noqa: SIM905 - read as a line
)
"""Codes of table 0078 that are v3 ObservationInterpretation's, too."""
IMAGING_SERVICES = frozenset(
    "RAD RUS CT CTH NMR NMS MR US CR DX XRC CUS VUS XA MG PT RX RT".split()  # noqa: SIM905 - read as a line
)
"""Table 0074 and DICOM modalities: departments whose results are reports in words."""
LABORATORIES = frozenset(
    "LAB CH HM MB BLB SR IMM VR TX CP SP PAT BG MCB MYC PCP CG CUS".split()  # noqa: SIM905 - read as a line
)

ORDER_STATUSES = {
    "NW": "active", "XO": "active", "XX": "active", "RP": "active", "OK": "active", "SC": "active",
    "RL": "active", "PA": "active", "RF": "active", "SN": "active", "NA": "active", "SS": "active",
    "CA": "revoked", "DC": "revoked", "OC": "revoked", "OD": "revoked", "CR": "revoked",
    "DR": "revoked", "UA": "revoked", "UX": "active", "HD": "on-hold", "OH": "on-hold",
    "HR": "on-hold", "OE": "active", "RO": "active", "DE": "entered-in-error",
}  # fmt: skip
"""Table 0119: what ORC-1 asks for."""
PROGRESS = {
    "CM": "completed", "CA": "revoked", "DC": "revoked", "HD": "on-hold", "IP": "active",
    "SC": "active", "A": "active", "ER": "entered-in-error", "RP": "revoked",
}  # fmt: skip
"""Table 0038: how far ORC-5 says it is; goes before what was asked for."""
PRIORITIES = {
    "S": "stat", "A": "asap", "R": "routine", "C": "asap", "T": "urgent", "P": "routine",
    "UR": "urgent", "U": "urgent",
}  # fmt: skip

DOCUMENT_STATUSES = {"LA": "final", "AU": "final", "DO": "preliminary", "IP": "preliminary",
    "IN": "preliminary", "PA": "preliminary", "DI": "preliminary"}  # fmt: skip
"""Table 0271."""
CONFIDENTIALITIES = {"R": "R", "RE": "R", "V": "V", "VR": "V", "UWM": "R", "ETH": "R", "HIV": "R",
    "PSY": "R"}  # fmt: skip
"""Tables 0177 and 0272: what restricts -> v3 Confidentiality."""
MEDIA_TYPES = {
    "PDF": "application/pdf", "JPEG": "image/jpeg", "JPG": "image/jpeg", "PNG": "image/png",
    "TIFF": "image/tiff", "TIF": "image/tiff", "GIF": "image/gif", "HTML": "text/html",
    "RTF": "application/rtf", "XML": "application/xml", "DICOM": "application/dicom",
    "PLAIN": "text/plain", "TEXT": "text/plain", "X-HL7-CDA-LEVEL-ONE": "text/xml",
    "MP4": "video/mp4", "AECG": "application/xml",
}  # fmt: skip
"""Table 0291 -> media type."""
