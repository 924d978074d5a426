"""Scheduled steps: what a modality's worklist shows of an imaging order, and what it is found by.

An order is a ServiceRequest that is still to be done and names a modality (DICOM's code in
`orderDetail`). Its step is a part of the face: who is to be imaged, when, where and how, since a
modality shall see its list without opening charts. Why it is done stays in `clinical`; an order
that carries a restricted label has no step at all. Keywords: `step:2026-11-22:CT`,
`step:2026-11-22:@CT1`, `step:2026-11-22:` for any, `order:a17` by accession number. A day is the
one written: no time zone is reckoned with.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from chartkeep.clinical.names import fold_identifier
from chartkeep.errors import DamagedError

ORDER = "ServiceRequest"
STEP_KIND = "FaceStep"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
TITLES = "urn:dicom:aet"
"""The system of a performer's identifier that is an AE title: the station that is to do it."""
_TO_DO = frozenset({"active", "draft", "on-hold", "unknown"})

Json = dict[str, Any]


class Step(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One scheduled step. `what`: the order's code as text; `code`: the same as (code, system).

    `day` YYYY-MM-DD, `time` HH:MM:SS or empty. One without a modality is none any more.
    """

    modality: str = ""
    day: str = ""
    time: str = ""
    station: str = ""
    accession: str = ""
    placer: str = ""
    what: str = ""
    code: tuple[str, str] = ("", "")
    priority: str = ""
    requester: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Step).decode


def step_of(order: Json) -> Step | None:
    """Read the step of a checked ServiceRequest; None when nothing is to be imaged any more."""
    modality = next(_codings(order.get("orderDetail", ()), DICOM), {}).get("code", "")
    if not modality or order.get("status") not in _TO_DO:
        return None
    when = order.get("occurrenceDateTime") or order.get("occurrencePeriod", {}).get("start", "")
    numbers = {kind: value for kind, value in map(_number, order.get("identifier", ())) if value}
    coded: Json = next(iter(order.get("code", {}).get("coding", ())), {})
    return Step(
        modality=modality,
        day=when[:10] if len(when) >= 10 else "",
        time=when[11:19] if len(when) >= 19 else "",
        station=next(filter(None, map(_title, order.get("performer", ()))), ""),
        accession=numbers.get("ACSN", ""),
        placer=numbers.get("PLAC", ""),
        what=order.get("code", {}).get("text", "") or coded.get("display", ""),
        code=(coded.get("code", ""), coded.get("system", "")),
        priority=order.get("priority", ""),
        requester=order.get("requester", {}).get("display", ""),
    )


def step_face(order: Json) -> bytes | None:
    """Derive the face part of a checked ServiceRequest; None when it is no step."""
    step = step_of(order)
    return None if step is None else _encode(step)


def read_step(face: bytes) -> Step:
    """Read the part back; one that was taken back says nothing. Raises DamagedError."""
    try:
        return _decode(face)
    except msgspec.MsgspecError as error:
        raise DamagedError("a scheduled step is not readable") from error


def step_keywords(order: Json) -> frozenset[str]:
    """Give every keyword the step of a checked ServiceRequest is found by."""
    step = step_of(order)
    if step is None:
        return frozenset()
    found: set[str] = set()
    if step.day:
        found.update((f"step:{step.day}:", f"step:{step.day}:{step.modality}"))
        if step.station:
            found.add(f"step:{step.day}:@{step.station}")
    if number := fold_identifier(step.accession):
        found.add(f"order:{number}")
    return frozenset(found)


def step_query(*, accession: str = "", days: list[str], station: str, modality: str) -> list[str]:
    """Give the keywords any of which leads to charts with such a step; empty when nothing is asked.

    What they lead to needs the re-check.
    """
    if number := fold_identifier(accession):
        return [f"order:{number}"]
    where = f"@{station}" if station else modality
    return [f"step:{day}:{where}" for day in days]


def _codings(concepts: list[Json], system: str) -> Iterator[Json]:
    codings = (coding for concept in concepts for coding in concept.get("coding", ()))
    return (each for each in codings if each.get("system") == system)


def _number(identifier: Json) -> tuple[str, str]:
    codes = [each.get("code", "") for each in identifier.get("type", {}).get("coding", ())]
    return next(iter(codes), ""), identifier.get("value", "")


def _title(performer: Json) -> str:
    identifier = performer.get("identifier", {})
    title: str = identifier.get("value", "") if identifier.get("system") == TITLES else ""
    return title
