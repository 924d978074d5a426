"""QIDO-RS: studies across charts by faces; series and instances inside a chart that is opened.

A list of studies opens faces only: it shows what a face tells, and of what lies deeper (a study's
description) nothing, whoever asks. What is deeper is matched and shown where one study or patient
is meant, and that is a release of the chart's pictures.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from chartkeep.errors import TooWideError
from chartkeep.imaging.faces import ISSUER, PATIENT_ID, STUDY, STUDY_TAGS
from chartkeep.imaging.finding import NARROW, Study, find_studies
from chartkeep.imaging.http.accepting import metadata
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.door import Door, check_reads
from chartkeep.imaging.http.place import Place
from chartkeep.imaging.http.query import Query, read_query
from chartkeep.imaging.http.reaching import Reached
from chartkeep.imaging.http.telling import teller
from chartkeep.imaging.listing import (
    INSTANCE_TAGS,
    SERIES_TAGS,
    instance_rows,
    series_rows,
    study_rows,
)
from chartkeep.imaging.matching import Key, make_test
from chartkeep.imaging.opening import locate_study, pictures
from chartkeep.imaging.tags import Row, element
from chartkeep.model import ChartId
from chartkeep.web.caller import Caller

MOST_OPENED = 1
"""Charts that a search below studies opens."""
RETRIEVE_URL, AVAILABILITY = "00081190", "00080056"
CHARSET = {"00080005": {"vr": "CS", "Value": ["ISO_IR 192"]}}
_HERE = {AVAILABILITY: {"vr": "CS", "Value": ["ONLINE"]}}
_MORE = '299 chartkeep "there are more: ask with offset"'

_encode = msgspec.json.encode
One = TypeVar("One")


def search(door: Door, caller: Caller, asked: Asked, place: Place) -> Answer:
    """Search one level (PS3.18 10.6). Raises TooWideError when the search must be narrowed."""
    check_reads(caller)
    kind = metadata(asked.ranges)
    query = read_query(asked)
    if place.many == "studies":
        rows = _studies(door, caller, query, asked.base)
    else:
        rows = _below(door, caller, query, place, asked.base)
    page = rows[query.offset : query.offset + query.limit]
    if not page:
        return Answer(204)
    more = len(rows) > query.offset + len(page)
    return Answer(200, _encode(page), (("Warning", _MORE),) if more else (), kind)


def _studies(door: Door, caller: Caller, query: Query, base: str) -> list[Row]:
    look = caller.look(frozenset())
    found = find_studies(query.keys, look, door.charts, door.issuers)
    deep = [key for key in query.keys if key.wanted and key.path[0] not in STUDY_TAGS]
    if deep:
        rows = _open_studies(door, caller, query, deep, found)
    else:
        rows = [each.row for each in found]
        line = max((each.line for each in found), default=-1)
        door.note(caller, ChartId(b""), "search", query=query.names, count=len(rows), line=line)
    return [_addressed(row, f"{base}/studies/{row[STUDY]['Value'][0]}") for row in rows]


def _open_studies(
    door: Door, caller: Caller, query: Query, deep: Sequence[Key], found: Sequence[Study]
) -> list[Row]:
    """Match what only the pictures tell, in the one chart that is meant."""
    if not found:
        return []
    chart = _one_chart(found)
    held = door.charts.look(chart, door.look(caller))
    faces = {each.study.study: each.row for each in found}
    reached = Reached(door, caller, chart, held, list(pictures(held)))
    rows = study_rows(reached.pictures, teller(door, reached.lease, ""), faces)
    kept = _matching(rows, deep, lambda row: row)
    kept = [row if query.all else _only(row, STUDY_TAGS | query.shown) for row in kept]
    door.note(caller, chart, "search", query=query.names, count=len(kept), held=held)
    return kept


def _below(door: Door, caller: Caller, query: Query, place: Place, base: str) -> list[Row]:
    """Search the series or instances of a study, or of the one chart a query means."""
    look = door.look(caller)
    studies: dict[str, Row] = {}
    if place.study:
        spots = locate_study(place.study, look, door.charts, door.places)
        charts = [spot.chart for spot in spots]
    else:
        found = find_studies(query.keys, look, door.charts, door.issuers)
        studies = {each.study.study: each.row for each in found}
        charts = [_one_chart(found)] if found else []
    rows: list[Row] = []
    for chart in charts:
        held = door.charts.look(chart, look)
        shown = [
            picture
            for picture in pictures(held, place.study, place.series)
            if place.study or picture.instance.study in studies
        ]
        reached = Reached(door, caller, chart, held, shown)
        rows += _rows(reached, studies, query, place, base)
        door.note(
            caller, chart, "search", place.study, query=query.names, count=len(rows), held=held
        )
    return rows


def _rows(
    reached: Reached, studies: dict[str, Row], query: Query, place: Place, base: str
) -> list[Row]:
    """Write rows of a level, matched: with what stands above it unless the address says that."""
    keys = [key for key in query.keys if key.wanted and key.tag not in (PATIENT_ID, ISSUER)]
    told = teller(reached.door, reached.lease, base)
    if place.many == "series":
        rows, usual = series_rows(reached.pictures, told, studies), SERIES_TAGS
    else:
        rows, usual = instance_rows(reached.pictures, told, studies), INSTANCE_TAGS
        usual |= frozenset() if place.series else SERIES_TAGS
    usual |= frozenset() if place.study else STUDY_TAGS
    kept = _matching(rows, keys, lambda each: each[0])
    wanted = usual | query.shown
    return [
        _addressed(row if query.all else _only(row, wanted), f"{base}/{address}")
        for row, address in kept
    ]


def _one_chart(found: Sequence[Study]) -> ChartId:
    """Give the chart all of them lie in. Raises TooWideError when there are several."""
    charts = {each.chart for each in found}
    if len(charts) > MOST_OPENED:
        raise TooWideError("this looks into charts, and more than one is meant", hint=NARROW)
    return charts.pop()


def _matching(rows: Iterable[One], keys: Sequence[Key], row_of: Callable[[One], Row]) -> list[One]:
    tests = [make_test(key) for key in keys]
    return [each for each in rows if all(test(row_of(each)) for test in tests)]


def _only(row: Row, wanted: frozenset[str]) -> Row:
    return {tag: row[tag] for tag in row if tag in wanted}


def _addressed(row: Row, url: str) -> Row:
    return {**CHARSET, **row, **_HERE, RETRIEVE_URL: element(RETRIEVE_URL, url)}
