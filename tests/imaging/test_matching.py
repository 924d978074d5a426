"""Whether a row is what was asked for, kind of value by kind."""

from typing import Any

import pytest

from chartkeep.errors import BadInputError
from chartkeep.imaging.matching import Key
from chartkeep.imaging.tags import Row, element, person_name, read_path, read_tag


def row(keyword: str, *values: Any) -> Row:
    return {read_tag(keyword): element(read_tag(keyword), *values)}


def matches(keyword: str, wanted: str, *values: Any, fuzzy: bool = False) -> bool:
    return Key((read_tag(keyword),), wanted, fuzzy).matches(row(keyword, *values))


@pytest.mark.parametrize(
    ("keyword", "wanted", "value"),
    [
        ("StudyInstanceUID", "1.2.3", "1.2.3"),
        ("StudyInstanceUID", "1.2,1.2.3", "1.2.3"),
        ("StudyInstanceUID", "1.2\\1.2.3", "1.2.3"),
        ("StudyDate", "20240131", "20240131"),
        ("StudyDate", "2024.01.31", "20240131"),
        ("StudyDate", "20240101-20240131", "20240131"),
        ("StudyDate", "-20240131", "20240131"),
        ("StudyDate", "20240131-", "20240131"),
        ("StudyTime", "07-0830", "083059.5"),
        ("StudyTime", "08:30-09", "083000"),
        ("AccessionNumber", "A-1", "A-1 "),
        ("AccessionNumber", "A*1", "A-77-1"),
        ("AccessionNumber", "A?77*", "A-77-1"),
        ("StudyDescription", "*[a]*", "Thorax [a] .*"),
        ("Modality", "CT\\MR", "MR"),
        ("SeriesNumber", "2", "02"),
        ("Rows", "512", 512),
        ("StudyDescription", "", "anything"),
    ],
)
def test_it_matches(keyword: str, wanted: str, value: Any) -> None:
    assert matches(keyword, wanted, value)


@pytest.mark.parametrize(
    ("keyword", "wanted", "value"),
    [
        ("StudyInstanceUID", "1.2", "1.2.3"),
        ("StudyInstanceUID", "1.2*", "1.2.3"),
        ("StudyDate", "20240101-20240131", "20240201"),
        ("StudyDate", "20240131", ""),
        ("StudyTime", "07-08", "0901"),
        ("AccessionNumber", "a-1", "A-1"),
        ("AccessionNumber", "A?1", "A--1"),
        ("StudyDescription", "*.*", "Thorax"),
        ("SeriesNumber", "2", "20"),
        ("SeriesNumber", "2", "two"),
    ],
)
def test_it_does_not_match(keyword: str, wanted: str, value: Any) -> None:
    assert not matches(keyword, wanted, value)


@pytest.mark.parametrize(
    ("wanted", "fuzzy"),
    [
        ("YAMADA^tarou", False),
        ("yamada*", False),
        ("山田^*", False),
        ("*太郎", False),
        ("Yamada^Tarou^^^", False),
        ("taro yam", True),
        ("山田", True),
    ],
)
def test_a_name_matches_in_any_script_and_case(wanted: str, *, fuzzy: bool) -> None:
    name = person_name("Yamada^Tarou=山田^太郎=やまだ^たろう")
    assert matches("PatientName", wanted, name, fuzzy=fuzzy)


@pytest.mark.parametrize(("wanted", "fuzzy"), [("Yamada", False), ("Tarou*", False), ("ada", True)])
def test_another_name_does_not(wanted: str, *, fuzzy: bool) -> None:
    assert not matches("PatientName", wanted, person_name("Yamada^Tarou"), fuzzy=fuzzy)


def test_an_attribute_inside_a_sequence_matches() -> None:
    sequence = read_tag("RequestAttributesSequence")
    inside = {sequence: {"vr": "SQ", "Value": [row("AccessionNumber", "A"), {}]}}
    path = read_path("RequestAttributesSequence.AccessionNumber")
    assert Key(path, "A").matches(inside)
    assert not Key(path, "B").matches(inside)


def test_what_is_not_there_matches_only_what_asks_nothing() -> None:
    assert Key((read_tag("StudyDate"),), "").matches({})
    assert not Key((read_tag("StudyDate"),), "2024").matches({})


@pytest.mark.parametrize(
    ("keyword", "wanted"),
    [("StudyDate", "yesterday"), ("StudyDate", "-"), ("SeriesNumber", "two"),
     ("AccessionNumber", "*a" * 9), ("PatientName", "x" * 5_000)],
)  # fmt: skip
def test_a_key_that_is_none_is_refused(keyword: str, wanted: str) -> None:
    with pytest.raises(BadInputError):
        matches(keyword, wanted, "x")


@pytest.mark.attack
def test_stars_are_tried_once_each() -> None:
    assert not matches("StudyDescription", "*a*a*a*a*a*a*a*b", "a" * 60_000)


@pytest.mark.parametrize("name", ["Nothing", "0010", "A.B.C.D.E.F", "", "PatientName.Nothing"])
def test_an_attribute_dicom_has_not_is_refused(name: str) -> None:
    with pytest.raises(BadInputError):
        read_path(name)
