"""A search string as it stands behind the `?`, thrown at a small chart."""

from functools import cache
from urllib.parse import parse_qsl

from chartkeep.clinical.search import parse_search
from chartkeep.clinical.search.table import KINDS
from chartkeep.errors import BadInputError
from tests.clinical.search.charts import Chart, Json
from tests.clinical.search.filling import fill

SORTED_KINDS = sorted(KINDS)


@cache
def filled(kind: str) -> list[Json]:
    return [fill(each, 0) for each in sorted({kind, "Patient"})]


def feed(data: bytes) -> None:
    """Search by arbitrary bytes: a result inside the pool or a BadInputError, nothing else.

    The first byte chooses the resource type.
    """
    kind = SORTED_KINDS[(data[0] if data else 0) % len(SORTED_KINDS)]
    text = data[1:].decode("utf-8", "surrogateescape")
    chart = Chart(filled(kind))
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    for lenient in (False, True):
        try:
            search = parse_search(kind, pairs, base="https://a/fhir", lenient=lenient)
            found = search.run(chart)
        except BadInputError:
            continue
        assert {each.kind for each in [*found.matches, *found.included]} <= {kind, "Patient"}
        assert chart.asked <= search.kinds()
