"""`rotate_chart`, `retire_key`, and the keyholder's own rounds: rewrapping, shredding, errands.

A chart's new key is durable before its wraps are given out, and its old one goes only when the
store has shown that no wrap needs it: a liar, or a crash half-way, loses nothing.
"""

from chartkeep.errors import RefusedError, SealBrokenError
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability
from chartkeep.keyholder.verbs.labelling import forget_labels, move_labels
from chartkeep.sealing.wrap import WRITE_LEASE, read_wrap, rewrap_section_key
from chartkeep.wire.frames import Done

REWRAP_PAGE = 250


def rotate_chart(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a chart its next key, or go on with a rotation that has not ended."""
    check_ability(keyholder, call, Ability.HOST)
    keyholder.check_guarded(spared=False)
    request: protocol.RotateChart = call.request
    if request.chart in keyholder.standing.shredded:  # maybe in this very turn
        raise RefusedError("this chart was shredded", hint="nothing of it can be opened")
    old = keyholder.ring.chart_key(request.chart)
    if any(read_wrap(wrap).chart != request.chart for wrap in request.wraps):
        raise RefusedError("a wrap belongs to another chart", hint="this was written down")
    if len(keyholder.ring.wrapped_keys(request.chart)) > 1:
        new = old  # the last rotation has not ended: wraps of leases older than it may have come
    else:
        new, change = keyholder.ring.new_chart(request.chart, turn.now, old.generation + 1)
        turn.changes.append(change)
        move_labels(keyholder, turn, new)
        turn.charts[request.chart] = new  # whoever writes labels later in this turn needs it
    turn.line("rotate", details.Told("", new.generation), peer=call.peer, chart=request.chart)

    def after() -> protocol.Rotated:
        keyholder.check_guarded(spared=False)
        ring = keyholder.ring
        wraps = [
            rewrap_section_key(wrap, ring.chart_key_of(request.chart, at), new)
            for wrap in request.wraps
            if (at := read_wrap(wrap).generation) != new.generation
        ]
        return protocol.Rotated(new.generation, wraps)

    return after


def retire_key(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Note that old keys of a chart may go; the keyholder asks the store itself before they do.

    A wrap under an old key may reach the store until the write lease it was made for has ended.
    """
    check_ability(keyholder, call, Ability.HOST)
    request: protocol.RetireKey = call.request
    newest = keyholder.ring.chart_key(request.chart).generation
    query = "SELECT max(touched) FROM chart_key WHERE chart = ? AND generation < ?"
    touched = keyholder.book.value(query, (request.chart, request.generation)) or 0
    if request.generation > newest or touched > turn.now - WRITE_LEASE:
        raise RefusedError("these keys may still be needed", hint="retire them in an hour")
    turn.change("errand", "retire", request.chart, request.generation.to_bytes(4, "big"))
    return Done


def note_backup(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Write down that a sealed backup was made and lies where it belongs."""
    check_ability(keyholder, call, Ability.HOST)
    turn.line("backup", details.Told(), peer=call.peer)
    turn.change("mark", "backup", turn.now)
    return Done


def check_retirable(wraps: list[bytes], chart: bytes, generation: int) -> None:
    """Refuse to retire keys some wrap still needs."""
    for wrap in wraps:
        header = read_wrap(wrap)
        if header.chart != chart or header.generation < generation:
            raise SealBrokenError("a wrap still needs the old chart key")


def rewrap_round(keyholder: Keyholder, turn: Turn, after: bytes) -> bytes:
    """Move one page of chart keys to the newest key-encryption key; gives where to go on."""
    changes, last = keyholder.ring.rewrap_page(after, REWRAP_PAGE)
    turn.changes += changes
    return last


def shred_round(keyholder: Keyholder, turn: Turn) -> bool:
    """Shred what is due: the key and the label list go, a line and an errand stay."""
    due = [c for c, at in keyholder.standing.shredding.items() if at <= turn.now]
    for chart in due:
        shred_chart(keyholder, turn, chart)
        turn.change("errand", "shred", chart, b"")
    return bool(due)


def shred_chart(keyholder: Keyholder, turn: Turn, chart: bytes) -> None:
    """Delete a chart's key, with its line, and its labels."""
    forget_labels(keyholder, turn, chart)
    turn.line("shredded", details.Told(), chart=chart)
    turn.change("shred", chart)
