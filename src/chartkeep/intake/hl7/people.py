"""PID and NK1: whose a message is, and the Patient it describes."""

from chartkeep.clinical.claim import Claim, Number, read_date
from chartkeep.intake.hl7.case import Case, Json, Sender, without_empty
from chartkeep.intake.hl7.codes import GENDERS, HL7_V3
from chartkeep.intake.hl7.reading import Segment, Value
from chartkeep.intake.hl7.times import fhir_date
from chartkeep.intake.hl7.values import address, concept, human_name, identifier, telecom

MOST_NUMBERS = 20
_NAMES_OF_NOBODY = frozenset({"S", "U"})
"""Name types of somebody who must not be named, or is not known: they agree with nobody."""
_TRUE = {"Y": True, "1": True, "N": False, "0": False}


def read_claim(pid: Segment, sender: Sender) -> Claim:
    """Say whose a message is: all numbers of PID-3, and of PID-2 where there is none."""
    values = (pid.values(3) or pid.values(2))[:MOST_NUMBERS]
    numbers = tuple(
        Number(_issued_by(value, sender), value.text(1)) for value in values if value.text(1)
    )
    names = tuple(
        " ".join(filter(None, (value.text(1), value.text(2), value.text(3))))
        for value in pid.values(5)
        if value.text(7) not in _NAMES_OF_NOBODY
    )
    return Claim(numbers, tuple(filter(None, names)), read_date(pid.text(7)))


def merged_claim(mrg: Segment, sender: Sender) -> Claim:
    """Say who was merged away: MRG-1, by number alone."""
    values = mrg.values(1)[:MOST_NUMBERS]
    return Claim(tuple(Number(_issued_by(each, sender), each.text(1)) for each in values))


def _issued_by(value: Value, sender: Sender) -> str:
    authority = "&".join(filter(None, (value.text(4, 1), value.text(4, 2))))
    return sender.issuers.system(authority, sender.issuer)


def patient(case: Case, pid: Segment, kin: list[Segment]) -> Json:
    """Make the Patient of PID and NK1. Raises BadInputError for a date that is none."""
    phones = [telecom(each, "home") for each in pid.values(13)]
    phones += [telecom(each, "work") for each in pid.values(14)]
    return without_empty(
        {
            "resourceType": "Patient",
            "identifier": _identifiers(case, pid),
            "active": True,
            "name": [name for each in pid.values(5) if (name := human_name(each))],
            "telecom": [phone for phone in phones if phone],
            "gender": GENDERS.get(pid.text(8).upper(), "unknown"),
            "birthDate": fhir_date(pid.text(7), "PID-7"),
            "address": [place for each in pid.values(11) if (place := address(each))],
            "maritalStatus": _marital(case, pid),
            "contact": [contact for each in kin if (contact := _contact(case, each))],
            "communication": _language(case, pid),
            **_multiple_birth(pid),
            **_death(case, pid),
        }
    )


def _identifiers(case: Case, pid: Segment) -> list[Json]:
    found = []
    for value in (pid.values(3) or pid.values(2))[:MOST_NUMBERS]:
        if number := value.text(1):
            system = _issued_by(value, case.sender)
            found.append(identifier(system, number, value.text(5) or "MR"))
    return found


def _marital(case: Case, pid: Segment) -> Json:
    code = pid.text(16)
    if code in set("ADILMPSTUW"):
        code = {"U": "UNK"}.get(code, code)
        system = f"{HL7_V3}{'NullFlavor' if code == 'UNK' else 'MaritalStatus'}"
        return {"coding": [{"system": system, "code": code}]}
    return concept(case, pid.value(16), "0002") if code else {}


def _language(case: Case, pid: Segment) -> list[Json]:
    said = concept(case, pid.value(15), "0296")
    return [{"language": said, "preferred": True}] if said else []


def _multiple_birth(pid: Segment) -> Json:
    order = pid.text(25)
    if order.isdecimal() and 0 < int(order[:3]) < 20:
        return {"multipleBirthInteger": int(order[:3])}
    multiple = _TRUE.get(pid.text(24).upper())
    return {} if multiple is None else {"multipleBirthBoolean": multiple}


def _death(case: Case, pid: Segment) -> Json:
    if at := case.time(pid, 29):
        return {"deceasedDateTime": at}
    dead = _TRUE.get(pid.text(30).upper())
    return {} if dead is None else {"deceasedBoolean": dead}


def _contact(case: Case, nk1: Segment) -> Json:
    name = human_name(nk1.value(2))
    phones = [telecom(each, "home") for each in nk1.values(5)]
    phones += [telecom(each, "work") for each in nk1.values(6)]
    place = address(nk1.value(4))
    relation = [concept(case, each, "0063") for each in nk1.values(3)]
    relation += [concept(case, each, "0131") for each in nk1.values(7)]
    found = without_empty(
        {
            "name": name,
            "telecom": [phone for phone in phones if phone],
            "address": place,
        }
    )
    if not found:
        return {}
    return without_empty({"relationship": [each for each in relation if each], **found})
