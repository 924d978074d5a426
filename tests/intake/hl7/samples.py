# ruff: noqa: E501 - a segment is a line
"""A message of every event this house reads, about three invented people, in the order they happen.

Shapes are those public sample sets have (v2.3 to v2.8): old and new forms of orders, text reports,
files inside, escapes, repetitions, nulls. Nobody in them exists.
"""

import base64

from tests.intake.hl7.messages import (
    ADMITTED,
    OBR,
    PID,
    POTASSIUM,
    adt,
    message,
    obr,
    obx,
    oru,
    pv1,
    segment,
)

SITI = (
    "PID|1||8822^^^MINATO^MR||WIJAYA^SITI^NURHALIZA^^Ibu^^L||19910217|F|||"
    'Jl. Kenanga 7\\T\\9^RT 02^Bandung^Jawa Barat^40115^IDN||+62 22 555 0101~siti@mail.example^NET^Internet||""'
)
OBRIEN = "PID|1||M-77^^^MINATO^MR||O'BRIEN^SEÁN^^JR^DR^^L||1948|M|||12 Invented Rd^^Cork^^^IRL"
PDF = base64.b64encode(b"%PDF-1.4 an invented letter").decode()
TXA = segment(
    "TXA", _1="1", _2="CN^Consultation note", _3="TX", _4="202611221100", _6="20261122113000",
    _9="3301^山田^一郎", _12="D-1^HIS", _16="letter.pdf", _17="AU", _19="AV",
)  # fmt: skip
ORC = segment("ORC", _1="NW", _2="P-7^HIS", _9="20261122100000", _12="3301^山田^一郎")
XRAY = segment(
    "OBR", _1="1", _2="P-7^HIS", _4="36643-5^Chest X-ray^LN", _18="A-2026-77", _24="CR",
    _31="R05^Cough^I10", _36="20261122140000",
)  # fmt: skip

SAMPLES = {
    "A28": adt("A28", number="1"),
    "A05": adt("A05", pv1(_2="P", _44=""), number="2"),
    "A01": adt(
        "A01", pv1(), "AL1|1|DA|70618^Penicillin^RXNORM|SV|Rash~Fever|20100501",
        segment("IN1", _1="1", _2="K-1", _3="138057", _4="協会けんぽ", _17="SEL", _36="09-88-1"),
        number="3",
    ),
    "A02": adt("A02", pv1(_3="5E^501^2", _6="3W^302^1"), number="4"),
    "A12": adt("A12", ADMITTED, number="5"),
    "A08": adt("A08", pv1(_14="1", _4="R"), "NK1|1|佐藤^次郎|SPO^Spouse^HL70063||090-1111-2222", number="6"),
    "A31": adt("A31", number="7"),
    "A60": adt("A60", "IAM|1|FA|91934008^Nut allergy^SCT|MO|Swelling|A|AL-1^HIS", number="8"),
    "ORM": message("ORM^O01", PID, ADMITTED, ORC, XRAY, number="9"),
    "OMG": message(
        "OMG^O19", PID, ORC.replace("P-7", "P-8"), "TQ1|1||||||20261123090000||S",
        XRAY.replace("P-7", "P-8"), number="10",
    ),
    "OML": message("OML^O21", PID, ORC.replace("P-7", "P-9"), obr(_2="P-9^HIS", _25=""), number="11"),
    "OMI": message(
        "OMI^O23", PID, ORC.replace("P-7", "P-10"), "TQ1|1||||||20261123100000",
        XRAY.replace("P-7", "P-10"), "IPC|A-2026-88|RP1|1.2.3.4|SPS1|CT", number="12",
    ),
    "ORU laboratory": oru(ADMITTED, OBR, POTASSIUM, "NTE|1||repeat at once", number="13"),
    "ORU preliminary": oru(obr(_3="F-2^LIS", _25="P"), obx(_5="4.1", _11="P", _8=""), number="14"),
    "ORU corrected": oru(obr(_3="F-2^LIS", _25="C"), obx(_5="4.4", _11="C", _8="N"), number="15"),
    "ORU values": oru(
        obr(_3="F-3^LIS"),
        obx(_1="1", _2="SN", _3="5195-3^HBsAg^LN", _5=">^100", _8=""),
        obx(_1="2", _2="SN", _3="20507-0^RPR titre^LN", _5="^1^:^128", _8=""),
        obx(_1="3", _2="CWE", _3="883-9^ABO^LN", _5="112144000^Blood group A^SCT", _8=""),
        obx(_1="4", _2="NM", _3="718-7^Hb^LN", _5="<3.0", _8="LL"),
        obx(_1="5", _2="NM", _3="LOCAL1^Something^L", _5="not done", _8=""),
        obx(_1="6", _2="DT", _3="11778-8^Due^LN", _5="20270301", _6="", _8=""),
        obx(_1="7", _2="ST", _3="5778-6^Colour^LN", _5="straw \\T\\ clear", _6="", _8=""),
        obx(_1="8", _2="NM", _3="2345-7^Glucose^LN", _5='""', _11="X", _8=""),
        "SPM|1|S-1^S-1||BLD^Blood^HL70487|||||||||||||20261122075500",
        number="16",
    ),
    "ORU radiology": oru(
        obr(_3="RAD-1^RIS", _4="36643-5^Chest X-ray^LN", _24="RAD"),
        obx(_1="1", _2="TX", _3="GDT^Findings", _5="No effusion.", _6="", _7="", _8=""),
        obx(_1="2", _2="TX", _3="GDT^Findings", _5="Heart of normal size.", _6="", _7="", _8=""),
        obx(_1="3", _2="TX", _3="19005-8^Impression^LN", _5="Normal chest.", _6="", _7="", _8=""),
        number="17",
    ),
    "ORU with a file": oru(
        obr(_3="F-4^LIS"),
        obx(_2="ED", _3="11502-2^Laboratory report^LN", _5=f"LIS^APPLICATION^PDF^Base64^{PDF}", _6="", _7="", _8=""),
        number="18",
    ),
    "MDM": message("MDM^T02", PID, ADMITTED, TXA, "OBX|1|TX|||Seen on rounds.~Goes home tomorrow.", number="19"),
    "MDM with a file": message(
        "MDM^T02", PID, TXA.replace("D-1", "D-2"), f"OBX|1|ED|||HIS^Application^PDF^Base64^{PDF}", number="20"
    ),
    "MDM cancelled": message("MDM^T11", PID, TXA, number="21"),
    "A21": adt("A21", ADMITTED, number="22"),
    "A22": adt("A22", ADMITTED, number="23"),
    "A03": adt("A03", pv1(_45="20261122180000", _36="01"), number="24"),
    "A13": adt("A13", ADMITTED, number="25"),
    "A07": adt("A07", pv1(_2="O"), number="26"),
    "A06": adt("A06", ADMITTED, number="27"),
    "A04": adt("A04", pv1(_2="E", _3="ER", _19="V-2"), number="28", pid=SITI),
    "A11": adt("A11", pv1(_2="E", _3="ER", _19="V-2"), number="29", pid=SITI),
    "A40": message("ADT^A40", PID, "MRG|8822^^^MINATO^MR", number="31"),
    "A37": message("ADT^A37", PID, "MRG|8822^^^MINATO^MR", number="32"),
    "A01 of v2.3": message(
        "ADT^A01", "EVN|A01|198808181126", OBRIEN, "PV1|1|I|2000^2012^01||||004777^LEBAUER^SIDNEY^J.|||SUR",
        number="30",
    ),
}  # fmt: skip
