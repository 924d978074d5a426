"""Small FHIR records, as a feed sends them: PUT under a name of their own, or POST under a urn."""

from typing import Any

Json = dict[str, Any]


def put(kind: str, ident: str, **body: Any) -> Json:
    """An entry that is made or changed under `Type/id`."""
    resource = {"resourceType": kind, "id": ident, **body}
    return {"resource": resource, "request": {"method": "PUT", "url": f"{kind}/{ident}"}}


def post(kind: str, urn: str, **body: Any) -> Json:
    """An entry that is made once, under its fullUrl."""
    resource = {"resourceType": kind, **body}
    return {"fullUrl": urn, "resource": resource, "request": {"method": "POST", "url": kind}}


def patient(ident: str = "p", family: str = "Tanaka", given: str = "Hana", **body: Any) -> Json:
    return put("Patient", ident, name=[{"family": family, "given": [given]}], **body)


def lab(ident: str = "o", about: str = "Patient/p", value: float = 5.5, **body: Any) -> Json:
    return put(
        "Observation", ident, status="final", code={"text": "glucose"},
        subject={"reference": about}, valueQuantity={"value": value, "unit": "mmol/L"}, **body,
    )  # fmt: skip


def stay(
    ident: str, status: str, about: str = "Patient/p", ward: str = "3W", **period: str
) -> Json:
    """An inpatient Encounter, in some ward."""
    place = {"location": {"display": ward}, "physicalType": {"coding": [{"code": "wa"}]}}
    return put(
        "Encounter", ident, status=status, subject={"reference": "Patient/p"}, period=period,
        location=[place], **{"class": {"code": "IMP"}},
    )  # fmt: skip


def organization(ident: str = "org") -> Json:
    return put("Organization", ident, name="Minato Hospital")
