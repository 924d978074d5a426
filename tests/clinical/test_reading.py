import orjson
import pytest

from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.schema import day_exists
from chartkeep.errors import BadInputError

LAB = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}


def refusal(resource: object) -> BadElementError:
    with pytest.raises(BadElementError) as caught:
        read_resource(orjson.dumps(resource))
    return caught.value


@pytest.mark.parametrize(
    ("change", "element", "words"),
    [
        ({"effectiveDateTime": "2024-13-40"}, "Observation.effectiveDateTime", "not a date"),
        ({"effectiveDateTime": "2024-02-30"}, "Observation.effectiveDateTime", "no calendar"),
        ({"issued": "2023-02-29T00:00:00Z"}, "Observation.issued", "no calendar"),
        ({"effectivePeriod": {"end": "2024-04-31"}}, "Observation.effectivePeriod.end", "calendar"),
        ({"extension": [{"url": "a", "valueDate": "2024-06-31"}]}, "[0].valueDate", "calendar"),
        ({"status": "done"}, "Observation.status", "codes"),
        ({"subject": [{}, {}]}, "Observation.subject", "several values"),
        ({"subject": "Patient/1"}, "Observation.subject", "wrong JSON type"),
        ({"component": [{"value": 1}]}, "Observation.component[0].value", "no such element"),
        ({"code": {"text": ""}}, "Observation.code.text", "not written"),
        ({"contained": [{"resourceType": "Patient", "birthDate": "1"}]}, "[0].birthDate", "date"),
        ({"contained": [{"resourceType": "Alien"}]}, "contained[0].resourceType", "no such"),
        ({"contained": [{**LAB, "contained": [LAB]}]}, "contained[0].contained", "may contain"),
    ],
)
def test_it_names_the_element_and_the_reason(change: object, element: str, words: str) -> None:
    error = refusal(LAB | change)  # type: ignore[operator] # parametrize gives objects
    assert error.element.endswith(element)
    assert words in error.reason


def test_it_names_a_missing_element() -> None:
    assert refusal({"resourceType": "Observation"}).element == "Observation.code"


def test_it_refuses_a_type_that_does_not_exist() -> None:
    assert refusal({"resourceType": "Alien"}).element == "resourceType"
    assert refusal({"resourceType": "HumanName"}).element == "resourceType"


def test_it_never_shows_content() -> None:
    secrets = [{"Budi Santoso": 1}, {"status": "Budi Santoso"}, {"issued": "Budi Santoso"}]
    assert not [each for each in secrets if "Budi" in str(refusal(LAB | each))]


def test_a_day_no_calendar_has_may_stand_in_a_text() -> None:
    assert read_resource(orjson.dumps(LAB | {"valueString": "2024-02-30"})).kind == "Observation"


def test_it_lets_null_fill_a_list_beside_its_extensions_and_nowhere_else() -> None:
    beside = {"given": [None, "A"], "_given": [{"id": "x"}, None]}
    read_resource(orjson.dumps({"resourceType": "Patient", "name": [beside]}))
    alone = {"resourceType": "Patient", "name": [{"given": [None, "A"]}]}
    assert refusal(alone).element == "Patient.name[0].given[0]"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType":"Patient","id":"a","id":"b"}',
        b'{"resourceType":"Patient","id":"a","\\u0069d":"b"}',
        b'{"resourceType":"Patient","link":[],"active":true,"active":false}',
        b'{"resourceType":"Patient","language":"a\\\\","language":"b\\""}',
    ],
)
def test_it_refuses_an_object_with_the_same_name_twice(raw: bytes) -> None:
    with pytest.raises(BadElementError, match="same name twice"):
        read_resource(raw)


def test_quotes_and_backslashes_in_texts_are_no_second_name() -> None:
    raw = rb'{"resourceType":"Patient","name":[{"text":"a\\\\\"b\u0022\\","family":"\\"}]}'
    assert read_resource(raw).body["name"][0]["family"] == "\\"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"resourceType":\n"Pat', "line 2"),
        (b"[]", "JSON object"),
        (b'{"resourceType":"Patient","x":' + b"[" * 300 + b"]" * 300 + b"}", "nested"),
        (b'{"resourceType":"Patient","id":"\xff"}', "broken JSON"),
        (b'{"resourceType":"Patient","multipleBirthInteger":1e999}', "broken JSON"),
    ],
)
def test_it_refuses_what_is_no_json_for_everybody(raw: bytes, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        read_resource(raw)


def test_it_knows_the_calendar() -> None:
    assert day_exists("2024-02-29")
    assert day_exists("2024-02")
    assert not day_exists("2023-02-29")
    assert not day_exists("1900-02-29T10:00:00Z")
