"""Confidentiality codes of a message: what restricts goes into the section `restricted`."""

from chartkeep.intake.hl7.case import Json
from chartkeep.intake.hl7.codes import CONFIDENTIALITIES, HL7_V3
from chartkeep.intake.hl7.reading import Segment

_FIELDS = {"ORC": 28, "TXA": 18}


def restricted(segment: Segment | None) -> Json:
    """Give the `meta` of what ORC-28 or TXA-18 restricts; empty for the ordinary."""
    if segment is None:
        return {}
    code = CONFIDENTIALITIES.get(segment.text(_FIELDS[segment.name]).upper(), "")
    return {"security": [{"system": f"{HL7_V3}Confidentiality", "code": code}]} if code else {}
