"""Encrypted or not: of a thing and a time whether it could be read, and why. Pure.

Three answers. "Unreadable" is the one that spares people a letter, so it is given last: only of
sealed bytes, only where no key was within reach of a suspect, no line gave one out, and no hole in
the evidence could hide one. Never where the keyholder's host is among the suspects, whatever else
is known: who holds it writes the lines that would say so.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.duties.applying import Holds, Standing, apply_rules
from chartkeep.incident.duties.rule import Fact, Rule
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.estimate.suspect import Kind
from chartkeep.model import Millis, Section

SEALED_WITH: Final = "it is sealed with AES-256-GCM under a key of its own section"
OPENED: Final = (How.RELEASED, How.WRITTEN, How.EXPORTED, How.POSTED)


class Verdict(StrEnum):
    """Whether somebody could read it."""

    UNREADABLE = "unreadable"
    READABLE = "readable"
    UNPROVED = "cannot be proved"


class Form(StrEnum):
    """As what a thing was taken."""

    SEALED = "sealed bytes"
    """An entry, a blob, a segment, the store's disk."""
    PACK = "a ward's pack"
    CLEAR = "in clear"
    """An export, a document in a shared folder, a paper."""


class Keys(NamedTuple):
    """What is known of keys apart from the ledger; suspected counts, proved or not.

    `kept`: where the key-encryption key lies, as "a token" or "a file on another host"; empty:
    nobody said, and then nothing is proved.
    """

    kept: str = ""
    key_file: bool = False
    """The key-encryption key's file, passphrase or token."""
    backup: bool = False
    """A backup of the keyholder together with enough operators' shares."""
    envelopes: bool | None = None
    """The wards' envelopes, or the codes in them; None: nobody looked."""


class Thing(NamedTuple):
    """A section of a chart, in a form, at a time (ms)."""

    chart: bytes
    section: Section
    form: Form
    at: int


class Judged(NamedTuple):
    """The verdict and its reasons, the deciding one first."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(thing: Thing, estimate: Estimate, keys: Keys) -> Judged:
    """Say whether a thing could be read by the estimate's suspects at a time."""
    if thing.form is Form.CLEAR:
        return Judged(Verdict.READABLE, ("it lay in clear",))
    row = int(estimate.rows([thing.chart])[0])
    if row >= 0 and estimate.first[row] <= thing.at:
        opened = [w for w in OPENED if int(estimate.masks[w][row]) >> thing.section & 1]
        if opened:
            ways = ", ".join(opened)
            return Judged(Verdict.READABLE, (f"by then its section was {ways} a suspect",))
    doubts = _doubts(estimate, keys, thing.at)
    if thing.form is Form.PACK:
        if keys.envelopes:
            return Judged(Verdict.READABLE, ("the wards' envelopes are suspected too",))
        if keys.envelopes is None:
            doubts.append(_ENVELOPES)
    if doubts:
        return Judged(Verdict.UNPROVED, tuple(doubts))
    return Judged(Verdict.UNREADABLE, _proofs(thing.form, estimate, keys))


_ENVELOPES: Final = "nobody looked whether the wards' envelopes are there and closed"


def _doubts(estimate: Estimate, keys: Keys, at: int) -> list[str]:
    """List what stands against "unreadable"."""
    doubts = []
    if any(one.kind is Kind.KEYHOLDER for one in estimate.suspects):
        doubts.append("the keyholder's host is among the suspects: it can open all, without a line")
    if any(one.kind is Kind.CHART_KEY for one in estimate.suspects):
        doubts.append("a chart's key is among the suspects")
    if not keys.kept:
        doubts.append("nobody said where the key-encryption key is kept")
    if keys.key_file:
        doubts.append("the key-encryption key is suspected")
    if keys.backup:
        doubts.append("a backup of the keyholder is suspected with its operators' shares")
    if not estimate.suspects:
        doubts.append("nobody was named whom the key could have reached")
    elif at < min(estimate.widened):
        doubts.append("the estimate says nothing of a time before its window")
    if at > max((one.until for one in estimate.suspects), default=at):
        doubts.append("the estimate says nothing of a time after its window")
    return doubts + [one.why for one in estimate.unknown]


def _proofs(form: Form, estimate: Estimate, keys: Keys) -> tuple[str, ...]:
    """List what "unreadable" rests on."""
    sealed = "it is sealed under its envelope's code, drawn with 95 bits"
    return (
        SEALED_WITH if form is Form.SEALED else sealed,
        f"its key was with the keyholder alone, under a key kept on {keys.kept}",
        f"no line of {estimate.size:,}, none missing, gave it to a suspect",
    )


class Split(NamedTuple):
    """An estimate's patients by their worst verdict, at its end; and why, in all."""

    charts: dict[Verdict, int]
    reasons: dict[Verdict, tuple[str, ...]]


def split(estimate: Estimate, keys: Keys) -> Split:
    """Judge all patients' charts of an estimate, each by the most readable of its sections."""
    opened: NDArray[Any] = np.zeros(len(estimate), np.uint32)
    for way in OPENED:
        opened |= estimate.masks[way]
    # A chart without a section was only labelled through a suspect: its keywords were seen there.
    touched = (opened != 0) | (estimate.sections == 0)
    packed = estimate.masks[How.PACKED] != 0
    touched |= packed & bool(keys.envelopes)
    until = max((one.until for one in estimate.suspects), default=1) - 1
    doubts = tuple(_doubts(estimate, keys, until))
    unproved = ~touched & (packed & (keys.envelopes is None) | bool(doubts))
    theirs = estimate.is_patient
    charts = {
        Verdict.READABLE: int(np.count_nonzero(touched & theirs)),
        Verdict.UNPROVED: int(np.count_nonzero(unproved & theirs)),
        Verdict.UNREADABLE: int(np.count_nonzero(~touched & ~unproved & theirs)),
    }
    reasons = {
        Verdict.READABLE: ("a suspect opened it, wrote through it, or has it in a file",),
        Verdict.UNPROVED: doubts or (_ENVELOPES,),
        Verdict.UNREADABLE: _proofs(Form.SEALED, estimate, keys),
    }
    return Split(charts, {each: reasons[each] for each in Verdict if charts[each]})


def known_of(found: Split) -> dict[Fact, bool]:
    """Say what a case knows of the fact the laws ask for; what cannot be proved is not known."""
    if found.charts[Verdict.READABLE]:
        return {Fact.UNREADABLE: False}
    if found.charts[Verdict.UNPROVED] or not found.charts[Verdict.UNREADABLE]:
        return {}
    return {Fact.UNREADABLE: True}


def spared(
    rules: Iterable[Rule], known: Mapping[Fact, bool], aware: Millis, now: Millis
) -> list[Standing]:
    """List the duties that are none for what is unreadable, and would be for what is not."""
    rules = list(rules)
    readable = apply_rules(rules, {**known, Fact.UNREADABLE: False}, aware, {}, now)
    there = {(one.rule.rule, one.duty.key) for one in readable if one.holds is not Holds.NO}
    unreadable = apply_rules(rules, {**known, Fact.UNREADABLE: True}, aware, {}, now)
    return [
        one
        for one in unreadable
        if one.holds is Holds.NO and (one.rule.rule, one.duty.key) in there
    ]
