"""Finding charts across the house by keywords: visits of a day, identifiers of any type.

A search is one budgeted line that counts its keywords and hits; what it shows is faces, and they
count as faces. Labels lead to charts only: which entry of a chart matched is not known until the
chart is opened, and in the second or two after a change what it was found by before still leads
to it. Finding a person by name is `custody.release.find_patients`.
"""

from collections.abc import Sequence

from chartkeep.clinical.keywords import identifier_keyword
from chartkeep.custody.house import House
from chartkeep.custody.release import MOST_FOUND, Face, Look, faces_of, one_person
from chartkeep.errors import RefusedError, TooWideError
from chartkeep.model import ChartId, Purpose

MOST_KEYWORDS = 12
"""How many keywords the keyholder answers at a time."""


def find_charts(keywords: Sequence[str], look: Look, house: House) -> list[Face]:
    """Show the patients whose charts stand under any of these keywords.

    Raises RefusedError when nothing is asked or more than 500 match.
    """
    if not keywords:
        raise RefusedError("nothing to search by", hint="give a place or a person, and a day")
    charts = charts_under(keywords, look.token, look.purpose, house)
    return one_person(faces_of(sorted(charts - {house.chart}), look, house), look, house)


def charts_with_identifier(
    kind: str,
    system: str,
    value: str,
    token: bytes,
    house: House,
    *,
    purpose: Purpose = Purpose.TREATMENT,
) -> list[ChartId]:
    """Say which charts hold a resource of this type with exactly this identifier; opens nothing.

    Without a system it is one that was sent without. The facility's own chart may be among them.
    Raises RefusedError when more than 500 match.
    """
    return sorted(charts_under([identifier_keyword(kind, system, value)], token, purpose, house))


def charts_under(
    keywords: Sequence[str], token: bytes, purpose: Purpose, house: House
) -> set[ChartId]:
    """Say which charts stand under any of these keywords; opens nothing.

    Raises RefusedError when more than 500 match.
    """
    found: set[ChartId] = set()
    for at in range(0, len(keywords), MOST_KEYWORDS):
        asked = list(keywords[at : at + MOST_KEYWORDS])
        answers = house.keyholder.read_labels(token, purpose, asked)
        labels = [label for answer in answers for label in answer.labels]
        found.update(ChartId(chart) for chart in house.store.find(labels) if chart)
        if len(found) > MOST_FOUND or any(answer.more for answer in answers):
            raise TooWideError(f"over {MOST_FOUND} charts match", hint="narrow the search")
    return found
