"""Whose is it: the chart that a number leads to, for feeds that can open nothing.

A number and its issuer decide; a name and a birth date, where given, must agree, and the keyholder
says only yes or no to that. What does not agree is a `MisplacedError`, and goes to the inbox
(`custody.inbox`), never silently into a chart. A chart is made under its number's own name, so two
feeds that meet the same new patient at the same moment make one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import msgspec

from chartkeep.clinical.claim import Claim, Number, patient_of
from chartkeep.clinical.deriving import derive
from chartkeep.clinical.face import LINK_KIND
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.keywords import MERGED
from chartkeep.clinical.ownership import Strangers
from chartkeep.clinical.reading import read_resource
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.places import AGREED, DOUBTED, KNOWN, UNKNOWN
from chartkeep.custody.release import MOST_MERGES
from chartkeep.errors import (
    BadInputError,
    ConflictError,
    FrozenError,
    GuessedError,
    NotFoundError,
    OverBudgetError,
    RefusedError,
    UnavailableError,
)
from chartkeep.model import ChartId, EntryId, Millis, to_text

PERSONS = "persons"
"""The source of every Patient that a feed makes, so that all feeds name one person alike."""
MERGES = "merges"
"""The source of the links of merged charts."""


class Why(StrEnum):
    """Why something was not placed: what a person at the inbox reads first."""

    NO_NUMBER = "no number"
    UNKNOWN = "unknown patient"
    SEVERAL = "several charts"
    MISMATCH = "mismatch"
    GUESSED = "asked too often"
    BROKEN = "broken"


class MisplacedError(RefusedError):
    """Nobody can say by rule whose something is: a person must."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message, hint="it goes to the inbox")
        self.why = why


def find_chart(claim: Claim, house: House) -> ChartId | None:
    """Give the chart of the first number that somebody carries; None when nobody carries any.

    The charts of merged people are one: it is the one that goes on. Raises MisplacedError when a
    person must look, UnavailableError when the keyholder does not answer, or not now.
    """
    keywords = [number.keyword for number in claim.numbers if number.keyword]
    if not keywords:
        raise MisplacedError(Why.NO_NUMBER, "no number of an issuer this house knows")
    carried = (_carrier(keyword, house) for keyword in keywords)
    chart = next((chart for chart in carried if chart is not None), None)
    if chart is None:
        return None
    goes_on = _follow(chart, house)
    if not any(_agrees(each, claim, house) for each in dict.fromkeys((chart, goes_on))):
        raise MisplacedError(Why.MISMATCH, "name or birth date are not this number's")
    return goes_on


def person_chart(number: Number, house: House) -> ChartId:
    """Name the chart a feed makes for a number nobody carries yet: the same at every feed."""
    return ChartId(house.entry_id(PERSONS, _person_key(number)))


def person_parcel(item: Item, number: Number, chart: ChartId | None, house: House) -> Parcel:
    """Make the parcel of a Patient as a feed sends it: a next version in `chart`, or a new chart.

    A deposit of it twice, or from two feeds at once, is one chart. Call `house.places.forget` when
    it is done. Raises BadInputError for a Patient that refers to something.
    """
    if item.kind != "Patient" or item.links:
        raise BadInputError("a feed's Patient refers to nothing", hint="send who it is alone")
    item = msgspec.structs.replace(item, key=_person_key(number))
    there = chart or person_chart(number, house)
    return Parcel(there, PERSONS, [item], [EntryId(there)], [{}], new=chart is None)


def make_person(claim: Claim, house: House) -> ChartId:
    """Make the chart of a person nobody has sent yet, of what a claim says about them.

    Raises ConflictError when somebody carries one of the numbers: a person must look at that chart.
    """
    numbers = [number for number in claim.numbers if number.keyword]
    if not numbers:
        raise BadInputError("a new chart needs a number", hint="enter the patient first")
    charts = [person_chart(number, house) for number in numbers]
    if any(head.version for head in house.heads(charts)) or any(
        carrier(number.keyword, house) for number in numbers
    ):
        raise ConflictError("a chart carries this number already", hint="file it there, or mend it")
    raw = patient_of(claim)
    item = derive(_person_key(numbers[0]), raw, read_resource(raw), Strangers(), where="inbox")
    deposit(person_parcel(item, numbers[0], None, house), house)
    house.places.forget()
    return charts[0]


def link_name(chart: ChartId) -> str:
    """Name, among `MERGES`, the link in a chart that was merged into another."""
    return f"{LINK_KIND}/{to_text(chart)}"


def carrier(keyword: str, house: House) -> ChartId | None:
    """Ask the keyholder for the one chart that carries a keyword.

    Raises MisplacedError when several do.
    """
    with _patience():
        found = house.keyholder.match_number(keyword)
    charts = set(house.store.find(found.labels)) - {b"", house.chart} if found.labels else set()
    if found.more or len(charts) > 1:
        raise MisplacedError(Why.SEVERAL, "several charts carry this number")
    return ChartId(charts.pop()) if charts else None


def merged_into(chart: ChartId, house: House) -> ChartId | None:
    """Give the chart a chart was merged into, None for most; what lies in either stays sealed."""
    link = house.entry_id(MERGES, link_name(chart))
    was_merged = house.heads([link])[0].version > 0
    return carrier(f"{MERGED}{to_text(chart)}", house) if was_merged else None


def _person_key(number: Number) -> str:
    if not number.keyword:
        raise BadInputError("a number needs a system and a value", hint="name who issued it")
    _, _, value = number.keyword.rpartition("|")
    return f"Patient?identifier={number.system}|{value}"


def _carrier(keyword: str, house: House) -> ChartId | None:
    """Give the chart that carries a number, as it was told minutes ago or is told now."""
    now = house.clock()
    try:
        return house.places.get(keyword, now)
    except KeyError:
        chart = carrier(keyword, house)
    house.places.put(keyword, chart, Millis(now + (KNOWN if chart else UNKNOWN)))
    return chart


def _follow(chart: ChartId, house: House) -> ChartId:
    """Give the chart that goes on where this one was merged away: itself where it was not."""
    now, seen = house.clock(), [chart]
    try:
        return house.places.get(chart, now) or chart
    except KeyError:
        pass
    while (onward := merged_into(seen[-1], house)) is not None:
        if onward in seen or len(seen) > MOST_MERGES:
            raise MisplacedError(Why.SEVERAL, "this chart was merged in a ring")
        seen.append(onward)
    house.places.put(chart, seen[-1], Millis(now + KNOWN))
    return seen[-1]


@contextmanager
def _patience() -> Iterator[None]:
    """Turn what the keyholder refuses a feed for now into `try later`: it keeps what it has."""
    try:
        yield
    except GuessedError as error:
        raise MisplacedError(Why.GUESSED, str(error)) from error
    except (OverBudgetError, FrozenError) as error:
        raise UnavailableError(f"nobody can be placed now: {error}", hint=error.hint) from error


def _agrees(chart: ChartId, claim: Claim, house: House) -> bool:
    """Say whether a chart's person is whom the claim describes; who describes nobody agrees."""
    keywords = claim.keywords
    if not keywords:
        return True
    now = house.clock()
    try:
        return house.places.get((chart, keywords), now) is not None
    except KeyError:
        pass
    try:
        with _patience():
            same = house.keyholder.same_person(chart, list(keywords))
    except NotFoundError:  # shredded: nobody is in it any more
        same = False
    until = Millis(now + (AGREED if same else DOUBTED))
    house.places.put((chart, keywords), chart if same else None, until)
    return same
