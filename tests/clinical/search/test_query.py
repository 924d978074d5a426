"""A whole search over an open chart."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chartkeep.clinical.search import Search, parameters_of, parse_search
from chartkeep.clinical.search.table import KINDS
from chartkeep.errors import BadInputError
from tests.clinical.search.charts import Chart, concept, link, sheet

PATIENT = sheet(
    "Patient", "p", name=[{"family": "Tanaka"}], generalPractitioner=[link("Practitioner/d")]
)
DOCTOR = sheet("Practitioner", "d", name=[{"family": "Mori"}], identifier=[{"value": "77"}])
STAY = sheet(
    "Encounter", "e", subject=link("Patient/p"), status="finished", partOf=link("Encounter/e2")
)
WHOLE_STAY = sheet("Encounter", "e2", subject=link("Patient/p"), status="in-progress")
LABS = [
    sheet(
        "Observation",
        f"o{day}",
        subject=link("Patient/p"),
        encounter=link("Encounter/e"),
        performer=[link("Practitioner/d")],
        code=concept("718-7" if day % 2 else "2345-7"),
        effectiveDateTime=f"2024-05-0{day}",
        valueQuantity={"value": 10 - day},
        **({"hasMember": [link("Observation/o1")]} if day == 4 else {}),
    )
    for day in (3, 1, 4, 2)
]
SOURCE = sheet(
    "Provenance", "v", target=[link("Observation/o1")], agent=[{"who": link("Patient/p")}]
)
CHART = [PATIENT, DOCTOR, STAY, WHOLE_STAY, *LABS, SOURCE]
BASE = "https://minato.example/fhir"


def search(text: str, *, lenient: bool = False) -> Search:
    kind, _, query = text.partition("?")
    pairs = [
        (key, value) for key, _, value in (part.partition("=") for part in query.split("&") if part)
    ]
    return parse_search(kind, pairs, base=BASE, lenient=lenient)


def matches(text: str) -> list[str]:
    return [record.id for record in search(text).run(Chart(CHART)).matches]


def brought(text: str) -> list[str]:
    return [record.id for record in search(text).run(Chart(CHART)).included]


def test_all_parameters_must_hold() -> None:
    assert matches("Observation?code=718-7&date=gt2024-05-01") == ["o3"]
    assert matches("Observation?date=ge2024-05-02&date=lt2024-05-04&_sort=date") == ["o2", "o3"]


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("date", ["o1", "o2", "o3", "o4"]),
        ("-date", ["o4", "o3", "o2", "o1"]),
        ("code,-date", ["o4", "o2", "o3", "o1"]),
        ("value-quantity", ["o4", "o3", "o2", "o1"]),
        ("_id", ["o1", "o2", "o3", "o4"]),
        ("_lastUpdated", ["o3", "o1", "o4", "o2"]),
        ("-has-member,_id", ["o4", "o1", "o2", "o3"]),
        ("has-member,_id", ["o4", "o1", "o2", "o3"]),
        ("code,subject,-_lastUpdated", ["o2", "o4", "o1", "o3"]),
    ],
)
def test_it_sorts_and_what_has_no_value_comes_last(order: str, ids: list[str]) -> None:
    assert matches(f"Observation?_sort={order}") == ids


def test_without_an_order_the_newest_comes_first() -> None:
    assert matches("Observation?") == ["o2", "o4", "o1", "o3"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Observation?subject:Patient.name=tanaka", 4),
        ("Observation?subject.name=tanaka", 4),
        ("Observation?patient.general-practitioner.name=mori", 4),
        ("Observation?patient.general-practitioner.name:exact=mori", 0),
        ("Observation?patient.general-practitioner:Practitioner.identifier=77", 4),
        ("Observation?encounter.status=in-progress", 0),
        ("Observation?encounter.part-of.status=in-progress", 4),
        ("Patient?_has:Observation:patient:code=718-7", 1),
        ("Patient?_has:Observation:patient:code=1-1", 0),
        ("Encounter?_has:Observation:encounter:_has:Provenance:target:_id=v", 1),
        ("Encounter?_has:Observation:encounter:subject.name=tanaka", 1),
        ("Observation?_has:Provenance:target:patient=p", 0),
        ("Observation?_has:Provenance:target:agent=Patient/p", 1),
    ],
)
def test_chains_and_what_names_a_record(text: str, found: int) -> None:
    assert len(matches(text)) == found


def test_a_chain_goes_into_a_contained_resource() -> None:
    tablet = sheet("Medication", "m", code=concept("aspirin"))
    order = sheet("MedicationRequest", "r", contained=[tablet], medicationReference=link("#m"))
    pool = Chart([order])
    assert search("MedicationRequest?medication.code=aspirin").matches(pool)
    assert not search("MedicationRequest?medication.code=heparin").matches(pool)
    assert not search("MedicationRequest?requester.name=aspirin").matches(pool)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Observation?_id=o1&_include=Observation:subject", ["p"]),
        ("Observation?_include=Observation:subject", ["p"]),
        ("Observation?_id=o1&_include=Observation:subject:Group", []),
        ("Observation?_id=o1&_include=Observation:encounter", ["e"]),
        (
            "Observation?_id=o1&_include=Observation:encounter&_include:iterate=Encounter:part-of",
            ["e", "e2"],
        ),
        ("Observation?_id=o1&_include=*", ["e", "p", "d"]),
        ("Observation?_id=o1&_include:iterate=*", ["e", "p", "d", "e2"]),
        ("Observation?_id=o1&_include=Observation:*", ["e", "p", "d"]),
        ("Observation?_id=o4&_include=Observation:has-member", ["o1"]),
        ("Observation?_include=Observation:has-member", []),
        ("Observation?_id=o1&_revinclude=Provenance:target", ["v"]),
        ("Observation?_id=o1&_revinclude=Observation:has-member", ["o4"]),
        ("Encounter?_id=e2&_revinclude:iterate=Encounter:part-of", ["e"]),
        ("Encounter?_id=e&_revinclude=Provenance:target", []),
    ],
)
def test_includes_bring_each_resource_once(text: str, ids: list[str]) -> None:
    assert brought(text) == ids


def test_includes_that_go_in_a_circle_end() -> None:
    one = sheet("Encounter", "a", partOf=link("Encounter/b"))
    two = sheet("Encounter", "b", partOf=link("Encounter/a"))
    found = search("Encounter?_id=a&_include:iterate=Encounter:part-of").run(Chart([one, two]))
    assert [record.id for record in found.included] == ["b"]


@pytest.mark.attack
def test_nothing_reaches_a_resource_outside_the_open_chart() -> None:
    """The neighbour's chart is not in the pool, so no reference into it leads anywhere."""
    strayed = [
        sheet("Observation", "x", subject=link("Patient/p"), focus=[link("Patient/neighbour")]),
        sheet("Observation", "y", subject=link("Patient/neighbour")),
        sheet("Observation", "z", subject=link(f"{BASE}/Patient/neighbour")),
    ]
    pool = Chart([PATIENT, *strayed])
    for text in (
        "Observation?_include=*",
        "Observation?_include:iterate=*",
        "Observation?_include=Observation:subject&_revinclude:iterate=Observation:subject",
        "Observation?_include=Observation:focus",
    ):
        found = search(text).run(pool)
        assert {record.id for record in found.included} <= {"p"}
    assert not search("Observation?subject.name:missing=true").matches(pool)
    assert not search("Observation?focus:Patient._id=neighbour").matches(pool)
    assert not search("Patient?_id=neighbour").matches(pool)


def test_a_search_looks_only_at_the_types_it_names() -> None:
    for text in (
        "Observation?patient=p&code=718-7&_sort=-date",
        "Observation?subject.name=x&_revinclude=Provenance:target",
        "Encounter?_has:Observation:encounter:performer:Practitioner.name=x",
        "Observation?_include=Observation:encounter&_include:iterate=Encounter:part-of",
    ):
        pool = Chart(CHART)
        found = search(text)
        found.run(pool)
        assert pool.asked <= found.kinds()
    assert search("Observation?code=1").kinds() == {"Observation"}
    assert search("Observation?code:in=http://v").kinds() == {"Observation", "ValueSet"}


@pytest.mark.parametrize(
    ("text", "patients"),
    [
        ("Observation?patient=p", {"p"}),
        ("Observation?subject=Patient/p", {"p"}),
        (f"Observation?subject={BASE}/Patient/p", {"p"}),
        ("Observation?subject:Patient=p", {"p"}),
        ("Observation?patient=p,q", {"p", "q"}),
        ("Observation?patient=p,q&subject=Patient/q", {"q"}),
        ("Observation?patient=p&subject=Patient/q", set()),
        ("Patient?_id=p", {"p"}),
        ("Coverage?beneficiary=Patient/p", {"p"}),
        ("Coverage?patient=p", {"p"}),
        ("Observation?subject=p", {"p"}),
        ("Provenance?target=Patient/p", {"p"}),
        ("Provenance?target=p", None),
        ("Observation?subject=Group/g", None),
        ("Observation?subject=Patient/p,Group/g", None),
        ("Observation?subject=http://other/Patient/p", None),
        ("Observation?performer=Patient/p", None),
        ("Observation?patient.name=p", None),
        ("Observation?patient:missing=false", None),
        ("Observation?_id=o", None),
        ("Observation?code=x", None),
        ("Organization?name=x", None),
    ],
)
def test_it_says_whose_charts_it_is_bound_to(text: str, patients: set[str] | None) -> None:
    assert search(text).patients() == patients


def test_what_shapes_the_answer_is_read() -> None:
    found = search(
        "Observation?_count=20&_total=accurate&_summary=true&_elements=code,status&_format=json"
    )
    assert (found.count, found.total, found.summary) == (20, "accurate", "true")
    assert found.elements == ("code", "status")
    assert ("_count", "20") in found.self_pairs()
    assert "_format" not in dict(found.self_pairs())


def test_an_unknown_parameter_is_an_error_or_named_when_lenient() -> None:
    text = "Observation?code=718-7&colour=red&_sort=-colour&subject:Patient.colour=red"
    with pytest.raises(BadInputError, match="Observation has no search parameter colour"):
        search(text)
    found = search(text, lenient=True)
    assert found.ignored == ("colour", "_sort", "subject:Patient.colour")
    assert found.self_pairs() == (("code", "718-7"),)


@pytest.mark.parametrize(
    "text",
    [
        "Bundle?_id=1",
        "Nothing?",
        "Observation?code=",
        "Observation?_count=-1",
        "Observation?_count=many",
        "Observation?_total=some",
        "Observation?_summary=yes",
        "Observation?_elements=a.b",
        "Observation?_sort=code-value-quantity",
        "Observation?_include=Observation:code",
        "Observation?_include=Observation",
        "Observation?_include=Patient:link",
        "Observation?_include:again=*",
        "Observation?_include=Observation:subject:Nobody",
        "Observation?_revinclude=*",
        "Observation?_has:Observation:code:code=1",
        "Observation?_has:Observation=1",
        "Observation?code.name=1",
        "Observation?subject:missing.name=1",
        "Location?near=1",
        "Provenance?target.name=x",
        "Encounter?" + "part-of." * 5 + "status=x",
        "Encounter?" + "_has:Encounter:part-of:" * 5 + "status=x",
        "Encounter?" + "subject." * 2 + "name=x",
        "Observation?subject.general-practitioner.name=x",
        "Observation?code=" + "1," * 250 + "1",
        "Observation?" + ("code=" + "1," * 60 + "1&") * 10,
        "Observation?code=" + "1" * 10_000,
        "Observation?" + "code=1&" * 100,
        "Observation?_sort=" + "code," * 20 + "date",
    ],
)
def test_what_is_wrong_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        search(text)


def test_a_lenient_search_forgives_no_wrong_value() -> None:
    with pytest.raises(BadInputError, match="date: not a date"):
        search("Observation?date=soon", lenient=True)


@pytest.mark.parametrize("kind", ["Observation", "Patient", "Location"])
def test_the_parameters_of_a_type_name_their_definitions(kind: str) -> None:
    known = parameters_of(kind)
    assert all(each.url.startswith("http") and each.name == name for name, each in known.items())
    assert "_lastUpdated" in known
    assert "near" not in known


KEYS = st.sampled_from(
    [
        *(
            [
                "_id",
                "_sort",
                "_count",
                "_include",
                "_revinclude",
                "_include:iterate",
                "_elements",
                "_lastUpdated",
            ]
        ),
        *(
            [
                "code",
                "code:in",
                "code:text",
                "code:not",
                "date",
                "value-quantity",
                "subject",
                "subject:Patient",
            ]
        ),
        *(["subject:Patient.name", "_has:Observation:subject:code", "code-value-quantity"]),
        *(
            [
                "component-code-value-quantity",
                "combo-value-concept",
                "status:missing",
                "derived-from",
            ]
        ),
    ]
) | st.text(max_size=40)
VALUES = st.text(max_size=60) | st.text(alphabet="0123456789-:TZ.+e,|$\\gltapne*/", max_size=30)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(KEYS, VALUES), max_size=5), st.booleans())
@example([("code", "\\")], False)
@example([("date", "ge")], False)
@example([("subject", "#x")], False)
def test_any_words_are_a_search_or_refused(pairs: list[tuple[str, str]], lenient: bool) -> None:  # noqa: FBT001
    try:
        found = parse_search("Observation", pairs, base=BASE, lenient=lenient)
        found.run(Chart(CHART))
    except BadInputError:
        return
    assert found.kinds() <= KINDS
