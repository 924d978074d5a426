"""Refusals: each is a line, but nobody can fill the disk by asking for what is refused.

Promises that at most 300 a minute of one instance are listed and that the rest are counted in an
`alarm`; the counts begin anew at a start. It decides nothing.
"""

from chartkeep.errors import ChartkeepError, NotAllowedError, UnavailableError
from chartkeep.keyholder import details
from chartkeep.keyholder.asking import CeilingError
from chartkeep.keyholder.budget import Window
from chartkeep.keyholder.decide import MAX_REASON, Ask
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.turn import Turn
from chartkeep.sealing.keyed import token_hash
from chartkeep.wire.frames import Message, Peer

MOST_REFUSALS = 300
MINUTE = 60_000
NOT_LISTED = -1
WIRE = "wire"
"""One count for all who are not proved: claimed names must not each have their own."""


def ours(error: Exception) -> ChartkeepError:
    """Turn what nobody foresaw into an error of ours that shows nothing of the request."""
    if isinstance(error, ChartkeepError):
        return error
    name = type(error).__name__
    return UnavailableError(f"the keyholder failed at this: {name}", hint="report it to us")


class Refusals:
    """Writes refusals down, and counts those it does not list."""

    def __init__(self) -> None:
        self._windows: dict[str, Window] = {}
        self._unlisted: dict[str, int] = {}

    def note(
        self, turn: Turn, peer: Peer, request: Message, error: Exception, ask: Ask | None = None
    ) -> int:
        """Write a refused request, or chart, down; gives its line, `NOT_LISTED` without one.

        A ceiling that was reached freezes what it names.
        """
        session = ask.session if ask else _session_of(turn, peer, request)
        told = details.Refused(
            type(request).__name__, type(error).__name__, str(ours(error)),
            ask.reason[:MAX_REASON] if ask else "",
            turn.standing.people[session.person].role if session else "",
        )  # fmt: skip
        line = NOT_LISTED
        if self._is_listed(peer.instance, turn.now):
            line = turn.line(
                "refuse", told, peer=peer,
                session=session,
                chart=ask.chart if ask else b"",
                sections=ask.sections if ask else 0,
            )  # fmt: skip
        if isinstance(error, CeilingError):
            turn.freeze(peer, error.freezes)
        return line

    def note_wire(self, turn: Turn, instance: str, what: str) -> None:
        """Write down what a connection did that no request of ours does."""
        told = details.Refused(WIRE, "NotAllowedError", f"{instance}: {what}")
        if self._is_listed(WIRE, turn.now):
            turn.line("refuse", told)

    def note_unlisted(self, turn: Turn) -> None:
        """Write down how many refusals were counted and not listed."""
        for instance, count in self._unlisted.items():
            turn.line("alarm", details.Told(f"{instance}: refusals not listed singly", count))
        self._unlisted.clear()

    def _is_listed(self, instance: str, now: int) -> bool:
        window = self._windows.setdefault(instance, Window(MINUTE))
        window.add(now, 1)
        listed = window.used(now) <= MOST_REFUSALS
        if not listed:
            self._unlisted[instance] = self._unlisted.get(instance, 0) + 1
        return listed


def _session_of(turn: Turn, peer: Peer, request: Message) -> Session | None:
    """Find whose request was refused: a live session of the instance that asked, or nobody's."""
    token = getattr(request, "token", None)
    if not token:
        return None
    try:
        return turn.standing.session(token_hash(token), peer.instance, turn.now)
    except NotAllowedError:
        return None
