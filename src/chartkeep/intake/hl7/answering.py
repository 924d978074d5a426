"""Acknowledgements: the original mode's AA, AE and AR, the enhanced mode's CA, CE and CR.

HL7 v2.9 chapter 2.9: a message with MSH-15 or MSH-16 asks for an accept acknowledgement (it is
kept) and for an application's (it was taken); here both are true at once. An answer is written in
the separators, characters and version of what it answers, and carries nothing of it but its number.
"""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from chartkeep.errors import BadInputError
from chartkeep.intake.hl7.case import Sender
from chartkeep.intake.hl7.charsets import codec_of
from chartkeep.intake.hl7.outcomes import NO_HEADER, TOO_LARGE, Outcome
from chartkeep.intake.hl7.reading import Header, read_header
from chartkeep.intake.hl7.taking import Taker
from chartkeep.intake.hl7.times import hl7_time
from chartkeep.model import Millis
from chartkeep.sealing.keys import fresh_id

APPLICATION = "CHARTKEEP"
LONGEST_REASON = 200
_ENHANCED = {"AA": "CA", "AE": "CE", "AR": "CR"}
_UNNAMED = b"MSH|^~\\&|||||||||P|2.5"


class Answer(NamedTuple):
    """The messages to send back, and what became of what they answer."""

    messages: list[bytes]
    outcome: Outcome


class Door:
    """One feed's messages, from bytes to answers."""

    def __init__(self, taker: Taker, sender: Sender, clock: Callable[[], Millis]) -> None:
        self._taker = taker
        self._sender = sender
        self._clock = clock
        self._prefix = fresh_id().hex()[:8]
        self._numbers = itertools.count(1)

    def answer(self, raw: bytes) -> Answer:
        """Take a message and say what became of it.

        Raises UnavailableError when nobody can say so yet.
        """
        try:
            header = read_header(raw)
        except BadInputError:
            return self._reply(read_header(_UNNAMED), NO_HEADER)
        return self._reply(header, self._taker.take(raw, header, self._sender))

    def too_large(self, begun: bytes) -> Answer:
        """Refuse a message of which only the beginning was read."""
        try:
            return self._reply(read_header(begun), TOO_LARGE)
        except BadInputError:
            return self._reply(read_header(_UNNAMED), TOO_LARGE)

    def fault(self, raw: bytes) -> Answer:
        """Answer a message this program failed over: it may come again, and is looked at."""
        try:
            header = read_header(raw)
        except BadInputError:
            header = read_header(_UNNAMED)
        return self._reply(header, Outcome("AE", "207", "a fault of the receiver; it is logged"))

    def _reply(self, header: Header, outcome: Outcome) -> Answer:
        codes = [each for each in _asked(header, outcome.ack) if each]
        return Answer([self._write(header, outcome, code) for code in codes], outcome)

    def _write(self, header: Header, outcome: Outcome, code: str) -> bytes:
        msh = header.msh
        mark, within = msh.marks.field, msh.marks.component
        at = datetime.fromtimestamp(self._clock() / 1000, UTC).astimezone(self._sender.zone)
        event = msh.text(9, 2)
        kind = within.join(filter(None, ("ACK", event if event.isalnum() else "", "ACK")))
        fields = [
            "MSH", msh.raw(2), APPLICATION, msh.raw(6), msh.raw(3), msh.raw(4), hl7_time(at), "",
            kind, f"{self._prefix}{next(self._numbers)}", msh.raw(11) or "P", msh.raw(12) or "2.5",
            "", "", "", "", "", msh.raw(18),
        ]  # fmt: skip
        reason = _reason(outcome, header)
        segments = [
            mark.join(fields).rstrip(mark),
            mark.join(["MSA", code, msh.raw(10), reason]).rstrip(mark),
        ]
        if outcome.code != "0":
            said = within.join([outcome.code, "", "HL70357"])
            segments.append(mark.join(["ERR", "", "", said, "E", "", "", reason]))
        text = "".join(f"{segment}\r" for segment in segments)
        return _encoded(text, msh.marks.charset, msh.marks.repetition)


def _asked(header: Header, ack: str) -> list[str]:
    """Say which acknowledgements a message asks for; without MSH-15 and 16, the original one."""
    accept, application = header.msh.text(15), header.msh.text(16)
    if not accept and not application:
        return [ack]
    return [
        _ENHANCED[ack] if _wanted(accept, ack) else "",
        ack if _wanted(application, ack) else "",
    ]


def _wanted(condition: str, ack: str) -> bool:
    """Read table 0155; what it does not name is never, as an empty field in this mode is."""
    return condition in {"AL", "SU" if ack == "AA" else "ER"}


def _reason(outcome: Outcome, header: Header) -> str:
    """Write the reason without the message's own separators."""
    marks = header.msh.marks
    spaced = str.maketrans(dict.fromkeys([*marks[:5], "\r", "\n"], " "))
    return outcome.reason[:LONGEST_REASON].translate(spaced)


def _encoded(text: str, charset: str, repetition: str) -> bytes:
    """Write in the characters asked for. What was read as Latin-1 goes back as it was."""
    try:
        codec = codec_of(charset, repetition)
    except BadInputError:
        codec = "utf-8"
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode(codec, "replace")
