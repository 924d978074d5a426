"""Taking DICOM files in: whose is it, what is it, and down the one road (`custody.deposit`).

The one way in for STOW-RS, C-STORE, folders and what a person has filed from the inbox. A file is
kept as it came, as a blob, beside its manifest (`instance`). One that nobody can place is put
aside, sealed, and the sender may forget it too. Opens nothing and reads nothing back.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import BinaryIO, NamedTuple, cast

from chartkeep.clinical.claim import Claim, Number
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.issuers import Issuers
from chartkeep.clinical.studies import (
    StudyRow,
    count,
)
from chartkeep.custody.clearing import Kept
from chartkeep.custody.deposit import Parcel, Taken, deposit
from chartkeep.custody.guesses import NEW
from chartkeep.custody.house import House
from chartkeep.custody.inbox import Aside, put_aside
from chartkeep.custody.placing import MisplacedError, Why, find_chart
from chartkeep.custody.sending import drop_blobs, send_blob
from chartkeep.errors import ChartkeepError, ConflictError, RefusedError
from chartkeep.imaging.arriving import Arriving, File
from chartkeep.imaging.counting import Counting, Part
from chartkeep.imaging.facts import Subject
from chartkeep.imaging.instance import encode_instance
from chartkeep.imaging.placed import (
    Placed,
    by_study,
    counts_of,
    head_of,
    instance_item,
    row_item,
    section_of,
    study_item,
)
from chartkeep.model import ChartId, EntryId, to_text
from chartkeep.sealing.keys import fresh_id
from chartkeep.store.protocol import Head

DOOR = SOURCE = "dicom"
MEDIA_TYPE = "application/dicom"
MOST_TOGETHER = 50
"""Files of one study that go in one deposit, at most so many bytes of them."""
BYTES_TOGETHER = 8 << 20
MOST_KNOWN = 20_000


class Fate(StrEnum):
    """What became of a file."""

    STORED = "stored"
    THERE = "there already"
    ASIDE = "set aside"
    REFUSED = "refused"


class Outcome(NamedTuple):
    """What became of one file; its names are empty when it could not be read.

    `chart`: where it lies, when it is in a chart. `error`: why it was refused; an UnavailableError
    means that it should come again.
    """

    fate: Fate
    where: str
    sop_class: str = ""
    instance: str = ""
    study: str = ""
    series: str = ""
    chart: ChartId | None = None
    error: ChartkeepError | None = None


class Sender(NamedTuple):
    """Who sends: its name, the same each time, and the system of numbers it gives no issuer of."""

    name: str
    issuer: str = ""


class Taker:
    """The road in of one worker, for all its threads."""

    def __init__(self, house: House, issuers: Issuers) -> None:
        self._house = house
        self._issuers = issuers
        self._counting = Counting(to_text(fresh_id()))
        self._known: dict[tuple[ChartId, str], None] = {}
        """Studies whose entries are made: they are not offered again."""
        self._resent: set[str] = set()
        """Studies of which instances came twice: of these it is asked what is there already."""

    def take(
        self, files: Iterable[File], sender: Sender, chart: ChartId | None = None
    ) -> Iterator[Outcome]:
        """Take files in; gives an outcome for each, in order, when it is durable.

        `chart`: where a person has said that they belong. Files of one chart that come together
        are deposited together. Raises what `files` raises: what had no outcome may come again.
        """
        waiting: list[Placed] = []
        for file in files:
            met = self._meet(file, sender, chart)
            if isinstance(met, Placed) and _goes_with(met, waiting):
                waiting.append(met)
                continue
            yield from self._deposit(waiting)
            waiting = [met] if isinstance(met, Placed) else []
            if isinstance(met, Outcome):
                yield met
        yield from self._deposit(waiting)

    def take_one(self, file: File, sender: Sender, chart: ChartId | None = None) -> Outcome:
        """Take one file in."""
        (outcome,) = self.take([file], sender, chart)
        return outcome

    def refile(self, kept: Kept, chart: ChartId) -> None:
        """Take in what a person has filed from the inbox. Raises what refuses it."""
        outcome = self.take_one(File(kept.open()), Sender(kept.row.source), chart)
        if outcome.error is not None:
            raise outcome.error

    def _meet(self, file: File, sender: Sender, chart: ChartId | None) -> "Placed | Outcome":
        """Read a file and say where it belongs: it is ready for deposit, or its outcome is."""
        arriving: Arriving | None = None
        try:
            arriving = Arriving(file)
            claim = self._claim(arriving.subject, sender)
            try:
                there = chart or find_chart(claim, self._house)
                why = Why.UNKNOWN
            except MisplacedError as misplaced:
                there, why = None, misplaced.why
            if there is None:
                return self._put_aside(arriving, claim, why, sender)
            return self._ready(arriving, there)
        except ChartkeepError as error:
            return _refused(file.where, arriving, error)

    def _claim(self, subject: Subject, sender: Sender) -> Claim:
        numbers = (
            Number(self._issuers.system(authority, sender.issuer), value)
            for authority, value in subject.numbers
        )
        return Claim(tuple(numbers), subject.names, subject.birth_date)

    def _ready(self, arriving: Arriving, chart: ChartId) -> Placed:
        """Have a long file sent to the store as it passes, unless it is there already."""
        if arriving.short:
            return Placed(arriving, chart, arriving.describe())
        entry = self._house.entry_id(SOURCE, arriving.facts.instance)
        if self._house.heads([entry])[0].version:
            return Placed(arriving, chart, arriving.describe(arriving.pass_by()))
        reader = cast("BinaryIO", arriving)  # of which it needs `read` alone
        sent = send_blob(reader, chart, section_of(arriving.facts), self._house)
        return Placed(arriving, chart, arriving.describe(sent.digest), sent)

    def _put_aside(self, arriving: Arriving, claim: Claim, why: Why, sender: Sender) -> Outcome:
        instance = arriving.facts.instance
        if arriving.short:
            raw, stream = arriving.whole(), None
        else:
            raw, stream = b"", cast("BinaryIO", arriving)  # of which it needs `read` alone
        put_aside(
            Aside(DOOR, sender.name, instance, why, claim, MEDIA_TYPE, raw, stream=stream),
            self._house,
        )
        return _outcome(Fate.ASIDE, arriving)

    def _deposit(self, placed: list[Placed]) -> list[Outcome]:
        """Deposit files of one chart together; if one is refused, each by itself."""
        if not placed:
            return []
        try:
            return self._deposit_all(placed)
        except RefusedError as error:
            if len(placed) == 1:
                self._give_up(placed)
                return [_refused(placed[0].arriving.where, placed[0].arriving, error)]
            return [outcome for each in placed for outcome in self._deposit([each])]
        except ChartkeepError as error:
            self._give_up(placed)
            return [_refused(each.arriving.where, each.arriving, error) for each in placed]

    def _give_up(self, placed: list[Placed]) -> None:
        drop_blobs((each.sent for each in placed if each.sent), self._house)

    def _deposit_all(self, placed: list[Placed]) -> list[Outcome]:
        """Deposit files of one chart; those of studies begun here are taken for new.

        The store refuses one that is not: then it is asked which are there. What was refused
        changed nothing.
        """
        studies = self._unmade_studies(placed)
        known = {each.instance.study for each in placed}
        if not studies and self._resent.isdisjoint(known) and all(p.arriving.short for p in placed):
            try:
                return self._deposit_new(placed, [], guess=True)
            except ConflictError:
                self._resent = known if len(self._resent) > MOST_KNOWN else self._resent | known
        return self._deposit_new(placed, studies, guess=False)

    def _deposit_new(
        self, placed: list[Placed], studies: list[Item], *, guess: bool
    ) -> list[Outcome]:
        """Deposit what is new. Raises ConflictError for a wrong guess, or other bytes."""
        house = self._house
        keys = [each.instance.instance for each in placed] + [item.key for item in studies]
        ids = [house.entry_id(SOURCE, key) for key in keys]
        stand = [NEW] * len(ids) if guess else house.heads(ids)
        heads = dict(zip(ids, stand, strict=True))
        new, there = self._sort(placed, heads)
        if new:
            self._send(new, studies, heads, again=not guess)
        fates = {id(each): Fate.THERE for each in there}
        return [
            _outcome(fates.get(id(each), Fate.STORED), each.arriving, each.chart) for each in placed
        ]

    def _unmade_studies(self, placed: list[Placed]) -> list[Item]:
        """Make the entries of studies that this worker has not seen made yet."""
        items = {item.key: item for item in map(study_item, placed)}
        chart = placed[0].chart
        return [item for key, item in items.items() if (chart, key) not in self._known]

    def _sort(
        self, placed: list[Placed], heads: Mapping[EntryId, Head]
    ) -> tuple[list[Placed], list[Placed]]:
        """Part what is new from what came before, in whatever chart: a merge moves nothing.

        Raises ConflictError where one came before with other bytes.
        """
        new: dict[EntryId, Placed] = {}
        there = []
        for each in placed:
            entry = self._house.entry_id(SOURCE, each.instance.instance)
            head, twin = heads[entry], new.get(entry)
            if not head.version and twin is None:
                new[entry] = each
                continue
            content = self._house.content(entry, encode_instance(each.instance))
            same = twin.instance == each.instance if twin else head.content == content
            self._give_up([each])
            if not same:
                raise ConflictError(
                    "this instance came before with other bytes", hint="give it a UID of its own"
                )
            there.append(each)
        return list(new.values()), there

    def _send(
        self, new: list[Placed], studies: list[Item], heads: Mapping[EntryId, Head], *, again: bool
    ) -> None:
        """Deposit new instances, their studies' entries and this worker's counts of them."""
        house, chart = self._house, new[0].chart
        sent = {each.instance.instance: each.sent for each in new if each.sent}
        made = [item.key for item in studies]
        if sent and studies:
            # Alone and first: a conflict with who begins the same study at the same moment would
            # cost the file that is at the store already.
            self._deposit_items(chart, studies)
            studies = []
        counted = [self._count(chart, each) for each in by_study(new)]
        parts = [part for _, part in counted]
        items = [*map(instance_item, new), *studies, *map(row_item, parts)]
        ids = [house.entry_id(SOURCE, item.key) for item in items]
        known = [heads[entry] for entry in ids[: len(items) - len(parts)]]
        known += [head_of(part, chart) for part in parts]
        parcel = Parcel(chart, SOURCE, items, ids, [{}] * len(items), sent=sent, heads=known)
        try:
            receipt = deposit(parcel, house, again=again)
        except ConflictError:  # the parts at the store are as they were
            for before, _ in counted:
                self._counting.give_back(chart, before)
            raise
        if self._mend(chart, new, receipt.taken, parts):
            return
        for part in parts:
            self._counting.give_back(chart, part._replace(version=part.version + 1))
        self._known.update(((chart, key), None) for key in made)
        if len(self._known) > MOST_KNOWN:
            self._known = {}

    def _deposit_items(self, chart: ChartId, items: list[Item]) -> None:
        ids = [self._house.entry_id(SOURCE, item.key) for item in items]
        deposit(Parcel(chart, SOURCE, items, ids, [{}] * len(items)), self._house)

    def _count(self, chart: ChartId, shown: list[Placed]) -> tuple[Part, Part]:
        """Borrow a study's part; gives it as it was, and as it is with these counted."""
        facts = shown[0].arriving.facts
        part = self._counting.borrow(
            chart, StudyRow(facts.study, facts.day, facts.time, facts.accession)
        )
        return part, part._replace(row=count(part.row, counts_of(shown, 1)))

    def _mend(
        self, chart: ChartId, new: list[Placed], taken: list[Taken], parts: list[Part]
    ) -> bool:
        """Count again where another worker was faster with an instance both were given.

        A crash before it leaves a count that is too high by what two senders sent at once.
        """
        late = [each for each, done in zip(new, taken, strict=False) if done.before]
        if not late:
            return False
        less = {each[0].arriving.facts.study: counts_of(each, -1) for each in by_study(late)}
        mended = [p._replace(row=count(p.row, less.get(p.row.study, {}))) for p in parts]
        self._deposit_items(chart, list(map(row_item, mended)))
        return True


def _goes_with(met: Placed, waiting: list[Placed]) -> bool:
    """Say whether a file may be deposited with those that wait."""
    return not waiting or (
        met.chart == waiting[0].chart
        and not met.sent
        and not waiting[-1].sent
        and len(waiting) < MOST_TOGETHER
        and sum(each.instance.size for each in waiting) + met.instance.size <= BYTES_TOGETHER
    )


def _outcome(fate: Fate, arriving: Arriving, chart: ChartId | None = None) -> Outcome:
    facts = arriving.facts
    return Outcome(
        fate, arriving.where, facts.sop_class, facts.instance, facts.study, facts.series, chart
    )


def _refused(where: str, arriving: Arriving | None, error: ChartkeepError) -> Outcome:
    if arriving is None:
        return Outcome(Fate.REFUSED, where, error=error)
    return _outcome(Fate.REFUSED, arriving)._replace(error=error)
