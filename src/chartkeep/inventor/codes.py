"""What the invented patients suffer from, take and have measured: real codes, plain tables.

SNOMED CT, ICD-10, LOINC, UCUM, ATC and CVX codes; a choice for looking plausible, not for care.
"""

from dataclasses import dataclass
from typing import Final

from chartkeep.inventor.names import Origin
from chartkeep.inventor.site import Resource

SNOMED: Final = "http://snomed.info/sct"
ICD10: Final = "http://hl7.org/fhir/sid/icd-10"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
ATC: Final = "http://www.whocc.no/atc"
CVX: Final = "http://hl7.org/fhir/sid/cvx"
HL7: Final = "http://terminology.hl7.org/CodeSystem/"


@dataclass(frozen=True, slots=True)
class Problem:
    """A diagnosis with the words of three languages."""

    snomed: str
    icd10: str
    english: str
    japanese: str
    indonesian: str

    def text(self, origin: Origin) -> str:
        """Return the words the patient's own doctors use."""
        match origin:
            case Origin.JAPAN:
                return self.japanese
            case Origin.INDONESIA:
                return self.indonesian
            case Origin.WEST:
                return self.english


@dataclass(frozen=True, slots=True)
class Measure:
    """Something measured, with its usual range; `places` are decimals reported."""

    loinc: str
    display: str
    unit: str
    low: float
    high: float
    places: int


PROBLEMS: Final = (
    Problem("38341003", "I10", "Hypertensive disorder", "高血圧症", "Hipertensi"),
    Problem(
        "44054006", "E11.9", "Type 2 diabetes mellitus", "2型糖尿病", "Diabetes melitus tipe 2"
    ),
    Problem("195967001", "J45.9", "Asthma", "気管支喘息", "Asma"),
    Problem("55822004", "E78.5", "Hyperlipidemia", "脂質異常症", "Hiperlipidemia"),
    Problem("709044004", "N18.9", "Chronic kidney disease", "慢性腎臓病", "Penyakit ginjal kronis"),
    Problem("49436004", "I48.9", "Atrial fibrillation", "心房細動", "Fibrilasi atrium"),
    Problem("233604007", "J18.9", "Pneumonia", "肺炎", "Pneumonia"),
    Problem("154283005", "A15.0", "Pulmonary tuberculosis", "肺結核", "Tuberkulosis paru"),
    Problem("38362002", "A90", "Dengue", "デング熱", "Demam berdarah dengue"),
    Problem("230690007", "I63.9", "Cerebrovascular accident", "脳梗塞", "Stroke iskemik"),
    Problem("84114007", "I50.9", "Heart failure", "心不全", "Gagal jantung"),
    Problem("13645005", "J44.9", "Chronic obstructive lung disease", "慢性閉塞性肺疾患", "PPOK"),
    Problem("71620000", "S72.9", "Fracture of femur", "大腿骨骨折", "Fraktur femur"),
    Problem("25374005", "A09", "Gastroenteritis", "胃腸炎", "Gastroenteritis"),
)
MIND_PROBLEMS: Final = (
    Problem("58214004", "F20.9", "Schizophrenia", "統合失調症", "Skizofrenia"),
    Problem("35489007", "F32.9", "Depressive disorder", "うつ病", "Gangguan depresi"),
    Problem("13746004", "F31.9", "Bipolar disorder", "双極性障害", "Gangguan bipolar"),
    Problem(
        "66590003", "F10.2", "Alcohol dependence", "アルコール依存症", "Ketergantungan alkohol"
    ),
)
MEDICINES: Final = (
    ("C08CA01", "amlodipine"), ("A10BA02", "metformin"), ("C10AA05", "atorvastatin"),
    ("A02BC01", "omeprazole"), ("N02BE01", "paracetamol"), ("J01CA04", "amoxicillin"),
    ("R03AC02", "salbutamol"), ("C03CA01", "furosemide"), ("B01AA03", "warfarin"),
    ("J01DD04", "ceftriaxone"), ("C09CA01", "losartan"), ("A10AE04", "insulin glargine"),
)  # fmt: skip
MIND_MEDICINES: Final = (
    ("N05AX08", "risperidone"), ("N06AB06", "sertraline"), ("N05AN01", "lithium"),
    ("N05AH03", "olanzapine"),
)  # fmt: skip
ALLERGIES: Final = (
    ("91936005", "Allergy to penicillin", "medication"),
    ("91935009", "Allergy to peanut", "food"),
    ("417532002", "Allergy to fish", "food"),
)
VACCINES: Final = (("140", "Influenza, seasonal"), ("133", "PCV13"), ("208", "COVID-19 mRNA"))
PROCEDURES: Final = (
    ("80146002", "Appendectomy"), ("73761001", "Colonoscopy"), ("40701008", "Echocardiography"),
)  # fmt: skip

SYSTOLIC: Final = Measure("8480-6", "Systolic blood pressure", "mm[Hg]", 100, 165, 0)
DIASTOLIC: Final = Measure("8462-4", "Diastolic blood pressure", "mm[Hg]", 58, 98, 0)
VITAL_SIGNS: Final = (
    Measure("8867-4", "Heart rate", "/min", 55, 110, 0),
    Measure("8310-5", "Body temperature", "Cel", 35.8, 38.9, 1),
    Measure("9279-1", "Respiratory rate", "/min", 12, 24, 0),
    Measure("59408-5", "Oxygen saturation by pulse oximetry", "%", 91, 100, 0),
    Measure("29463-7", "Body weight", "kg", 42, 96, 1),
)
PANELS: Final = (
    ("58410-2", "CBC panel", (
        Measure("718-7", "Hemoglobin", "g/dL", 12.0, 17.0, 1),
        Measure("6690-2", "Leukocytes", "10*3/uL", 3.5, 9.8, 2),
        Measure("777-3", "Platelets", "10*3/uL", 150, 400, 0),
        Measure("789-8", "Erythrocytes", "10*6/uL", 3.9, 5.6, 2),
        Measure("4544-3", "Hematocrit", "%", 36, 50, 1),
    )),
    ("24323-8", "Comprehensive metabolic panel", (
        Measure("2160-0", "Creatinine", "mg/dL", 0.5, 1.2, 2),
        Measure("3094-0", "Urea nitrogen", "mg/dL", 8, 22, 0),
        Measure("2951-2", "Sodium", "mmol/L", 136, 146, 0),
        Measure("2823-3", "Potassium", "mmol/L", 3.5, 5.1, 1),
        Measure("1742-6", "Alanine aminotransferase", "U/L", 8, 45, 0),
        Measure("1920-8", "Aspartate aminotransferase", "U/L", 10, 40, 0),
        Measure("1975-2", "Bilirubin total", "mg/dL", 0.2, 1.2, 2),
        Measure("1988-5", "C reactive protein", "mg/L", 0.0, 5.0, 2),
    )),
    ("24331-1", "Lipid 1996 panel", (
        Measure("2093-3", "Cholesterol", "mg/dL", 130, 230, 0),
        Measure("2571-8", "Triglyceride", "mg/dL", 40, 190, 0),
        Measure("2085-9", "Cholesterol in HDL", "mg/dL", 38, 85, 0),
        Measure("13457-7", "Cholesterol in LDL (calculated)", "mg/dL", 60, 150, 0),
        Measure("4548-4", "Hemoglobin A1c", "%", 4.6, 6.5, 1),
    )),
)  # fmt: skip

RESTRICTED_LABEL: Final[Resource] = {
    "security": [
        {"system": HL7 + "v3-Confidentiality", "code": "R", "display": "restricted"},
        {"system": HL7 + "v3-ActCode", "code": "PSY", "display": "psychiatry"},
    ]
}


def concept(system: str, code: str, display: str) -> Resource:
    """Write a CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def hl7_concept(table: str, code: str) -> Resource:
    """Write a CodeableConcept from one of HL7's own tables."""
    return {"coding": [{"system": HL7 + table, "code": code}]}
