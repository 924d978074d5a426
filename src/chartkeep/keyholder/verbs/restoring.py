"""`ask_beds`, `ask_keyless`, `ask_written`: what a restore asks, of a program on this host only.

They name charts and open none. Each is a line: whoever asks learns who lies where, which charts
nobody can open any more, or who was written to.
"""

from collections.abc import Iterator

from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.standing import Standing
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import Line
from chartkeep.sealing.lines import BUNDLE_LINES, open_body

WRITTEN = ("seal_key", "labels")
"""The lines without which nothing new comes into a chart, or is found in it."""


def ask_beds(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Name the charts that have a bed now, ward by ward: a restore brings these back first."""
    check_ability(keyholder, call, Ability.HOST)
    turn.line("beds", details.Told(), peer=call.peer)
    found = list_beds(keyholder.standing)
    return lambda: protocol.Beds(found)


def list_beds(standing: Standing) -> list[protocol.Bed]:
    """List who has a bed, by ward and bed."""
    lying = [
        (ward, standing.places[chart][1], chart)
        for ward, charts in standing.census.items()
        for chart in charts
    ]
    return [protocol.Bed(chart, ward, bed) for ward, bed, chart in sorted(lying)]


def ask_keyless(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Tell which of these charts have no key here: shredded, or made after this book's backup."""
    check_ability(keyholder, call, Ability.HOST)
    turn.line("keyless", details.Told(), peer=call.peer)
    request: protocol.AskKeyless = call.request
    found = [chart for chart in request.charts if not keyholder.ring.has_chart(chart)]
    return lambda: protocol.ChartList(found)


def ask_written(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Name the charts that keys or labels went out for since a time, each once."""
    check_ability(keyholder, call, Ability.HOST)
    turn.line("written", details.Told(), peer=call.peer)
    found = charts_written(keyholder, call.request.since)
    return lambda: protocol.ChartList(found)


def charts_written(keyholder: Keyholder, since: int) -> list[bytes]:
    """List the charts that keys or labels went out for since a time, each once."""
    lines = lines_since(keyholder, since)
    return list(dict.fromkeys(line.chart for line in lines if line.verb in WRITTEN))


def lines_since(keyholder: Keyholder, since: int) -> Iterator[Line]:
    """Open the lines at or after a time, for the keyholder's own eyes."""
    query = "SELECT idx, body FROM line WHERE idx >= ? ORDER BY idx"
    for index, sealed in keyholder.book.scan(query, (keyholder.first_since(since),)):
        key = keyholder.ring.lines.bundle(index // BUNDLE_LINES)
        yield Whole.parse(open_body(key, index, sealed)).line
