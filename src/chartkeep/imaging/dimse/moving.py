"""C-MOVE: pictures out, to a registered peer and nowhere else (PS3.4 C.4.2).

Opening the chart is the release; each file then passes from its blob to the peer, in the transfer
syntax it came in or, where the peer does not take that, uncompressed. What the peer refuses, or
what cannot be written so, is counted as failed and named. Bounded in memory, whatever the size of
a study.
"""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import chain

from chartkeep.errors import (
    BadInputError,
    ChartkeepError,
    DamagedError,
    NotFoundError,
    RefusedError,
)
from chartkeep.imaging.dimse.association import Association, Message
from chartkeep.imaging.dimse.channel import GoneError
from chartkeep.imaging.dimse.command import Command, Field, Tag
from chartkeep.imaging.dimse.desk import Asker, Desk
from chartkeep.imaging.dimse.finding import SERIES
from chartkeep.imaging.dimse.identifiers import LEVEL, keys_of, read_row, write_row
from chartkeep.imaging.dimse.negotiating import Context, Syntaxes, is_plain
from chartkeep.imaging.dimse.outgoing import context_for, dataset, propose
from chartkeep.imaging.dimse.peers import Peer, Peers, Right
from chartkeep.imaging.dimse.requesting import associated
from chartkeep.imaging.dimse.statuses import (
    ALL_FAILED,
    CANCELLED,
    NO_DESTINATION,
    PENDING,
    SOME_FAILED,
    SUCCESS,
)
from chartkeep.imaging.faces import PATIENT_ID, STUDY
from chartkeep.imaging.finding import find_studies
from chartkeep.imaging.opening import Picture, locate_study, pictures
from chartkeep.imaging.pixels.asking import NotPossibleError, UndecodableError
from chartkeep.imaging.pixels.pool import Pixels
from chartkeep.imaging.tags import Row, element, text, texts
from chartkeep.model import Section

STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
PATIENT_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.1.2"
INSTANCE = "00080018"
FAILED_LIST = "00080058"
MOST_STUDIES = 100
MOST_LISTED = 1_000
HAS_DATA = 0
WARNING = 0xB
"""The first digit of every warning."""
Origin = dict[Tag, int | str]
"""Who moves, and in which message: each C-STORE says it."""
_UNREADABLE = (DamagedError, NotPossibleError, UndecodableError, NotFoundError)
"""What keeps one picture from being sent, and no other."""
_LEVELS = frozenset({"PATIENT", "STUDY", "SERIES", "IMAGE"})


class Tally:
    """What became of the sub-operations of one move: what was not sent has failed."""

    def __init__(self, shown: Sequence[Picture]) -> None:
        self._left = dict.fromkeys(each.instance.instance for each in shown)
        self._refused: list[str] = []
        self.completed = 0
        self.warning = 0

    @property
    def failed(self) -> list[str]:
        """Name what the destination does not have."""
        return [*self._refused, *self._left]

    def count(self, instance: str, status: int) -> None:
        """Count one the destination has answered."""
        del self._left[instance]
        if status == SUCCESS:
            self.completed += 1
        elif status >> 12 == WARNING:
            self.warning += 1
        else:
            self._refused.append(instance)

    def write(self, command: Command, *, over: bool) -> Command:
        """Put the counts into an answer; what remains is told until it is over or cancelled."""
        told = {
            Tag.COMPLETED: self.completed,
            Tag.WARNING: self.warning,
            Tag.FAILED: len(self.failed if over else self._refused),
        }
        if not over:
            told[Tag.REMAINING] = len(self._left)
        command.update({tag: min(count, 0xFFFF) for tag, count in told.items()})
        return command


class Moving:
    """Answers C-MOVE for both roots. `ours`: the title we call with."""

    right = Right.MOVE
    field = Field.MOVE

    def __init__(
        self,
        desk: Desk,
        pixels: Pixels,
        peers: Peers,
        ours: str,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._desk = desk
        self._pixels = pixels
        self._peers = peers
        self._ours = ours
        self._tls = tls

    def offers(self, abstract: str) -> Syntaxes | None:
        """Serve both roots."""
        return is_plain if abstract in {STUDY_ROOT_MOVE, PATIENT_ROOT_MOVE} else None

    def answer(self, message: Message, peer: Peer, association: Association, /) -> None:
        """Move what is asked for. Raises what refuses it before anything is sent."""
        asked = read_row(message.identifier(), message.context.syntax)
        try:
            target = self._peers.find(message.command.text(Tag.DESTINATION))
        except RefusedError as error:
            told = message.command.answer(NO_DESTINATION, comment=str(error))
            association.send(message.context, told)
            return
        asker = self._desk.asker(peer.aet)
        shown = self._open(asked, asker)
        tally = Tally(shown)
        status = SUCCESS
        with ExitStack() as stack:
            try:
                proposals = propose(shown)
                peer_side = stack.enter_context(
                    associated(self._ours, target, proposals, self._tls)
                )
            except ChartkeepError:  # nobody there, or it wants none of it: all of it failed
                peer_side = None
            if peer_side is not None:
                status = self._send(shown, peer_side, tally, asker, message, association)
        _finish(status, tally, message, association)

    def _open(self, asked: Row, asker: Asker) -> list[Picture]:
        """Open the charts that are meant, and note it; gives the pictures asked for."""
        desk, look = self._desk, asker.look(Section.IMAGING)
        level = text(asked, LEVEL)
        if level not in _LEVELS:
            raise BadInputError("no such level", hint="STUDY, SERIES or IMAGE")
        shown: list[Picture] = []
        for study in self._studies(asked, level, asker):
            for spot in locate_study(study, look, desk.charts, desk.places):
                held = desk.charts.look(spot.chart, look, spot.newest)
                here = [each for each in pictures(held, study) if _is_meant(each, asked)]
                desk.note(
                    asker, spot.chart, "read", "ImagingStudy", ident=study, asked=asked,
                    count=len(here), held=held,
                )  # fmt: skip
                shown += here
        return shown

    def _studies(self, asked: Row, level: str, asker: Asker) -> list[str]:
        named = list(dict.fromkeys(texts(asked, STUDY)))
        if not named and level == "PATIENT" and text(asked, PATIENT_ID):
            desk = self._desk
            keys = [key for key in keys_of(asked) if key.wanted]
            found = find_studies(keys, asker.look(Section.FACE), desk.charts, desk.issuers)
            named = list(dict.fromkeys(each.study.study for each in found))
        if not 0 < len(named) <= MOST_STUDIES and level != "PATIENT":
            raise BadInputError("no studies are named, or too many", hint="name up to 100")
        return named[:MOST_STUDIES]

    def _send(
        self, shown: Sequence[Picture], target: Association, tally: Tally, asker: Asker,
        message: Message, association: Association,
    ) -> int:  # fmt: skip
        """Send pictures one by one, telling of each; gives how it ended.

        What cannot be read here fails alone; what cannot be finished there ends the sending.
        """
        contexts = {(c.abstract, c.syntax): c for c in target.contexts.values()}
        ident = message.command.number(Tag.MESSAGE)
        origin: Origin = {Tag.ORIGINATOR: asker.station.title, Tag.ORIGINATOR_MESSAGE: ident}
        lease = self._desk.lease(asker)
        for number, each in enumerate(shown, 1):
            if association.is_cancelled(ident):
                return CANCELLED
            context = context_for(each, contexts)
            if context is not None:
                try:
                    pieces = dataset(each, context.syntax, self._desk.house, lease, self._pixels)
                    begun = chain([next(pieces)], pieces)
                except _UNREADABLE:
                    continue
                try:
                    status = _send_one(target, context, _store(each, number, origin), begun)
                except ChartkeepError:
                    with suppress(GoneError):
                        target.abort()
                    break
                tally.count(each.instance.instance, status)
            told = tally.write(message.command.answer(PENDING), over=False)
            association.send(message.context, told)
        return SUCCESS


def _send_one(
    target: Association, context: Context, command: Command, data: Iterator[bytes]
) -> int:
    """Send one object; gives the peer's status. Raises GoneError when it is gone."""
    target.send(context, command, data)
    answer = target.receive()
    if answer is None:
        raise GoneError("the destination released the association")
    return answer.command.number(Tag.STATUS)


def _store(picture: Picture, number: int, origin: Origin) -> Command:
    instance = picture.instance
    return Command(
        {
            Tag.FIELD: Field.STORE,
            Tag.MESSAGE: number & 0xFFFF,
            Tag.PRIORITY: 0,
            Tag.DATA: HAS_DATA,
            Tag.AFFECTED_CLASS: instance.sop_class,
            Tag.AFFECTED_INSTANCE: instance.instance,
            **origin,
        }
    )


def _is_meant(picture: Picture, asked: Row) -> bool:
    series, instances = texts(asked, SERIES), texts(asked, INSTANCE)
    return (not series or picture.instance.series in series) and (
        not instances or picture.instance.instance in instances
    )


def _finish(status: int, tally: Tally, message: Message, association: Association) -> None:
    """Say how it ended, and name what failed (PS3.4 C.4.2.1.4.2)."""
    failed = tally.failed
    if status == SUCCESS and failed:
        status = SOME_FAILED if tally.completed or tally.warning else ALL_FAILED
    command = tally.write(message.command.answer(status), over=status != CANCELLED)
    if not failed:
        association.send(message.context, command)
        return
    command[Tag.DATA] = HAS_DATA
    row = {FAILED_LIST: element(FAILED_LIST, *failed[:MOST_LISTED])}
    association.send(message.context, command, (write_row(row, message.context.syntax),))
