"""Invented messages: what a hospital information system, a laboratory and a scanner send.

`message` joins segments; `PID` and the others are those of one woman, Sato Hana, born 1956.
"""

from zoneinfo import ZoneInfo

from chartkeep.clinical.issuers import Issuers
from chartkeep.intake.hl7.case import Sender

MRN = "http://minato.example/mrn"
TOKYO = ZoneInfo("Asia/Tokyo")
HIS = Sender("his", MRN, TOKYO, Issuers({"MINATO": MRN}), place=True)
LAB = Sender("lab", MRN, TOKYO, Issuers({"MINATO": MRN}))

PID = (
    "PID|1||4711^^^MINATO^MR~13 0012^^^&1.2.392.1&ISO^NI||"
    "佐藤^花^^^^^L^I~サトウ^ハナ^^^^^L^P~SATO^HANA^^^^^L^A||19560803|F|||"
    "芝公園1-2-3^^港区^東京都^105-0011^JPN^H||03-1234-5678^PRN^PH||ja|M"
)


def segment(name: str, **fields: str) -> str:
    """Write a segment from numbered fields: `segment("PV1", _2="I")`."""
    told = {int(field[1:]): text for field, text in fields.items()}
    return "|".join([name, *(told.get(at, "") for at in range(1, max(told) + 1))])


def pv1(**fields: str) -> str:
    """Write her visit V-9001, in a bed of 3W unless told otherwise."""
    usual = {
        "_1": "1", "_2": "I", "_3": "3W^302^1", "_7": "3301^山田^一郎", "_8": "3302^LEE^ANNA",
        "_10": "MED", "_19": "V-9001^^^MINATO", "_44": "20261122090000",
    }  # fmt: skip
    return segment("PV1", **(usual | fields))


ADMITTED = pv1()


def msh(event: str, number: str = "M1", *, sender: str = "HIS", version: str = "2.5") -> str:
    """Write MSH."""
    return (
        f"MSH|^~\\&|{sender}|MINATO|CHARTKEEP|MINATO|20261122093000||{event}|{number}|P|{version}"
        "||||||UNICODE UTF-8"
    )


def message(event: str, *segments: str, number: str = "M1", sender: str = "HIS") -> bytes:
    """Write a message."""
    lines = [msh(event, number, sender=sender), *segments]
    return "".join(f"{line}\r" for line in lines).encode()


def adt(event: str, *segments: str, number: str = "M1", pid: str = PID) -> bytes:
    """Write an ADT message about her."""
    return message(f"ADT^{event}", f"EVN|{event}|20261122093000", pid, *segments, number=number)


def oru(*segments: str, number: str = "R1", pid: str = PID) -> bytes:
    """Write a result message about her."""
    return message("ORU^R01", pid, *segments, number=number, sender="LIS")


def obr(**fields: str) -> str:
    """Write a blood count, final."""
    usual = {
        "_1": "1", "_2": "P-1^HIS", "_3": "F-1^LIS", "_4": "58410-2^CBC^LN",
        "_7": "20261122080000", "_22": "20261122091000", "_24": "LAB", "_25": "F",
    }  # fmt: skip
    return segment("OBR", **(usual | fields))


def obx(**fields: str) -> str:
    """Write a potassium that alarms, final."""
    usual = {
        "_1": "1", "_2": "NM", "_3": "2823-3^Potassium^LN", "_5": "6.10", "_6": "mmol/L^^UCUM",
        "_7": "3.5-5.1", "_8": "HH", "_11": "F", "_14": "20261122081500",
    }  # fmt: skip
    return segment("OBX", **(usual | fields))


OBR, POTASSIUM = obr(), obx()
