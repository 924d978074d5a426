"""A file becomes a DocumentReference and a Binary of one chart."""

import base64
from typing import Any

import orjson
import pytest

from chartkeep.clinical.documents import File, binary_key, document_items
from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.ownership import Owner, Strangers
from chartkeep.model import Section

PDF = File(b"%PDF-1.7 " * 100, "application/pdf", "Discharge letter", "2026-03-01T10:00:00Z")
BODY = {
    "resourceType": "DocumentReference",
    "status": "current",
    "subject": {"reference": "Patient/p"},
}


def made(body: dict[str, Any] = BODY, file: File = PDF) -> tuple[Any, Any]:
    binary, reference = document_items(
        "DocumentReference/d", body, file, Strangers(), where="TXA-12"
    )
    return binary, reference


def test_both_are_the_patients_and_the_one_names_the_other() -> None:
    binary, reference = made()
    assert binary.owner == reference.owner == Owner("Patient/p")
    assert (binary.kind, binary.section) == ("Binary", Section.DOCUMENTS)
    assert binary.key == binary_key("DocumentReference/d")
    (content,) = orjson.loads(reference.raw)["content"]
    assert reference.links[content["attachment"]["url"]] == binary.key
    assert binary.key not in reference.unresolved


def test_the_bytes_lie_beside_the_binary_and_nowhere_else() -> None:
    binary, reference = made()
    assert binary.blob.open().read() == PDF.content
    assert binary.blob.size == len(PDF.content)
    for item in (binary, reference):
        assert b"%PDF" not in item.raw
        assert base64.b64encode(PDF.content)[:20] not in item.raw
    assert reference.blob is None


def test_the_attachment_says_what_the_file_is() -> None:
    _, reference = made()
    told = orjson.loads(reference.raw)["content"][0]["attachment"]
    assert (told["contentType"], told["size"], told["title"], told["creation"]) == (
        "application/pdf", 900, "Discharge letter", "2026-03-01T10:00:00Z",
    )  # fmt: skip


def test_another_file_under_the_same_key_is_not_the_same() -> None:
    first, again, other = (made(file=PDF._replace(content=c))[0] for c in (b"a", b"a", b"b"))
    assert first.key == again.key == other.key
    assert first.same == again.same != other.same


def test_what_is_restricted_is_restricted_as_a_binary_too() -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    label = {"meta": {"security": [{"system": system, "code": "R"}]}}
    assert {item.section for item in made({**BODY, **label})} == {Section.RESTRICTED}


def test_a_document_of_nobody_is_refused() -> None:
    with pytest.raises(BadElementError, match=r"Binary\.securityContext"):
        made({"resourceType": "DocumentReference", "status": "current"})
