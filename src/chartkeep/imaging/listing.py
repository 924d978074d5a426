"""Rows of series and instances of an open chart, and of studies with what only pictures tell.

An instance's row is all its metadata say; a series and a study are told by their first instance,
and counted. Patient and study are told as the chart's face has them: the file may be of old.
"""

from collections.abc import Callable, Iterable, Mapping

from chartkeep.imaging.opening import Picture
from chartkeep.imaging.tags import Row, element

MODALITY, SERIES = "00080060", "0020000E"
SERIES_INSTANCES = "00201209"
SERIES_TAGS = frozenset(
    {
        "0020000D", MODALITY, "0008103E", SERIES, "00200011", SERIES_INSTANCES,
        "00400244", "00400245", "00400275", "00080021", "00080031", "00180015",
    }
)  # fmt: skip
"""PS3.18 table 10.6.3-4."""
INSTANCE_TAGS = frozenset(
    {
        "0020000D", SERIES, "00080016", "00080018", "00200013", "00280010", "00280011", "00280100",
        "00280008", "00420010", "00083002",
    }
)  # fmt: skip
"""PS3.18 table 10.6.3-5."""
Address = str
Told = Callable[[Picture], Row]
"""Tells all that an instance's metadata say."""


def instance_rows(
    shown: Iterable[Picture], told: Told, studies: Mapping[str, Row]
) -> list[tuple[Row, Address]]:
    """Give each instance's row and address; its patient and study as the chart's face has them."""
    return [
        ({**told(each), **studies.get(each.instance.study, {})}, address(each)) for each in shown
    ]


def series_rows(
    shown: Iterable[Picture], told: Told, studies: Mapping[str, Row]
) -> list[tuple[Row, Address]]:
    """Give each series' row and address."""
    found: dict[tuple[str, str], list[Picture]] = {}
    for each in shown:
        found.setdefault((each.instance.study, each.instance.series), []).append(each)
    rows = []
    for (study, series), members in found.items():
        counted = {
            SERIES_INSTANCES: element(SERIES_INSTANCES, len(members)),
            MODALITY: element(MODALITY, members[0].instance.modality),
        }
        row = {**told(members[0]), **counted, **studies.get(study, {})}
        rows.append((row, f"studies/{study}/series/{series}"))
    return rows


def study_rows(shown: Iterable[Picture], told: Told, studies: Mapping[str, Row]) -> list[Row]:
    """Give the rows of studies that are open, with what their first instances tell."""
    first: dict[str, Picture] = {}
    for each in shown:
        first.setdefault(each.instance.study, each)
    return [{**told(first[study]), **row} for study, row in studies.items() if study in first]


def address(picture: Picture) -> Address:
    """Write where an instance is, below this door's own address."""
    one = picture.instance
    return f"studies/{one.study}/series/{one.series}/instances/{one.instance}"
