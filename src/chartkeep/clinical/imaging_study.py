"""A study of pictures as the FHIR R4 resource ImagingStudy: a view, made when somebody reads it.

Made of what the imaging door keeps: the entries of studies (`studies.Study`) and the manifests of
instances (docs/formats/instance.md), of which only the names and numbers are read here. Promises
nothing that they do not say; no Endpoint: the pictures are at the imaging door under their UIDs.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from chartkeep.clinical.studies import Study
from chartkeep.errors import DamagedError

Json = dict[str, Any]
_UID_SYSTEM, _DICOM = "urn:dicom:uid", "http://dicom.nema.org/resources/ontology/DCM"
_MAGIC = b"CKI1"


class Manifest(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The fields of a manifest, those nobody reads here as they lie there."""

    study: str
    series: str
    instance: str
    sop_class: str
    syntax: str
    modality: str
    size: int
    digest: msgspec.Raw
    start: int
    implicit: bool
    big: bool
    head: msgspec.Raw
    bulk: msgspec.Raw = msgspec.Raw()
    frames: int = 1
    frame_bits: int = 0
    fragments: msgspec.Raw = msgspec.Raw()
    firsts: msgspec.Raw = msgspec.Raw()
    number: int = 0
    series_number: int = 0
    series_description: str = ""


_decode = msgspec.msgpack.Decoder(Manifest).decode


def read_manifest(raw: bytes) -> Manifest:
    """Read what a manifest says of its instance. Raises DamagedError when it is none."""
    try:
        if raw[:4] == _MAGIC:
            return _decode(memoryview(raw)[4:])
    except msgspec.MsgspecError as error:
        raise DamagedError("a manifest of an instance is not readable") from error
    raise DamagedError("not a manifest of an instance that this version knows")


def imaging_studies(
    studies: Iterable[tuple[str, Study]], manifests: Iterable[Manifest], patient: str
) -> list[Json]:
    """Make a resource for each study that has instances, under the first of its entries' ids.

    `studies`: entries with their ids; `patient`: the reference to their patient. Of when it began
    only the day is said: times of DICOM have no zone.
    """
    told: dict[str, list[tuple[str, Study]]] = {}
    for ident, study in studies:
        told.setdefault(study.study, []).append((ident, study))
    pictures: dict[str, list[Manifest]] = {}
    for each in manifests:
        pictures.setdefault(each.study, []).append(each)
    return [
        _study(min(entries)[0], [study for _, study in entries], pictures[uid], patient)
        for uid, entries in told.items()
        if uid in pictures
    ]


def _study(ident: str, told: list[Study], pictures: list[Manifest], patient: str) -> Json:
    series: dict[str, list[Manifest]] = {}
    for each in pictures:
        series.setdefault(each.series, []).append(each)
    shown = sorted(series.values(), key=lambda mine: (mine[0].series_number, mine[0].series))
    modalities = sorted({mine[0].modality for mine in shown})
    first = told[0]
    body: Json = {
        "resourceType": "ImagingStudy",
        "id": ident,
        "identifier": [{"system": _UID_SYSTEM, "value": f"urn:oid:{first.study}"}],
        "status": "available",
        "modality": [_modality(code) for code in modalities],
        "subject": {"reference": patient},
        "numberOfSeries": len(shown),
        "numberOfInstances": len(pictures),
        "series": [_series(mine) for mine in shown],
    }
    numbers = dict.fromkeys(study.accession for study in told if study.accession)
    body["identifier"] += map(_accession, numbers)
    if day := next((study.day for study in told if study.day), ""):
        body["started"] = day
    if description := next((study.description for study in told if study.description), ""):
        body["description"] = _line(description)
    return body


def _series(pictures: list[Manifest]) -> Json:
    first = pictures[0]
    body: Json = {
        "uid": first.series,
        "modality": _modality(first.modality),
        "numberOfInstances": len(pictures),
        "instance": [_instance(each) for each in sorted(pictures, key=_place)],
    }
    if first.series_number:
        body["number"] = first.series_number
    if description := _line(first.series_description):
        body["description"] = description
    return body


def _place(picture: Manifest) -> tuple[int, str]:
    return picture.number, picture.instance


def _instance(picture: Manifest) -> Json:
    sop_class = {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{picture.sop_class}"}
    body: Json = {"uid": picture.instance, "sopClass": sop_class}
    return body | ({"number": picture.number} if picture.number else {})


def _modality(code: str) -> Json:
    return {"system": _DICOM, "code": code}


def _accession(number: str) -> Json:
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}
    return {"type": {"coding": [kind]}, "value": number}


def _line(text: str) -> str:
    """Give text as one line: a string of FHIR is neither empty nor blank at its ends."""
    return " ".join(text.split())
