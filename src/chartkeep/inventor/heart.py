"""An invented resting ECG of twelve leads, and as the HL7 aECG file a cart would write.

Beats are bell curves, so that it looks like one; it is nobody's and means nothing.
"""

from datetime import datetime, timedelta
from math import exp, pi, sin
from xml.sax.saxutils import escape

from chartkeep.inventor.chance import Chance
from chartkeep.inventor.people import Patient

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
MICROVOLT = 5
"""What one step is."""
_SHAPE = {  # where in the beat and how wide, in milliseconds
    "p": (120, 28), "q": (208, 9), "r": (228, 11), "s": (250, 11), "t": (420, 48),
}  # fmt: skip
_HEIGHTS = {  # microvolts of P, Q, R, S, T
    "I": (60, -40, 600, -90, 180), "II": (120, -60, 1000, -150, 280),
    "V1": (50, 0, 200, -900, -60), "V2": (60, 0, 400, -1300, 350), "V3": (60, 0, 700, -900, 420),
    "V4": (60, -60, 1300, -500, 380), "V5": (60, -90, 1200, -220, 300),
    "V6": (60, -80, 900, -100, 240),
}  # fmt: skip


def twelve_leads(chance: Chance, seconds: int = 10, rate: int = 500) -> list[list[int]]:
    """Invent the samples of `LEADS`, in steps of `MICROVOLT`; limb leads follow from I and II."""
    beat = 60_000 / chance.randint(54, 96)
    height = chance.uniform(0.7, 1.3)
    noise = [chance.uniform(-1.5, 1.5) for _ in range(997)]
    made = {
        name: [
            round(
                height * _at(name, k * 1000 / rate % beat) / MICROVOLT
                + 6 * sin(2 * pi * k / rate / 4)  # breathing
                + noise[(k * (place + 1)) % 997]
            )
            for k in range(seconds * rate)
        ]
        for place, name in enumerate(_HEIGHTS)
    }
    pairs = list(zip(made["I"], made["II"], strict=True))
    made["III"] = [two - one for one, two in pairs]
    made["aVR"] = [-(one + two) // 2 for one, two in pairs]
    made["aVL"] = [one - two // 2 for one, two in pairs]
    made["aVF"] = [two - one // 2 for one, two in pairs]
    return [made[name] for name in LEADS]


def aecg(patient: Patient, at: datetime, leads: list[list[int]], rate: int = 500) -> bytes:
    """Write an ECG as HL7 aECG, under the patient's number, name and birth date."""
    number, name = patient.identifiers[0][1], patient.names.official
    begin, end = (
        f"{moment:%Y%m%d%H%M%S}" for moment in (at, at + timedelta(seconds=len(leads[0]) / rate))
    )
    span = f'<effectiveTime><low value="{begin}"/><high value="{end}"/></effectiveTime>'
    sequences = "".join(
        f'<component><sequence><code code="MDC_ECG_LEAD_{lead}"/><value xsi:type="SLIST_PQ">'
        f'<origin value="0" unit="uV"/><scale value="{MICROVOLT}" unit="uV"/>'
        f"<digits>{' '.join(map(str, samples))}</digits></value></sequence></component>"
        for lead, samples in zip(LEADS, leads, strict=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><AnnotatedECG xmlns="urn:hl7-org:v3"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><id root="2.25.1"/>'
        f'<code code="93000" codeSystem="2.16.840.1.113883.6.12"/>{span}'
        "<componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>"
        f'<id root="2.25.2" extension="{escape(number)}"/><subjectDemographicPerson>'
        f"<name>{escape(name.text)}</name>"
        f'<birthTime value="{patient.birth:%Y%m%d}"/></subjectDemographicPerson></trialSubject>'
        "</subject></subjectAssignment></componentOf></timepointEvent></componentOf><component>"
        f'<series><id root="2.25.3"/><code code="RHYTHM"/>{span}<component><sequenceSet>'
        '<component><sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS">'
        f'<head value="{begin}"/><increment value="{1 / rate}" unit="s"/></value></sequence>'
        f"</component>{sequences}</sequenceSet></component></series></component></AnnotatedECG>"
    ).encode()


def _at(lead: str, phase: float) -> float:
    """Give the microvolts of a lead at a moment of the beat."""
    return sum(
        height * exp(-(((phase - middle) / width) ** 2))
        for height, (middle, width) in zip(_HEIGHTS[lead], _SHAPE.values(), strict=True)
    )
