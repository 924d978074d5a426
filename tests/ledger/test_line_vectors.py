"""The golden vectors of lines: whatever version was ever written is read, by us and by outsiders.

Origin: tests/ledger/write_vectors.py, run once by the code of each version; never edited since.
"""

import json
from typing import Any

import pytest

from chartkeep.errors import UnknownFormatError
from chartkeep.ledger.body import Opening, Whole
from chartkeep.ledger.exposure_list import verify_list
from chartkeep.ledger.line import FIELDS, field_value, section_mask
from chartkeep.ledger.note import VerifierKey
from chartkeep.model import Section

from .releases import LOG_VKEY, VECTORS, WITNESS_VKEY, about_nurse, at, grown

FILES = {path.stem[-1]: json.loads(path.read_text()) for path in VECTORS.glob("lines-*.json")}
CASES = [
    pytest.param(case, id=f"{case['name']}, version {version}")
    for version, file in FILES.items()
    for case in file["cases"]
]
Case = dict[str, Any]


def test_there_are_vectors_of_every_version() -> None:
    assert set(FILES) == {"1", "2"}
    assert len(CASES) == 8


@pytest.mark.parametrize("case", CASES)
def test_a_body_ever_written_reads_as_it_was_meant(case: Case) -> None:
    whole = Whole.parse(bytes.fromhex(case["body"]))
    assert {name: field_value(whole.line, name).hex() for name in FIELDS} == case["fields"]
    assert whole.entry().hex() == case["entry"]


@pytest.mark.parametrize("case", CASES)
def test_an_opening_ever_written_shows_the_same_and_is_written_the_same(case: Case) -> None:
    whole = Whole.parse(bytes.fromhex(case["body"]))
    for each in case["shown"]:
        opening = Opening.parse(bytes.fromhex(each["raw"]))
        assert opening.entry().hex() == case["entry"]
        assert {name: value.hex() for name, value in opening.shown().items()} == {
            name: case["fields"][name] for name in opening.shown()
        }
        assert {*each["names"]} <= {*opening.shown()}
        assert whole.open(each["names"]).raw() == opening.raw() == bytes.fromhex(each["raw"])


@pytest.mark.attack
@pytest.mark.parametrize("case", CASES)
def test_no_flipped_byte_of_a_body_ever_written_passes(case: Case) -> None:
    body = bytes.fromhex(case["body"])
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1 << place % 8]) + body[place + 1 :]
        try:
            assert Whole.parse(changed).entry().hex() != case["entry"]
        except UnknownFormatError:
            continue


@pytest.mark.parametrize("version", FILES)
def test_a_list_ever_written_proves_what_it_did(version: str) -> None:
    keys = [VerifierKey.parse(FILES[version][name]) for name in ("log", "witness")]
    with (VECTORS / f"exposure-{version}.list").open("rb") as file:
        verdict = verify_list(file, keys[0], keys[1:])
    assert (verdict.listed, verdict.gaps, verdict.excluded) == (4, 1, 7)


def test_the_known_line_of_version_1_keeps_its_entry_for_ever() -> None:
    values = [
        (1_717_200_000_000).to_bytes(8, "big"), b"release", "山田".encode(), b"s" * 16, b"serve-1",
        b"", b"c" * 16, section_mask([Section.FACE, Section.CLINICAL]).to_bytes(4, "big"), b"\x80",
    ]  # fmt: skip
    sizes = b"".join(len(value).to_bytes(4, "big") for value in values)
    whole = Whole.parse(b"CKV1" + bytes(range(32)) + sizes + b"".join(values))
    entry = "efcd196e3b42caf8dd5d241b3b94d099cd345c5a1bd9f60579bbfb7b2d06efd9"
    assert whole.entry().hex() == entry


def test_a_list_over_lines_of_both_versions_is_one_answer() -> None:
    ledger = grown()
    raw = ledger.exposure(about_nurse(30, 40), 29, 41)
    verdict = verify_list(raw.splitlines(keepends=True), LOG_VKEY, [WITNESS_VKEY])
    assert (verdict.listed, verdict.gaps, verdict.excluded) == (4, 1, 7)
    assert verdict.question.since == at(30)


def test_of_other_peoples_lines_a_list_shows_the_same_in_both_versions() -> None:
    question = about_nurse(30, 40)
    shown = [
        [Whole.parse(body).open(names).shown().keys() for names in (["verb"], ["verb", "time"])]
        + [Whole.parse(body).open(["verb", question.field]).shown().keys()]
        for body in (grown().bodies[31], grown().bodies[37])
    ]
    assert shown[0] == shown[1]
