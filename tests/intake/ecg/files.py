"""Recordings of nobody, written here in the formats of others."""

import base64
import struct
from binascii import crc_hqx
from math import sin
from xml.sax.saxutils import escape

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
EIGHT = {"I", "II", "V1", "V2", "V3", "V4", "V5", "V6"}
COUNT, RATE = 1_000, 500


def samples(lead: int) -> list[int]:
    return [round(200 * sin(at / 20 + lead)) for at in range(COUNT)]


def aecg(patient: str = "4711", extra: str = "") -> bytes:
    """HL7 annotated ECG: 12 leads, 5 microvolts a digit."""
    series = "".join(
        f'<component><sequence><code code="MDC_ECG_LEAD_{name.upper() if name[0] == "a" else name}"'
        ' codeSystem="2.16.840.1.113883.6.24"/><value xsi:type="SLIST_PQ">'
        '<origin value="0" unit="uV"/><scale value="5" unit="uV"/>'
        f"<digits>{' '.join(map(str, samples(place)))}</digits></value></sequence></component>"
        for place, name in enumerate(LEADS)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{extra}'
        '<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<id root="1.2.3"/><code code="93000" codeSystem="2.16.840.1.113883.6.12"/>'
        '<effectiveTime><low value="20261122060000"/><high value="20261122060002"/></effectiveTime>'
        "<componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>"
        f'<id root="1.2.4" extension="{escape(patient)}"/><subjectDemographicPerson>'
        '<name>Sato Aiko</name><administrativeGenderCode code="F"/><birthTime value="19710123"/>'
        "</subjectDemographicPerson></trialSubject></subject></subjectAssignment></componentOf>"
        "</timepointEvent></componentOf><component><series>"
        '<id root="1.2.5"/><code code="RHYTHM" codeSystem="2.16.840.1.113883.5.4"/>'
        '<effectiveTime><low value="20261122060000"/><high value="20261122060002"/></effectiveTime>'
        '<component><sequenceSet><component><sequence><code code="TIME_ABSOLUTE"/>'
        '<value xsi:type="GLIST_TS"><head value="20261122060000.000"/>'
        '<increment value="0.002" unit="s"/></value></sequence></component>'
        f"{series}</sequenceSet></component></series></component></AnnotatedECG>"
    ).encode()


def wfdb(signal: str = "100.dat") -> dict[str, bytes]:
    """A WFDB record of two leads in format 16: 200 counts a millivolt."""
    header = (
        f"100 2 {RATE} {COUNT} 06:00:00 22/11/2026\n"
        f"{signal} 16 200/mV 16 0 0 0 0 I\n{signal} 16 200/mV 16 0 0 0 0 II\n"
    )
    both = [value for pair in zip(samples(0), samples(1), strict=True) for value in pair]
    return {"100.hea": header.encode(), "100.dat": struct.pack(f"<{2 * COUNT}h", *both)}


def edf(patient: str = "4711") -> bytes:
    """EDF+ of two leads, two records of a second."""

    def field(text: object, size: int) -> bytes:
        return str(text).encode().ljust(size)[:size]

    count = 2
    head = b"".join(
        (
            field(0, 8), field(f"{patient} F 23-JAN-1971 Sato_Aiko", 80),
            field("Startdate 22-NOV-2026 X X cart7", 80), field("22.11.26", 8),
            field("06.00.00", 8), field(256 * (count + 1), 8), field("EDF+C", 44), field(2, 8),
            field(1, 8), field(count, 4),
            *(field(f"ECG {name}", 16) for name in LEADS[:count]), field("", 80) * count,
            field("uV", 8) * count, field(-32768, 8) * count, field(32767, 8) * count,
            field(-32768, 8) * count, field(32767, 8) * count, field("", 80) * count,
            field(RATE, 8) * count, field("", 32) * count,
        )
    )  # fmt: skip
    body = b"".join(
        struct.pack(f"<{RATE}h", *samples(lead)[record * RATE : (record + 1) * RATE])
        for record in range(2)
        for lead in range(count)
    )
    return head + body


def muse(patient: str = "4711") -> bytes:
    """GE MUSE XML: the eight leads a cart stores, 4.88 microvolts a bit."""
    stored = [(place, name) for place, name in enumerate(LEADS) if name in EIGHT]
    leads = "".join(
        f"<LeadData><LeadByteCountTotal>{2 * COUNT}</LeadByteCountTotal><LeadOffsetFirstSample>0"
        f"</LeadOffsetFirstSample><LeadSampleCountTotal>{COUNT}</LeadSampleCountTotal>"
        "<LeadAmplitudeUnitsPerBit>4.88</LeadAmplitudeUnitsPerBit><LeadAmplitudeUnits>MICROVOLTS"
        f"</LeadAmplitudeUnits><LeadSampleSize>2</LeadSampleSize><LeadID>{name}</LeadID>"
        f"<WaveFormData>{base64.b64encode(struct.pack(f'<{COUNT}h', *samples(place))).decode()}"
        "</WaveFormData></LeadData>"
        for place, name in stored
    )
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?><RestingECG><MuseInfo><MuseVersion>9.0'
        "</MuseVersion></MuseInfo><PatientDemographics>"
        f"<PatientID>{escape(patient)}</PatientID><DateofBirth>01-23-1971</DateofBirth>"
        "<PatientLastName>Sato</PatientLastName><PatientFirstName>Aiko</PatientFirstName>"
        "</PatientDemographics><TestDemographics><AcquisitionTime>06:00:00</AcquisitionTime>"
        "<AcquisitionDate>11-22-2026</AcquisitionDate></TestDemographics>"
        "<RestingECGMeasurements><VentricularRate>61</VentricularRate><QRSDuration>92</QRSDuration>"
        "</RestingECGMeasurements><Diagnosis><Modality>Resting</Modality><DiagnosisStatement>"
        "<StmtText>Normal sinus rhythm</StmtText></DiagnosisStatement></Diagnosis><Waveform>"
        f"<WaveformType>Rhythm</WaveformType><NumberofLeads>8</NumberofLeads><SampleBase>{RATE}"
        f"</SampleBase><SampleExponent>0</SampleExponent>{leads}</Waveform></RestingECG>"
    ).encode()


def scp(patient: str = "4711") -> bytes:
    """SCP-ECG (EN 1064): two leads together, not compressed, 5 microvolts a step."""

    def section(ident: int, data: bytes, reserved: bytes = bytes(6)) -> bytes:
        head = struct.pack("<HIBB6s", ident, 16 + len(data), 20, 20, reserved)
        return struct.pack("<H", crc_hqx(head + data, 0xFFFF)) + head + data

    def tag(ident: int, value: bytes) -> bytes:
        return struct.pack("<BH", ident, len(value)) + value

    who = b"".join(
        (
            tag(0, b"Sato\0"), tag(1, b"Aiko\0"), tag(2, patient.encode() + b"\0"),
            tag(5, struct.pack("<HBB", 1971, 1, 23)), tag(14, bytes(41)),
            tag(25, struct.pack("<HBB", 2026, 11, 22)), tag(26, bytes((6, 0, 0))),
            struct.pack("<BH", 255, 0),
        )
    )  # fmt: skip
    leads = b"\x02\x14" + b"".join(struct.pack("<IIB", 1, COUNT, ident) for ident in (1, 2))
    data = b"".join(struct.pack(f"<{COUNT}h", *samples(lead)) for lead in range(2))
    rhythm = struct.pack("<HHBBHH", 5_000, 1_000_000 // RATE, 0, 0, 2 * COUNT, 2 * COUNT) + data
    parts = {1: section(1, who), 3: section(3, leads), 6: section(6, rhythm)}
    at = 6 + 16 + 12 * 10
    table = struct.pack("<HII", 0, 16 + 120, 7)
    for ident in range(1, 12):
        size = len(parts.get(ident, b""))
        table += struct.pack("<HII", ident, size, at + 1 if size else 0)
        at += size
    body = section(0, table, b"SCPECG") + b"".join(parts.values())
    counted = struct.pack("<I", len(body) + 6) + body
    return struct.pack("<H", crc_hqx(counted, 0xFFFF)) + counted
