from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.clinical.face import person_face, read_person
from chartkeep.clinical.keywords import (
    Query,
    face_matches,
    identifier_keyword,
    identifier_keywords,
    patient_keywords,
    query_keywords,
)
from chartkeep.clinical.names import fold_text, name_tokens, phone_tail
from chartkeep.errors import BadInputError

YAMADA: dict[str, Any] = {
    "resourceType": "Patient",
    "birthDate": "1956-08-03",
    "name": [
        {"family": "山田", "given": ["太郎"]},
        {"family": "ヤマダ", "given": ["タロウ"]},
    ],
    "identifier": [{"system": "http://h/mrn", "value": "00-12 34"}],
    "telecom": [{"system": "phone", "value": "090-1234-5678"}],
}
SITI: dict[str, Any] = {
    "resourceType": "Patient",
    "birthDate": "1990",
    "name": [{"text": "Siti Nurhaliza"}],
    "identifier": [{"value": "3171234567890001"}],
    "telecom": [{"system": "phone", "value": "+62 812-3456-7890"}],
}
RENEE: dict[str, Any] = {
    "resourceType": "Patient",
    "birthDate": "1984-02-29",
    "name": [{"family": "O'Brien-Łuczak", "given": ["Renée", "J."]}],
}


@pytest.mark.parametrize(
    ("patient", "query"),
    [
        (YAMADA, Query(name="山田")),
        (YAMADA, Query(name="山田太郎")),
        (YAMADA, Query(name="太郎 山田")),
        (YAMADA, Query(name="やまだ たろう")),
        (YAMADA, Query(name="ﾔﾏﾀﾞ")),
        (YAMADA, Query(phone="+81 90 1234 5678")),
        (YAMADA, Query(phone="０９０１２３４５６７８")),  # noqa: RUF001 - as a Japanese keyboard types it
        (YAMADA, Query(identifier="001234")),
        (YAMADA, Query(identifier="http://h/mrn|00-1234", birthdate="1956-08")),
        (SITI, Query(name="siti nur", birthdate="1990")),
        (SITI, Query(name="NURHALIZA", phone="0812 3456 7890")),
        (SITI, Query(birthdate="199")),
        (RENEE, Query(name="obrien")),
        (RENEE, Query(name="renee luczak")),
        (RENEE, Query(name="RENÉE O’BRIEN", birthdate="1984-02-29")),  # noqa: RUF001 - as a phone types it
    ],
)
def test_people_are_found_however_their_name_is_typed(
    patient: dict[str, Any], query: Query
) -> None:
    asked = query_keywords(query)
    assert asked
    assert set(asked) <= patient_keywords(patient)
    assert face_matches(read_person(person_face(patient)), query)


@pytest.mark.parametrize(
    "query",
    [
        Query(name="yamada"),
        Query(name="山本"),
        Query(birthdate="1957"),
        Query(identifier="http://other|001234"),
        Query(identifier="0012345"),
    ],
)
def test_the_face_tells_others_apart(query: Query) -> None:
    assert not face_matches(read_person(person_face(YAMADA)), query)


def test_it_gives_one_character_of_a_dense_script_and_two_of_latin() -> None:
    names = {word for word in patient_keywords(YAMADA) if word.startswith("name:")}
    assert {"name:山", "name:山田", "name:山田太郎", "name:ヤ"} <= names
    assert "name:s" not in patient_keywords(SITI)
    assert "name:si" in patient_keywords(SITI)


def test_birth_dates_are_found_by_day_month_year_and_decade() -> None:
    born = {word for word in patient_keywords(YAMADA) if word.startswith("born:")}
    assert born == {"born:1956-08-03", "born:1956-08", "born:1956", "born:195"}


def test_it_asks_the_most_selective_keyword_first() -> None:
    query = Query("Siti Nurhaliza", "1990", "a|1", "+62 812 3456")
    assert query_keywords(query) == [
        "id:a|1",
        "phone:628123456",
        "name:nurhaliz",
        "name:siti",
        "born:1990",
    ]


@pytest.mark.parametrize("date", ["56", "1956-8", "3.8.1956", "1956-08-03T00:00:00Z"])
def test_it_refuses_a_birth_date_it_could_never_find(date: str) -> None:
    with pytest.raises(BadInputError, match="birth date"):
        query_keywords(Query(birthdate=date))


def test_voiced_kana_stay_apart_and_old_kanji_do_not() -> None:
    assert fold_text("ガ") != fold_text("カ")
    assert name_tokens("髙橋・渡邊") == ["高橋", "渡辺"]
    assert phone_tail("(03) 1234-5678") == "312345678"


@given(st.text(max_size=30))
@settings(max_examples=50)
def test_folding_twice_is_folding_once_for_tokens(text: str) -> None:
    tokens = name_tokens(text)
    assert all(token and " " not in token for token in tokens)
    assert [again for token in tokens for again in name_tokens(token)] == tokens


@given(st.text(min_size=1, max_size=20), st.integers(1, 20))
@settings(max_examples=50)
def test_every_beginning_of_a_name_that_the_face_matches_is_a_keyword(
    family: str, length: int
) -> None:
    patient = {"resourceType": "Patient", "name": [{"family": family}]}
    query = Query(name=family[:length])
    if face_matches(read_person(person_face(patient)), query):
        assert set(query_keywords(query)) <= patient_keywords(patient)


def test_identifiers_of_any_type_are_kept_as_written_and_apart_from_patients() -> None:
    number = {"system": "urn:acc", "value": "A-00 1"}
    found = identifier_keywords("ImagingStudy", {"identifier": [number, {"value": "x"}, {}]})
    assert found == {
        identifier_keyword("ImagingStudy", *asked) for asked in (("urn:acc", "A-00 1"), ("", "x"))
    }
    assert not found & identifier_keywords("Procedure", {"identifier": [number]})
    assert not found & patient_keywords({"identifier": [number]})


def test_an_identifier_may_stand_alone_or_be_the_master() -> None:
    one, two = {"value": "1"}, {"value": "2"}
    assert identifier_keywords("Composition", {"identifier": one}) == {"rid:Composition:|1"}
    both = identifier_keywords("DocumentReference", {"masterIdentifier": one, "identifier": [two]})
    assert both == {"rid:DocumentReference:|1", "rid:DocumentReference:|2"}
    assert (
        len(identifier_keywords("Claim", {"identifier": [{"value": str(n)} for n in range(300)]}))
        == 100
    )
