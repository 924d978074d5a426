"""The road of a dropped file: what it is, whose it is, and into which chart or aside.

Promises: nothing is taken before it is durable in a chart or in the sealed inbox; the same bytes
twice are one; whatever a file is, the next one is taken. It opens nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from enum import Enum
from io import BytesIO
from typing import BinaryIO, NamedTuple

from msgspec.structs import replace

from chartkeep.clinical.claim import Claim, Number
from chartkeep.clinical.ecg.observation import to_observation
from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.house import House
from chartkeep.custody.inbox import Aside, put_aside
from chartkeep.custody.placing import MisplacedError, Why, find_chart
from chartkeep.errors import BadInputError, ChartkeepError, UnavailableError
from chartkeep.intake.ccda.document import Document, read_document
from chartkeep.intake.ecg.reading import EcgFile, read_ecg
from chartkeep.intake.folders.filing import Made, file_items, read_items, right, subject
from chartkeep.intake.folders.kinds import ECGS, HEAD, PAPERS, Kind, kind_of
from chartkeep.intake.folders.papers import paper
from chartkeep.intake.folders.saying import NOTHING, Said, claim_of
from chartkeep.intake.folders.whole import check_whole
from chartkeep.intake.folders.zipped import members
from chartkeep.model import ChartId

DOOR = "folders"
LARGEST = 64 << 20
"""Bytes of a file that is read whole; DICOM and archives of it are streamed."""


class State(Enum):
    """What became of a file."""

    TAKEN = "taken"
    BEFORE = "there already"
    ASIDE = "aside"
    REFUSED = "refused"


class Outcome(NamedTuple):
    """What became of a file, and why, without content."""

    state: State
    why: str = ""


class Dropped(NamedTuple):
    """A file of a folder. `open` gives its bytes from the start; `beside` what came with it."""

    name: str
    size: int
    head: bytes
    open: Callable[[], BinaryIO]
    said: Said = NOTHING
    beside: Mapping[str, bytes] = {}


class Feed(NamedTuple):
    """A configured folder: its name, the system of its numbers, its zone."""

    name: str
    issuer: str
    zone: tzinfo
    issuers: Issuers


class Doors(NamedTuple):
    """The roads of other doors, joined in wiring: DICOM files; FHIR bundles, NDJSON, resources.

    Each says what became of a file, or raises UnavailableError: it must come again.
    """

    images: Callable[[Iterable[Dropped], Feed], Iterable[Outcome]]
    bundle: Callable[[bytes, Feed], Outcome]


class FolderTaker:
    """Takes the files of folders."""

    def __init__(self, house: House, doors: Doors) -> None:
        self._house = house
        self._doors = doors

    def take(self, file: Dropped, feed: Feed) -> Outcome:
        """Take one file. Raises UnavailableError when it must be tried again later."""
        kind = kind_of(file.head, file.name)
        try:
            if kind == Kind.DICOM:
                return next(iter(self._doors.images([file], feed)))
            if kind == Kind.ZIP:
                return self._unpack(file, feed)
            raw = _read(file)
            if kind == Kind.FHIR:
                return self._doors.bundle(raw, feed)
            return self._file(raw, kind, file, feed)
        except UnavailableError:
            raise
        except ChartkeepError as error:
            return Outcome(State.REFUSED, _why(error))

    def refile(self, raw: bytes, media_type: str, chart: ChartId, feed: Feed) -> None:
        """Take a file out of the inbox into a chart that a person named. Raises what refuses it."""
        file = Dropped("", len(raw), raw[:HEAD], lambda: BytesIO(raw))
        kind = kind_of(raw[:HEAD], "x.ecg" if media_type == Kind.ECG.value else "")
        made, _ = self._made(raw, kind, file, feed)
        file_items(chart, read_items(made(subject(chart)), subject(chart)), self._house)

    def _file(self, raw: bytes, kind: Kind, file: Dropped, feed: Feed) -> Outcome:
        made, own = self._made(raw, kind, file, feed)
        claim = claim_of(file.said, own, feed.issuer, feed.issuers)
        try:
            chart = self._chart(claim)
        except MisplacedError as error:
            return self._aside(raw, kind, claim, error, file, feed)
        items = read_items(made(subject(chart)), subject(chart))
        receipt = file_items(chart, items, self._house)
        new = any(not taken.before for taken in receipt.taken)
        return Outcome(State.TAKEN if new else State.BEFORE)

    def _chart(self, claim: Claim) -> ChartId:
        """Give the one chart this is of. Raises MisplacedError when a person must look."""
        chart = find_chart(claim, self._house)
        if chart is None:
            raise MisplacedError(Why.UNKNOWN, "no chart carries this number")
        return chart

    def _made(
        self, raw: bytes, kind: Kind, file: Dropped, feed: Feed
    ) -> tuple[Callable[[str], list[Made]], Claim]:
        """Read a file: what it makes of a patient's reference, and whose it says it is."""
        if kind in PAPERS:
            check_whole(raw, kind)
            return lambda patient: [paper(raw, kind.value, file.said, patient)], Claim()
        if kind in ECGS:
            read = read_ecg({file.name or "ecg": raw, **file.beside}, feed.zone)
            return lambda patient: _ecg(raw, kind, file, read, patient), _ecg_claim(read, feed)
        if kind == Kind.CDA:
            document = read_document(raw, feed.zone)
            claim = document.claim(feed.issuer, feed.issuers)
            return lambda patient: _cda(raw, file.said, document, patient), claim
        raise BadInputError("no kind of file this house takes", hint="see docs/feeds.md")

    def _aside(
        self, raw: bytes, kind: Kind, claim: Claim, error: MisplacedError, file: Dropped, feed: Feed
    ) -> Outcome:
        if file.beside:
            raise BadInputError(f"its files cannot wait in the inbox together: {error.why.value}")
        digest = hashlib.sha256(raw).hexdigest()
        put_aside(
            Aside(DOOR, feed.name, digest, error.why, claim, kind.value, raw, str(error)),
            self._house,
        )
        return Outcome(State.ASIDE, error.why.value)

    def _unpack(self, file: Dropped, feed: Feed) -> Outcome:
        """Take the images of an archive; other files in it, such as a viewer's, are passed over.

        One that is refused is named by its number, and the rest is taken.
        """
        names: list[str] = []
        with file.open() as reader:
            outcomes = list(self._doors.images(_images(file, reader, names), feed))
        refused = [
            f"{name}: {outcome.why}"
            for name, outcome in zip(names, outcomes, strict=False)
            if outcome.state == State.REFUSED
        ]
        if refused:
            more = f" and {len(refused) - 10} more" if len(refused) > 10 else ""
            return Outcome(State.REFUSED, "; ".join(refused[:10]) + more)
        if not outcomes:
            raise BadInputError("the archive holds no DICOM files")
        states = {outcome.state for outcome in outcomes}
        return Outcome(next(s for s in (State.ASIDE, State.TAKEN, State.BEFORE) if s in states))


def _images(file: Dropped, reader: BinaryIO, names: list[str]) -> Iterator[Dropped]:
    """Give the DICOM files of an archive, and note what they are called in messages."""
    for member in members(reader, file.size, HEAD):
        if kind_of(member.head, "") == Kind.DICOM:
            names.append(member.place)
            yield Dropped(member.place, member.size, member.head, member.open)


def _read(file: Dropped) -> bytes:
    if file.size > LARGEST:
        raise BadInputError(f"the file is over {LARGEST >> 20} MiB", hint="split it")
    with file.open() as reader:
        return reader.read(LARGEST)


def _why(error: ChartkeepError) -> str:
    return f"{error}; {error.hint}" if error.hint else str(error)


def _ecg(raw: bytes, kind: Kind, file: Dropped, read: EcgFile, patient: str) -> list[Made]:
    """Make the Observation, and keep the files it came from."""
    original = paper(raw, kind.value, file.said, patient, read.form)
    signals = [
        paper(each, Kind.ECG.value, file.said, patient, read.form) for each in file.beside.values()
    ]
    came_from = [{"reference": each.key} for each in (original, *signals)]
    body = to_observation(read.ecg, patient) | {"derivedFrom": came_from}
    key = original.key.replace("DocumentReference", "Observation")
    return [original, *signals, Made(key, body)]


def _ecg_claim(read: EcgFile, feed: Feed) -> Claim:
    numbers = (Number(feed.issuer, read.patient_id),) if read.patient_id else ()
    return Claim(numbers, (read.name,) if read.name else (), read.birth_date)


def _cda(raw: bytes, said: Said, document: Document, patient: str) -> list[Made]:
    """Keep the document and what it carries, and what of its entries is FHIR."""
    titled = replace(said, date=said.date or document.date)
    made = [paper(raw, Kind.CDA.value, titled, patient, document.title, document.kind)]
    carried = document.embedded()
    if carried is not None:
        made.append(paper(carried.raw, carried.media_type, titled, patient, document.title))
    told = right([Made(key, body) for key, body in document.resources(patient)], patient)
    return [*made, *told, *_provenance(made[0], told, document)]


def _provenance(kept: Made, told: list[Made], document: Document) -> list[Made]:
    """Say that these come out of that document, where it says when it was made."""
    if not told or "T" not in document.date:
        return []
    body = {
        "resourceType": "Provenance",
        "target": [{"reference": each.key} for each in told],
        "recorded": document.date,
        "agent": [{"who": {"display": document.custodian}}],
        "entity": [{"role": "source", "what": {"reference": kept.key}}],
    }
    return [Made(kept.key.replace("DocumentReference", "Provenance"), body)]
