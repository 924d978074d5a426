"""A desk whose index a grant of two people opens, in a house that runs."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chartkeep.cli.incident.options import open_site
from chartkeep.custody.house import House
from chartkeep.fingerprint.person import Reading
from chartkeep.incident.desk import Desk
from chartkeep.incident.trace import keeping
from chartkeep.incident.trace.at_desk import Warrant, fresh_half, open_place
from chartkeep.incident.trace.building import Builder
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Purpose, Section
from chartkeep.wiring.joining import join
from chartkeep.wiring.rehearsal import log_in
from chartkeep.wiring.running import now
from tests.cli.conftest import Command, Founded
from tests.cli.incident.test_exposure import asking, sessions
from tests.incident.trace.people import ADMITTED

__all__ = ["asking", "begun", "granted", "officers", "sessions"]
HOUR = 3_600_000


@contextmanager
def joined(house: Founded, instance: str) -> Iterator[House]:
    found = join(house.home, instance)
    try:
        yield found
    finally:
        found.keyholder.close()
        found.store.close()


@pytest.fixture(scope="module")
def officers(open_house: Founded) -> list[bytes]:
    """Two officers log in once: one proposes, the other approves."""
    with joined(open_house, "desk") as desk:
        return [log_in(desk, open_house.people[name])[1] for name in ("gita", "mei")]


@pytest.fixture
def granted(
    asking: Command, open_house: Founded, officers: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> bytes:
    """A grant for dewi that opens the safe and nobody's chart; CHARTKEEP_GRANT names it."""
    wanted = actions.Grant("dewi", 1, mask(Section.SAFE), now() + HOUR, Purpose.AUDIT)
    with joined(open_house, "desk") as desk, joined(open_house, "incident") as writer:
        filled = bool(desk.keyholder.status().safe)  # the house is the module's
        for act in (wanted,) if filled else (actions.SetSafe(fresh_half(writer)), wanted):
            proposal = desk.keyholder.act(officers[0], act).proposal
            desk.keyholder.approve(officers[1], proposal)
    monkeypatch.setenv("CHARTKEEP_GRANT", proposal.hex())
    return proposal


@pytest.fixture
def begun(asking: Command, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case at that desk; CHARTKEEP_CASE names it."""
    ident = asking("incident", "new", "The export of May", "--in", "JP").out.strip()
    monkeypatch.setenv("CHARTKEEP_CASE", ident)
    return ident


def keep_index(
    desk: Path, house: Founded, grant: bytes, people: Iterable[tuple[ChartId, Reading]]
) -> None:
    """Keep an index of these people, as `incident index` would of their charts."""
    site = open_site(house.home.root)
    place = open_place(Desk.open(desk), Warrant(site.token, grant, site.house))
    site.house.keyholder.close()
    site.house.store.close()
    builder = Builder(place.key)
    for chart, reading in people:
        builder.add(chart, [(ADMITTED, reading)])
    keeping.keep(builder.finish(), place.folder, place.secret)
