"""The road of a message: whose it is, where they lie, what it says; durable before it is answered.

Promises: the same message twice is one message; other bytes under its number are refused; what
cannot be placed is in the sealed inbox before anybody hears yes; messages about one patient are
taken one after the other, whichever connection they came over. It opens nothing.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from chartkeep.clinical.claim import Claim
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.guesses import Guesses
from chartkeep.custody.house import House
from chartkeep.custody.inbox import Aside, put_aside
from chartkeep.custody.merging import merge, unmerge
from chartkeep.custody.places import KNOWN
from chartkeep.custody.placing import (
    MisplacedError,
    Why,
    carrier,
    find_chart,
    person_chart,
    person_parcel,
)
from chartkeep.errors import (
    BadInputError,
    ChartkeepError,
    ConflictError,
    NotFoundError,
    OverBudgetError,
    RefusedError,
    StaleError,
    UnavailableError,
)
from chartkeep.intake.hl7.case import Built, Case, Sender
from chartkeep.intake.hl7.events import Event, Joining, Person, Stay, event_of
from chartkeep.intake.hl7.outcomes import (
    AGAIN,
    NO_NUMBER,
    OTHER_BYTES,
    TAKEN,
    UNREAD,
    Outcome,
    refused,
)
from chartkeep.intake.hl7.parcels import message_parcel, read_items
from chartkeep.intake.hl7.people import merged_claim, patient, read_claim
from chartkeep.intake.hl7.provenance import message_key, provenance
from chartkeep.intake.hl7.reading import Header, Message, read_header, read_message
from chartkeep.intake.hl7.visits import attendants, bed_of
from chartkeep.keyholder import actions
from chartkeep.model import ChartId, Millis, to_text

SOURCE = "hl7"
"""The source of what messages make: two feeds of one hospital speak of one visit by one name."""
DOOR = "hl7"
"""What the inbox calls this door."""
MEDIA_TYPE = "x-application/hl7-v2+er7"
STRIPES = 256
MOST_VISITS = 20_000
DAY = 86_400_000
TREATING, LETTERS = 30, 3
"""Days for which who treats a patient may open the chart: from an admission, after a discharge."""
_STAYING = frozenset({"I", "B", "E"})
"""Classes of PV1-2 that lie somewhere; a clinic's visitor does not leave a bed for it."""


class Taker:
    """Takes the messages of feeds, from many threads."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._guesses = Guesses()
        self._visits: set[str] = set()
        self._strangers: set[str] = set()
        self._treating: dict[tuple[str, ChartId], int] = {}
        self._stripes = [threading.Lock() for _ in range(STRIPES)]

    def take(self, raw: bytes, header: Header, sender: Sender) -> Outcome:
        """Take one message; the answer is true when it is given.

        Raises UnavailableError when a keeper does not answer: nobody was told anything.
        """
        event = event_of(header.event)
        if event is None:
            return UNREAD
        if not header.control_id:
            return NO_NUMBER
        try:
            message = read_message(raw, header)
            claim = read_claim(message.only("PID"), sender)
        except BadInputError as error:
            return self._aside(raw, header, sender, Claim(), Why.BROKEN, error)
        with self._turn(claim):
            if sender.place and event.stay != Stay.SAME:  # an old message must not move anybody
                known = self._known(raw, message.header, sender)
                if known is not None:
                    return known
            return self._file(raw, message, sender, event, claim)

    def refile(self, raw: bytes, chart: ChartId, sender: Sender) -> None:
        """Take a message out of the inbox into the chart a person named; it moves nobody.

        Raises BadInputError for a message that is still broken: it needs somebody who mends it.
        """
        header = read_header(raw)
        message = read_message(raw, header)
        event = event_of(header.event)
        if event is None:
            raise BadInputError("this house reads no messages of this type", hint="dismiss it")
        claim = read_claim(message.only("PID"), sender)
        with self._turn(claim):
            if self._known(raw, message.header, sender) is None:
                deposit(self._parcel(raw, message, sender, event, claim, chart), self._house)

    def _known(self, raw: bytes, header: Header, sender: Sender) -> Outcome | None:
        """Say what became of a message that was here before."""
        entry = self._house.entry_id(SOURCE, message_key(sender.name, header))
        (head,) = self._house.heads([entry])
        if not head.version:
            return None
        return AGAIN if head.content == self._house.content(entry, raw) else OTHER_BYTES

    def _file(
        self, raw: bytes, message: Message, sender: Sender, event: Event, claim: Claim
    ) -> Outcome:
        """Put a message into its chart, or aside. Nothing is durable before all of it is read."""
        header = message.header
        try:
            chart = find_chart(claim, self._house)
            if event.joining != Joining.NONE:
                chart = self._join(message, sender, event, claim)
            parcel = self._parcel(raw, message, sender, event, claim, chart)
            self._place(message, sender, event, parcel.chart)
            self._deposit(parcel)
            self._remember(parcel, claim if chart is None else None)
        except StaleError:
            return self._known(raw, header, sender) or OTHER_BYTES
        except MisplacedError as error:
            return self._aside(raw, header, sender, claim, error.why, error)
        except BadInputError as error:
            return self._aside(raw, header, sender, claim, Why.BROKEN, error)
        except UnavailableError:
            raise
        except ChartkeepError as error:
            return refused(error)
        return TAKEN

    def _deposit(self, parcel: Parcel) -> None:
        """Deposit a parcel, asking beforehand where its parts stand only when it came before.

        Messages are new, and what they are about was mostly brought here: the store says when not.
        """
        if not self._guesses.knows(parcel.ids[-1]):  # its own record
            parcel = parcel._replace(guess=self._guesses.heads(parcel.ids))
        self._guesses.learn(parcel, deposit(parcel, self._house))

    def _join(self, message: Message, sender: Sender, event: Event, claim: Claim) -> ChartId:
        """Merge or part two charts; gives the one that goes on.

        Raises MisplacedError when one of the two is nobody's.
        """
        stays = self._carrier(claim)
        gone = self._carrier(merged_claim(message.only("MRG"), sender))
        try:
            (merge if event.joining == Joining.MERGE else unmerge)(stays, gone, self._house)
        except ConflictError as error:  # a ring: sent again, it would be one again
            raise MisplacedError(Why.SEVERAL, str(error)) from error
        return stays

    def _carrier(self, claim: Claim) -> ChartId:
        """Give the chart that carries a number itself, whatever it was merged into since."""
        for number in claim.numbers:
            if number.keyword and (chart := carrier(number.keyword, self._house)):
                return chart
        raise MisplacedError(Why.UNKNOWN, "no chart carries one of the two numbers")

    def _parcel(
        self, raw: bytes, message: Message, sender: Sender, event: Event, claim: Claim,
        chart: ChartId | None,
    ) -> Parcel:  # fmt: skip
        """Read a message into a parcel. Raises MisplacedError for a patient nobody has sent."""
        if chart is None and event.person == Person.NOTHING:
            raise MisplacedError(Why.UNKNOWN, "no chart carries this number")
        number = next(each for each in claim.numbers if each.keyword)
        there = chart or person_chart(number, self._house)
        case = Case(message, sender, f"Patient/{to_text(there)}")
        made = [built for family in event.families for built in family(case)]
        told = event.person == Person.TOLD or chart is None
        record = provenance(case, raw, made)
        *items, last = read_items([*made, record], case.patient, self._visits)
        items.append(msgspec.structs.replace(last, same=raw, expect=0))
        person = None
        if told:
            key = case.patient
            body = patient(case, message.only("PID"), message.all("NK1"))
            (item,) = read_items([Built(key, body)], key)
            person = person_parcel(item, number, chart, self._house)
        return message_parcel(there, SOURCE, items, person, self._house)

    def _remember(self, parcel: Parcel, claim: Claim | None) -> None:
        """Remember which visits are there, and whose numbers the numbers of a new chart are."""
        if len(self._visits) > MOST_VISITS:
            self._visits.clear()
        self._visits.update(item.key for item in parcel.items if item.kind == "Encounter")
        until = Millis(self._house.clock() + KNOWN)
        for number in claim.numbers if claim else ():
            if number.keyword:
                self._house.places.put(number.keyword, parcel.chart, until)

    def _place(self, message: Message, sender: Sender, event: Event, chart: ChartId) -> None:
        """Tell the keyholder where the patient lies, before the message is known to be taken.

        A crash after it leaves a bed that the same message, sent again, says once more.
        """
        pv1 = message.first("PV1")
        if not sender.place or event.stay == Stay.SAME or pv1 is None:
            return
        ward, bed = bed_of(pv1.value(3)) if event.stay == Stay.IN else ("", "")
        if event.stay == Stay.IN and (pv1.text(2).upper() not in _STAYING or not ward):
            return
        self._house.keyholder.act(b"", actions.Place(chart, ward, bed))
        days = TREATING if event.stay == Stay.IN else LETTERS
        self._relate(attendants(pv1), chart, Millis(self._house.clock() + days * DAY))

    def _relate(self, people: list[str], chart: ChartId, until: Millis) -> None:
        """Tell the keyholder who treats the patient; nobody it does not know is asked for again."""
        for person in people:
            if person in self._strangers or self._treating.get((person, chart)) == until // DAY:
                continue
            try:
                self._house.keyholder.act(b"", actions.Relate(person, chart, until))
            except NotFoundError:
                self._strangers.add(person)
            except OverBudgetError:  # the bed is what a ward needs; who is not on it breaks glass
                continue
            else:
                self._treating[person, chart] = until // DAY
            if len(self._strangers) + len(self._treating) > MOST_VISITS:
                self._strangers.clear()
                self._treating.clear()

    def _aside(
        self, raw: bytes, header: Header, sender: Sender, claim: Claim, why: Why,
        error: RefusedError,
    ) -> Outcome:  # fmt: skip
        """Put a message into the sealed inbox, where a person decides; durable, so it is taken."""
        aside = Aside(
            DOOR, sender.name, message_key(sender.name, header), why, claim, MEDIA_TYPE, raw,
            str(error),
        )  # fmt: skip
        try:
            put_aside(aside, self._house)
        except ConflictError:
            return OTHER_BYTES
        except UnavailableError:
            raise
        except ChartkeepError as other:
            return refused(other)
        return Outcome("AA", "0", f"set aside, a person must look: {error}")

    @contextmanager
    def _turn(self, claim: Claim) -> Iterator[None]:
        """Take messages about one patient one at a time: by the first number they name."""
        named = claim.numbers[0].keyword if claim.numbers else ""
        with self._stripes[hash(named) % STRIPES]:
            yield
