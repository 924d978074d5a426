from chartkeep.clinical.search import shorten
from tests.clinical.search.charts import Json, concept, link, sheet

BODY: Json = sheet(
    "Observation",
    "o",
    meta={"versionId": "1", "tag": [{"code": "hot"}]},
    text={"status": "generated", "div": "<div/>"},
    status="final",
    code=concept("718-7"),
    subject=link("Patient/p"),
    valueQuantity={"value": 5},
    note=[{"text": "long"}],
    _effectiveDateTime={"extension": []},
    component=[{"code": concept("1-1"), "valueString": "x", "interpretation": [concept("H")]}],
)


def names(body: Json) -> set[str]:
    assert [tag["code"] for tag in body["meta"]["tag"]] == ["hot", "SUBSETTED"]
    return set(body) - {"resourceType", "id", "meta"}


def test_a_summary_keeps_the_summary_elements_at_every_depth() -> None:
    short = shorten(BODY, "true", ())
    kept = {"status", "code", "subject", "valueQuantity", "_effectiveDateTime", "component"}
    assert names(short) == kept
    assert set(short["component"][0]) == {"code", "valueString"}


def test_text_and_data_divide_the_narrative_from_the_rest() -> None:
    assert names(shorten(BODY, "text", ())) == {"text", "status", "code"}
    assert names(shorten(BODY, "data", ())) == set(BODY) - {"resourceType", "id", "meta", "text"}


def test_elements_keep_what_is_named_and_what_may_not_lack() -> None:
    assert names(shorten(BODY, "", ("value", "effective"))) == {
        *("status", "code", "valueQuantity", "_effectiveDateTime"),
    }


def test_nothing_asked_changes_nothing_and_nothing_changes_the_original() -> None:
    before = repr(BODY)
    assert shorten(BODY, "", ()) is BODY
    assert shorten(BODY, "false", ()) is BODY
    shorten(BODY, "true", ())
    shorten(sheet("Patient", "p"), "text", ())
    assert repr(BODY) == before
