"""`open_keys` and `seal_keys`: how section keys leave the keyholder, to read and to write."""

from chartkeep.errors import (
    ChartkeepError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    SealBrokenError,
)
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.budget import Kind
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.decide import NO_CHART, Ask, Verdict, decide_open
from chartkeep.keyholder.roles import Ability, mask
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, check_worker, session_of
from chartkeep.model import (
    CHART_SECTIONS,
    FACILITY_SECTIONS,
    ChartId,
    Millis,
    Section,
)
from chartkeep.sealing.keys import ChartKey, SectionKey, fresh_section_key
from chartkeep.sealing.wrap import (
    WRITE_LEASE,
    WrapHeader,
    read_wraps,
    unwrap_secret,
    wrap_section_key,
)
from chartkeep.wire.frames import to_failed

READ_LEASE = 5 * 60_000
MAX_WRAPS = 100_000
REKEY = "chartkeep incident rekey"
NOTES = frozenset({Section.ORDINARY, Section.JOURNAL, Section.SAFE})
"""Sections of the facility's own chart that a program writes whose ability is to note."""


def open_keys(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Decide about each chart, write a line for each, and open the wraps when it is durable."""
    check_ability(keyholder, call, Ability.OPEN)
    request: protocol.OpenKeys = call.request
    session = session_of(keyholder, turn, call)
    check_worker(keyholder, turn, call)
    if sum(len(wanted.wraps) for wanted in request.charts) > MAX_WRAPS:
        raise RefusedError(f"at most {MAX_WRAPS} wraps at once", hint="ask in parts")
    lease_end = turn.now + READ_LEASE
    openings = [_open_chart(keyholder, turn, call, wanted, session) for wanted in request.charts]

    def after() -> protocol.OpenedKeys:
        return protocol.OpenedKeys(lease_end, [opening() for opening in openings])

    return after


def _open_chart(
    keyholder: Keyholder,
    turn: Turn,
    call: Asked,
    wanted: protocol.ChartWraps,
    session: Session,
) -> "Opening":
    request = call.request
    ask = Ask(
        session, wanted.chart, wanted.sections, request.purpose, request.reason, request.grant
    )
    try:
        headers, released = _read_wraps(keyholder, wanted)
        # Decided first: only who may open it hears whether there is such a chart.
        verdict = decide_open(keyholder.standing, keyholder.name.id, ask, turn.now)
        wrapped = keyholder.ring.wrapped_keys(wanted.chart)
        if not wrapped or wanted.chart in keyholder.standing.shredded:
            raise NotFoundError(NO_CHART[0], hint=NO_CHART[1])
        spared = verdict.kind in (Kind.FREE, Kind.BREAK_GLASS)
        keyholder.check_guarded(spared=spared)
    except ChartkeepError as error:
        line = keyholder.refusals.note(turn, call.peer, request, error, ask)
        return Opening(keyholder, line, wanted, [], {}, error=error)
    told = details.Released(
        request.purpose, request.reason, verdict.kind, verdict.fresh, turn.now + READ_LEASE,
        request.grant, len(wanted.wraps), keyholder.standing.people[session.person].role,
        verdict.denied,
    )  # fmt: skip
    line = turn.line(
        "release",
        told,
        peer=call.peer,
        session=session,
        chart=wanted.chart,
        sections=released & ~verdict.withheld,
    )
    _write_freezes(turn, call, verdict)
    return Opening(
        keyholder, line, wanted, headers, wrapped, spared=spared, withheld=verdict.withheld
    )


class Opening:
    """A chart's wraps, to be opened when the turn is durable."""

    def __init__(
        self,
        keyholder: Keyholder,
        line: int,
        wanted: protocol.ChartWraps,
        headers: list[WrapHeader],
        wrapped: dict[int, bytes],
        *,
        error: ChartkeepError | None = None,
        spared: bool = False,
        withheld: int = 0,
    ) -> None:
        self._keyholder = keyholder
        self._line = line
        self._wanted = wanted
        self._headers = headers
        self._wrapped = wrapped
        self._error = error
        self._spared = spared
        self._withheld = withheld

    def __call__(self) -> protocol.OpenedChart:
        """Open the wraps; one that was changed gives no key, and the others open."""
        try:
            if self._error is not None:
                raise self._error
            self._keyholder.check_guarded(spared=self._spared)
            keys = self._unwrap()
        except ChartkeepError as error:
            return _refusal(self._line, error)
        return protocol.OpenedChart(self._line, keys, "", "", "", self._withheld)

    def _unwrap(self) -> list[bytes]:
        ring, chart = self._keyholder.ring, self._wanted.chart
        chart_keys = {at: ring.open_chart(chart, raw) for at, raw in self._wrapped.items()}
        keys = []
        for header, wrap in zip(self._headers, self._wanted.wraps, strict=True):
            chart_key = chart_keys.get(header.generation)
            if self._withheld >> header.section & 1:
                chart_key = None
            try:
                keys.append(unwrap_secret(wrap, chart_key) if chart_key else b"")
            except SealBrokenError:
                keys.append(b"")
        return keys


def seal_keys(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Make fresh keys for one writer instance and one write lease."""
    request: protocol.SealKeys = call.request
    own = all(_is_notes(keyholder, want) for want in request.wants)
    check_ability(keyholder, call, Ability.SEAL, *([Ability.NOTE] if own else []))
    check_worker(keyholder, turn, call)
    keyholder.check_guarded(spared=False)
    for want in request.wants:
        _check_want(keyholder, turn, want)
    lease_end = Millis(turn.now + WRITE_LEASE)
    first = turn.first + len(turn.lines)
    made: list[tuple[WrapHeader, SectionKey, ChartKey]] = []
    for want in request.wants:
        key = _writing_key(keyholder, turn, want)
        turn.line(
            "seal_key",
            details.Sealed(lease_end, want.new),
            peer=call.peer,
            chart=want.chart,
            sections=mask(*map(Section, want.sections)),
        )
        for section in want.sections:
            fresh = fresh_section_key()
            header = WrapHeader(
                keyholder.name.id, ChartId(want.chart), key.generation, Section(section),
                fresh.key_id, call.peer.id, lease_end,
            )  # fmt: skip
            made.append((header, fresh, key))

    def after() -> protocol.SealedKeys:
        keyholder.check_guarded(spared=False)
        keys = [
            protocol.SealedKey(h.chart, h.section, k.secret, wrap_section_key(h, k, chart_key))
            for h, k, chart_key in made
        ]
        return protocol.SealedKeys(first, lease_end, keys)

    return after


def _is_notes(keyholder: Keyholder, want: protocol.SealWant) -> bool:
    """Say whether a want is for what the house makes itself, of charts that are there."""
    if want.chart == keyholder.name.id:
        return NOTES.issuperset(want.sections)
    return want.sections == [Section.FINGERPRINTS] and not want.new


def _writing_key(keyholder: Keyholder, turn: Turn, want: protocol.SealWant) -> ChartKey:
    """Find the chart's key, or make the chart: its key is durable before anyone writes."""
    made = turn.charts.get(want.chart)
    if made is not None:
        return made
    if keyholder.ring.has_chart(want.chart):
        key = keyholder.ring.chart_key(want.chart)
        turn.change("touch", want.chart, key.generation, turn.now)
        return key
    key, change = keyholder.ring.new_chart(want.chart, turn.now)
    turn.changes.append(change)
    turn.charts[want.chart] = key
    return key


def _check_want(keyholder: Keyholder, turn: Turn, want: protocol.SealWant) -> None:
    is_facility = want.chart == keyholder.name.id
    allowed = FACILITY_SECTIONS if is_facility else CHART_SECTIONS | {Section.FINGERPRINTS}
    if not set(want.sections) <= allowed or len(set(want.sections)) < len(want.sections):
        raise RefusedError("no such section in this chart", hint="see docs/formats/which-chart.md")
    if want.chart in keyholder.standing.shredded:
        raise RefusedError("this chart was shredded", hint="make a new one for the person")
    known = want.chart in turn.charts or keyholder.ring.has_chart(want.chart)
    if not known and not want.new and not is_facility:
        raise NotFoundError("there is no such chart", hint="load its Patient first")


def _read_wraps(keyholder: Keyholder, wanted: protocol.ChartWraps) -> tuple[list[WrapHeader], int]:
    """Read what the wraps are for; the section comes from the wrap, never from the request."""
    headers = read_wraps(wanted.wraps)
    released = 0
    for header in headers:
        if header.facility != keyholder.name.id or header.chart != wanted.chart:
            raise RefusedError("a wrap belongs to another chart", hint="this was written down")
        if not wanted.sections >> header.section & 1:
            raise RefusedError("a wrap belongs to another section", hint="this was written down")
        if header.section is Section.SAFE and header.key_id != keyholder.standing.safe:
            raise NotAllowedError("two people did not put this into the safe", hint=REKEY)
        released |= 1 << header.section
    return headers, released


def _write_freezes(turn: Turn, call: Asked, verdict: Verdict) -> None:
    if verdict.decoy:
        turn.line("decoy", details.Told("an invented patient's chart was opened"), peer=call.peer)
    for freeze in verdict.freezes:
        turn.freeze(call.peer, freeze)


def _refusal(line: int, error: ChartkeepError) -> protocol.OpenedChart:
    failed = to_failed(error)
    return protocol.OpenedChart(line, [], failed.error, failed.message, failed.hint, 0)
