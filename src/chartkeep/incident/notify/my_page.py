"""A person's own page: what of theirs is concerned, for whoever the door has let in as them.

Opens nothing of the chart. A look at it is a line of the register before anything is shown, and a
letter whose reader saw the page is received.
"""

from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.letter import Occasion
from chartkeep.incident.notify.register import Called, Outcome, Register
from chartkeep.incident.notify.telling import Telling, tell_rows
from chartkeep.model import ChartId


def my_page(
    chart: ChartId, session: str, register: Register, occasion: Occasion, language: str = ""
) -> Telling:
    """Show a person their page; `session`: the one the door knows them by, in hex.

    The door answers for who it is: it has the chart from its own session, never from what was sent.
    """
    register.refresh()
    code = register.by_chart.get(chart, "")
    register.note(Called(Outcome.OWN_PAGE, b"", "", session, code))
    rows = [register.rows[code]] if code else []
    telling = tell_rows(rows, register, occasion, language)
    register.reach(rows, State.RECEIVED, "seen on their own page")
    return telling
