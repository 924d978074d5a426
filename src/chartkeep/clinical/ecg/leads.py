"""The leads and the measurements that have codes: ISO/IEEE 11073-10102, SCP-ECG, LOINC."""

from enum import Enum

MDC = "urn:iso:std:iso:11073:10101"
"""FHIR's name of the 11073 codes."""
OLD_MDC = "urn:oid:2.16.840.1.113883.6.24"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

LEAD_BASE, POTENTIAL_BASE = 131_072, 131_328
"""MDC_ECG_LEAD_x is the one plus the lead's number, MDC_ECG_ELEC_POTL_x the other."""

STANDARD = (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8)
"""The twelve leads, in the order they are printed."""

NAMES = {
    1: "I", 2: "II", 3: "V1", 4: "V2", 5: "V3", 6: "V4", 7: "V5", 8: "V6", 9: "V7", 10: "V2R",
    11: "V3R", 12: "V4R", 13: "V5R", 14: "V6R", 15: "V7R", 16: "X", 17: "Y", 18: "Z", 19: "CC5",
    20: "CM5", 61: "III", 62: "aVR", 63: "aVL", 64: "aVF", 65: "-aVR", 66: "V8", 67: "V9",
    68: "V8R", 69: "V9R",
}  # fmt: skip
"""Number (DICOM PS3.16 CID 3001 `2:n`, SCP-ECG `5.6.3-9-n`) -> what is printed beside the trace."""


class Measure(Enum):
    """What is measured: its name, unit (UCUM), LOINC code, and 11073-10102 code (`2:n`)."""

    HEART_RATE = ("Heart rate", "/min", "8867-4", 16016)
    RR = ("RR interval", "ms", "8637-1", 16168)
    PR = ("PR interval", "ms", "8625-6", 15872)
    QRS = ("QRS duration", "ms", "8633-0", 16156)
    QT = ("QT interval", "ms", "8634-8", 16160)
    QTC = ("QTc interval", "ms", "8636-3", 15876)
    P_AXIS = ("P axis", "deg", "8626-4", 16128)
    QRS_AXIS = ("QRS axis", "deg", "8632-1", 16132)
    T_AXIS = ("T axis", "deg", "8638-9", 16136)

    def __init__(self, title: str, unit: str, loinc: str, offset: int) -> None:
        self.title = title
        self.unit = unit
        self.loinc = loinc
        self.offset = offset
