"""`read_lines`, `open_lines`, `read_tile`, `read_checkpoint`: the ledger, and `ask_decoys`."""

from chartkeep.errors import NotAllowedError, RefusedError
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, session_of
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.sealing.lines import BUNDLE_LINES

MAX_LINES = 4_096


def read_lines(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give sealed lines: without the keys of their bundles they say only when."""
    del turn
    request: protocol.ReadLines = call.request  # its numbers are not below zero
    query = "SELECT time, entry, body FROM line WHERE idx >= ? ORDER BY idx LIMIT ?"
    rows = keyholder.book.rows(query, (request.start, min(request.limit, MAX_LINES)))
    return lambda: protocol.LineList([protocol.SealedLine(*row) for row in rows])


def open_lines(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give an auditor the keys of the lines of a window, widened to what was live at its start."""
    request: protocol.OpenLines = call.request
    session = session_of(keyholder, turn, call)
    if not keyholder.standing.people[session.person].rights.audit:
        raise NotAllowedError("this role does not read the ledger", hint="ask the privacy officer")
    if request.until < request.since:
        raise RefusedError("the window ends before it begins", hint="turn it round")
    until = min(request.until, turn.now)
    told = details.Told("window", until - request.since)
    # One line before the window and one after it show that it has no others; this very line
    # may be the one after.
    first = max(0, keyholder.first_since(request.since - protocol.WIDEN) - 1)
    end = keyholder.first_since(until) + 1
    turn.line("audit", told, peer=call.peer, session=session)
    bundles = range(first // BUNDLE_LINES, -(-end // BUNDLE_LINES))
    keys = [keyholder.ring.lines.bundle(number).secret for number in bundles]
    return lambda: protocol.LineKeys(keyholder.name.origin, until, first, end, keys)


def read_tile(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a tile of the ledger."""
    del turn
    request: protocol.ReadTile = call.request
    hashes = keyholder.read_tile(request.level, request.index, request.width)
    return lambda: protocol.TileHashes(hashes)


def read_checkpoint(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Sign the ledger as it is when this turn is durable, and give what was last cosigned."""
    del turn, call
    verifier = VerifierKey(keyholder.name.origin, LOG_KEY, keyholder.ring.signing.public)

    def after() -> protocol.Head:
        fresh = keyholder.checkpoint().raw().decode()
        return protocol.Head(fresh, verifier.text(), keyholder.cosigned)

    return after


def ask_decoys(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a program on this host the decoys' seed and number, so that they live like others."""
    check_ability(keyholder, call, Ability.HOST)
    turn.line("decoys", details.Told(), peer=call.peer)
    count = len(keyholder.standing.decoys)
    return lambda: protocol.Decoys(keyholder.ring.decoys, count)
