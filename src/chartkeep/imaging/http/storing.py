"""STOW-RS: instances stored while they come in (PS3.18 10.5).

The answer leaves when what it calls stored is durable. What nobody could place lies sealed in the
inbox: it is named as taken, without an address, since nobody can retrieve it until a person has
said whose it is. A body that breaks off in the middle leaves what came before it stored; sent again
it is taken once.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chartkeep.errors import BadInputError, UnavailableError
from chartkeep.imaging.arriving import File
from chartkeep.imaging.dimse.statuses import status_of
from chartkeep.imaging.http.accepting import DICOM, JSON, metadata
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.composing import compose
from chartkeep.imaging.http.door import Door, check_writes
from chartkeep.imaging.http.media import read_media
from chartkeep.imaging.http.multipart import Part, read_parts
from chartkeep.imaging.http.outcome import UnsupportedMediaError
from chartkeep.imaging.http.place import Place
from chartkeep.imaging.taking import Fate, Outcome, Sender
from chartkeep.model import ChartId
from chartkeep.web.caller import Caller

HINT = f'Content-Type: multipart/related; type="{DICOM}"; boundary=…'
WAITS = '299 chartkeep "what nobody could place waits for a person to say whose it is"'

Json = dict[str, Any]


def store(door: Door, caller: Caller, asked: Asked, place: Place) -> Answer:
    """Store what comes in. Raises BadInputError for a body that is none."""
    check_writes(caller)
    kind = metadata(asked.ranges)
    files = _files(asked, place.study)
    sender = Sender(caller.known.person, door.issuer)
    outcomes = list(door.taker.take(files, sender))
    _note(door, caller, outcomes)
    return _answer(outcomes, asked.base, kind)


def _files(asked: Asked, study: str) -> Iterator[File]:
    """Give the files of a body, each to be read before the next. Raises UnsupportedMediaError."""
    media = read_media(asked.header("content-type") or "none/none")
    if media.name == DICOM:
        return iter([File(Part.alone(asked.pieces), "the body", study=study)])
    kinds = media.related
    if kinds is None:
        raise UnsupportedMediaError("this body is not read here", hint=HINT)
    parts = read_parts(asked.pieces, media.parameters.get("boundary", ""))
    if kinds.name == JSON:
        return compose(parts, study)
    if not kinds.covers(DICOM):
        raise UnsupportedMediaError("parts of this type are not read here", hint=HINT)
    return _dicom_parts(parts, study)


def _dicom_parts(parts: Iterable[Part], study: str) -> Iterator[File]:
    for number, part in enumerate(parts, 1):
        kind = read_media(part.headers.get("content-type") or DICOM)
        if kind.name != DICOM:
            raise BadInputError(f"part {number} is not {DICOM}", hint=HINT)
        yield File(part, f"part {number}", study=study)


def _note(door: Door, caller: Caller, outcomes: Iterable[Outcome]) -> None:
    """Write down for each chart what was stored in it, a study a note."""
    counts: dict[tuple[ChartId, str], int] = {}
    for each in outcomes:
        if each.chart is not None and each.fate is Fate.STORED:
            at = each.chart, each.study
            counts[at] = counts.get(at, 0) + 1
    for (chart, study), count in counts.items():
        door.note(caller, chart, "create", study, count=count)


def _answer(outcomes: list[Outcome], base: str, kind: str) -> Answer:
    """Write the response (PS3.18 10.5.3) and choose its status."""
    failed = [each for each in outcomes if each.fate is Fate.REFUSED]
    if failed and all(isinstance(each.error, UnavailableError) for each in outcomes):
        raise UnavailableError("nothing was stored now", hint="send it again a little later")
    aside = any(each.fate is Fate.ASIDE for each in outcomes)
    status = 409 if len(failed) == len(outcomes) else 202 if failed or aside else 200
    headers = (("Warning", WAITS),) if aside else ()
    return Answer(status, msgspec.json.encode(_response(outcomes, base)), headers, kind)


def _response(outcomes: list[Outcome], base: str) -> Json:
    known = [each for each in outcomes if each.fate is not Fate.REFUSED]
    failed = [each for each in outcomes if each.fate is Fate.REFUSED]
    named = [_failed(each) for each in failed if each.instance]
    others = [_reason(each) for each in failed if not each.instance]
    studies = {each.study for each in known if each.chart is not None}
    sequences = {
        "00081199": [_referenced(each, base) for each in known],
        "00081198": named,
        "0008119A": others,
    }
    answer: Json = {t: {"vr": "SQ", "Value": items} for t, items in sequences.items() if items}
    if len(studies) == 1:
        answer["00081190"] = {"vr": "UR", "Value": [f"{base}/studies/{studies.pop()}"]}
    return answer


def _referenced(each: Outcome, base: str) -> Json:
    item = _names(each)
    if each.chart is not None:
        path = f"studies/{each.study}/series/{each.series}/instances/{each.instance}"
        item["00081190"] = {"vr": "UR", "Value": [f"{base}/{path}"]}
    return item


def _failed(each: Outcome) -> Json:
    return _names(each) | _reason(each)


def _names(each: Outcome) -> Json:
    return {
        "00081150": {"vr": "UI", "Value": [each.sop_class]},
        "00081155": {"vr": "UI", "Value": [each.instance]},
    }


def _reason(each: Outcome) -> Json:
    assert each.error is not None
    return {"00081197": {"vr": "US", "Value": [status_of(each.error)]}}
