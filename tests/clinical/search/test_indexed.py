"""An index of codes changes what a search costs, never what it finds."""

from collections.abc import Sequence
from functools import cache

import pytest

from chartkeep.clinical.search import Indexed, Record, parse_search
from tests.clinical.search.charts import Chart, concept, link, sheet

RESULTS = [
    sheet("Observation", f"o{at}", subject=link("Patient/p"), status=status, code=code)
    for at, (status, code) in enumerate([
        ("final", concept("718-7")), ("amended", concept("718-7", "urn:other")),
        ("final", concept("ABC")), ("final", {"text": "no code"}),
        ("final", {"coding": [{"code": "718-7"}, {"code": "2345-7"}]}),
    ])
]  # fmt: skip


class Kept(Chart):
    """A chart whose lists outlive a search."""

    def __init__(self) -> None:
        super().__init__(RESULTS)
        self._lists = cache(lambda kind: Indexed(super(Kept, self).of(kind)))

    def of(self, kind: str) -> Sequence[Record]:
        return self._lists(kind)


def found(query: str, *charts: Chart) -> list[list[str]]:
    pairs = [(key, value) for key, _, value in (part.partition("=") for part in query.split("&"))]
    wanted = parse_search("Observation", pairs)
    return [[record.id for record in wanted.run(chart).matches] for chart in charts]


@pytest.mark.parametrize(
    "query",
    [
        "code=718-7", "code=abc", "code=Abc,2345-7", "code=http://loinc.org|718-7",
        "code=|718-7", "code=urn:other|", "code=none", "code:not=718-7", "code:text=no",
        "code=718-7&status=final", "status=final&code=ABC", "_id=o1,o4", "code:missing=true",
        "combo-code=2345-7", "patient=p&code=718-7&_sort=-_id",
    ],
)  # fmt: skip
def test_with_an_index_the_same_is_found(query: str) -> None:
    kept = Kept()
    plain, first, again = found(query, Chart(RESULTS), kept, kept)
    assert plain == first == again


def test_of_many_records_only_those_with_the_code_are_candidates() -> None:
    records = Indexed(Chart(RESULTS).of("Observation"))
    assert [one.id for one in records.having("code", ["2345-7"])] == ["o4"]
    assert records.having("code", ["http://loinc.org|"]) == records
