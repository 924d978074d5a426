"""Imaging studies as the record knows them: what was taken and when, no pixels."""

from datetime import datetime

from chartkeep.inventor.bundle import instant
from chartkeep.inventor.site import Resource
from chartkeep.inventor.visit import Visit

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_SOP = "urn:oid:1.2.840.10008.5.1.4.1.1."
_MODALITIES = (
    ("CR", "1", "Chest, two views", 2),
    ("US", "6.1", "Ultrasound of the abdomen", 8),
    ("CT", "2", "CT of the head", 40),
)


def post_study(visit: Visit, at: datetime) -> None:
    """Write one ImagingStudy of one series; UIDs under 2.25, as DICOM PS3.5 B.2 allows."""
    code, sop_class, display, images = visit.chance.choice(_MODALITIES)
    modality = {"system": _DCM, "code": code}
    instance = {
        "uid": _uid(visit),
        "sopClass": {"system": "urn:ietf:rfc:3986", "code": _SOP + sop_class},
        "number": 1,
    }
    series: Resource = {
        "uid": _uid(visit),
        "number": 1,
        "modality": modality,
        "numberOfInstances": images,
        "instance": [instance],
    }
    study = {"system": "urn:dicom:uid", "value": f"urn:oid:{_uid(visit)}"}
    accession = {
        "system": "https://hospital.example/id/accession",
        "value": f"A{visit.chance.randint(0, 10**8):08}",
    }
    content = {
        "identifier": [study, accession],
        "status": "available",
        "modality": [modality],
        "started": instant(at),
        "description": display,
        "series": [series],
    }
    visit.post("ImagingStudy", content)


def _uid(visit: Visit) -> str:
    return f"2.25.{visit.chance.getrandbits(120)}"
