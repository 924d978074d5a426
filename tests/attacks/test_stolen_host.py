"""5. A stolen application host: every live session, one simulated hour, and the list afterwards."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from chartkeep.errors import FrozenError
from chartkeep.incident.estimate.estimate import How
from chartkeep.incident.estimate.suspect import Kind as Suspected
from chartkeep.incident.estimate.suspect import Suspect
from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.inventor.site import Person, Role
from chartkeep.keyholder import protocol
from chartkeep.keyholder.budget import HOUR, Kind, Scope
from chartkeep.ledger.line import mask_sections
from chartkeep.model import Purpose, Section
from tests.attacks.house import CARE, TODAY
from tests.attacks.site import Site, chart_of
from tests.incident.estimate.ledgers import asked, told, written

pytestmark = pytest.mark.attack
FIGURE = Callable[[str, object], None]
FACE = frozenset({Section.FACE})
DESK = frozenset({Section.FACE, Section.IDENTITY})
OWN = frozenset({*CARE, Section.IMAGING, Section.DOCUMENTS})
STOLEN, OTHER, THIRD = "desk", "second desk", "third desk"
PATIENTS = 2_000


@pytest.fixture
def figure(record_property: FIGURE) -> Callable[[str], None]:
    return lambda told: record_property("figure", told)


class Intruder:
    """Whoever has the host: every live session on it, and patience."""

    def __init__(self, site: Site, people: Iterable[Person], seed: int) -> None:
        self.site = site
        self.chance = chance_for(seed, "intruder")
        self.sessions = [(one, site.login(one, STOLEN)) for one in people]
        self.charts = sorted(site.charts, key=lambda _: self.chance.random())
        self.refused: list[str] = []

    def work(self, hour: Iterable[int]) -> None:
        """All he can think of, a chart at a time, a second at a time."""
        tries = self._tries()
        for _ in hour:
            self.site.clock.move(seconds=1)
            frozen = self.refused[-1:] == [FrozenError.__name__]
            for token, chart, sections, purpose, reason in islice(tries, 1 if frozen else 4):
                (error,) = self.site.open(STOLEN, token, [chart], sections, purpose, reason)
                self.refused.append(error)

    def _tries(self) -> Iterator[tuple[bytes, bytes, frozenset[Section], Purpose, str]]:
        """First the floor and break-glass, which no ceiling stops; then what is counted."""
        lying = list(self.site.hospital.census.items())
        for one, token in self.sessions:
            for patient, stay in lying:
                if one.role is Role.NURSE and stay.ward.name in one.wards:
                    yield token, chart_of(patient), CARE, Purpose.TREATMENT, ""
        far = iter(self.charts)
        for _ in range(12):
            for one, token in self.sessions:
                if one.role is Role.NURSE:
                    yield token, next(far), OWN, Purpose.BREAK_GLASS, "he cannot breathe"
        clerks = [token for one, token in self.sessions if one.role is Role.CLERK]
        while True:
            for chart in self.charts:
                yield self.chance.choice(clerks), chart, DESK, Purpose.PAYMENT, ""


def on_duty(site: Site, role: Role, wards: int) -> list[Person]:
    """One person of a role on each of some wards."""
    names = [ward.name for ward in site.hospital.wards[:wards]]
    first = {one.wards[0]: one for one in site.hospital.staff if one.role is role and one.wards}
    return [first[name] for name in names]


def census_of(site: Site, people: Iterable[Person]) -> int:
    wards = {ward for one in people for ward in one.wards}
    return sum(stay.ward.name in wards for stay in site.hospital.census.values())


def bound(site: Site, people: list[Person]) -> int:
    """The most that may ever be opened in an hour (DESIGN 4)."""
    ceiling = site.keyholder.standing.spending.ceiling
    return (
        ceiling(Scope.SITE, Kind.CHART, HOUR)
        + ceiling(Scope.SITE, Kind.BREAK_GLASS, HOUR)
        + census_of(site, people)
    )


def opened_charts(site: Site) -> set[bytes]:
    return {chart for chart, section in site.opened.get(STOLEN, set()) if section != Section.FACE}


Robbed = tuple[Site, Intruder, list[Person]]


def rob(folder: Path, decoys: int) -> Robbed:
    """A morning's work, then a stolen hour."""
    site = Site(folder, invent_hospital(7, PATIENTS, TODAY, 0.02), decoys)
    people = on_duty(site, Role.NURSE, 8) + on_duty(site, Role.CLERK, 17)
    site.says_hello(STOLEN)
    site.clock.move(minutes=40)
    site.write(STOLEN, site.charts[:30])
    morning = site.login(people[0], STOLEN)
    for patient in [
        p for p, stay in site.hospital.census.items() if stay.ward.name in people[0].wards
    ]:
        site.open(STOLEN, morning, [chart_of(patient)], FACE)
    site.clock.move(minutes=20)
    intruder = Intruder(site, people, seed=5)
    intruder.work(range(3_600))
    return site, intruder, people


@pytest.fixture(scope="module")
def robbed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Robbed]:
    """No decoys: only the ceilings stand in his way."""
    site, intruder, people = rob(tmp_path_factory.mktemp("robbed"), 0)
    yield site, intruder, people
    site.book.close()


@pytest.fixture(scope="module")
def baited(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Robbed]:
    """Twenty of two thousand charts are nobody's."""
    site, intruder, people = rob(tmp_path_factory.mktemp("baited"), 20)
    yield site, intruder, people
    site.book.close()


def test_every_live_session_of_a_host_opens_no_more_than_the_sites_bound(
    robbed: Robbed, figure: Callable[[str], None]
) -> None:
    site, _, people = robbed
    opened, allowed = len(opened_charts(site)), bound(site, people)
    figure(f"opened {opened:,} of {allowed:,} allowed, of {PATIENTS:,} charts")
    assert census_of(site, people) < opened <= allowed


def test_a_ceiling_freezes_the_host_and_nothing_opens_there_from_then_on(
    robbed: Robbed, figure: Callable[[str], None]
) -> None:
    site, intruder, _ = robbed
    frozen = site.keyholder.standing.frozen["instance", STOLEN]
    last = max(at for at, _ in releases(site, STOLEN))
    figure(f"frozen {frozen - last} ms after the last chart, {len(intruder.refused)} tries")
    assert 0 <= frozen - last <= 1_000
    assert intruder.refused[-1] == FrozenError.__name__


def test_a_decoy_freezes_the_host_within_a_second(
    baited: Robbed, figure: Callable[[str], None]
) -> None:
    site, intruder, _ = baited
    times = releases(site, STOLEN)
    tripped = min(at for at, chart in times if chart in site.invented)
    before = len({chart for at, chart in times if at <= tripped})
    figure(f"frozen after {before} charts, 0 later")
    assert max(at for at, _ in times) - tripped < 1_000
    assert {chart for at, chart in times if at > tripped} == set()
    assert intruder.refused[-1] == FrozenError.__name__


@pytest.mark.parametrize("way", ["robbed", "baited"])
def test_the_exposure_list_is_exactly_what_was_opened_or_written_through(
    way: str, request: pytest.FixtureRequest, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    site, _, _ = request.getfixturevalue(way)
    now = site.clock.at
    stolen = Suspect(Suspected.INSTANCE, STOLEN.encode(), now - HOUR, now + 1)
    found = asked(written(tmp_path, list(site.lines()), saves=1_000), stolen)
    out, through = sections(told(found, How.RELEASED)), sections(told(found, How.WRITTEN))
    figure(f"{len(found):,} charts listed, {len(opened_charts(site) ^ all_but_faces(out))} off")
    assert out == site.opened[STOLEN]
    assert through == site.written[STOLEN]
    assert len(through) == 30 * 6


def sections(masks: dict[bytes, int]) -> set[tuple[bytes, Section]]:
    return {(chart, section) for chart, mask in masks.items() for section in mask_sections(mask)}


def releases(site: Site, instance: str) -> list[tuple[int, bytes]]:
    return [
        (line.time, line.chart)
        for line in site.lines()
        if line.verb == "release" and line.instance == instance
    ]


def all_but_faces(parts: set[tuple[bytes, Section]]) -> set[bytes]:
    return {chart for chart, section in parts if section != Section.FACE}


def test_while_one_host_is_frozen_the_wards_work_on_at_another(
    baited: Robbed, figure: Callable[[str], None]
) -> None:
    site, _, _ = baited
    nurses = {one.wards[0]: one for one in on_duty(site, Role.NURSE, 17)}
    site.clock.move(minutes=5)
    tokens = {ward: site.login(nurse, OTHER) for ward, nurse in nurses.items()}
    lying = list(site.hospital.census.items())[:300]
    errors = [
        error
        for patient, stay in lying
        for error in site.open(OTHER, tokens[stay.ward.name], [chart_of(patient)], CARE)
    ]
    figure(f"{len(lying)} inpatients opened, {sum(map(bool, errors))} refused")
    assert len(lying) == 300
    assert not any(errors)


def test_a_session_taken_to_another_host_opens_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path, invent_hospital(7, 40, TODAY, 0.02))
    nurse = on_duty(site, Role.NURSE, 1)[0]
    token = site.login(nurse, STOLEN)
    wanted = protocol.ChartWraps(site.charts[0], 2, [])
    asked = protocol.OpenKeys(token, Purpose.TREATMENT, "", b"", [wanted])
    (call,) = site.ask(OTHER, asked)
    site.book.close()
    assert call.said.error == "NotAllowedError"


def test_two_decoys_in_an_hour_freeze_the_site_and_the_wards_work_on(tmp_path: Path) -> None:
    site = Site(tmp_path, invent_hospital(7, 400, TODAY, 0.02), decoys=4)
    clerk, nurse = on_duty(site, Role.CLERK, 1)[0], on_duty(site, Role.NURSE, 1)[0]
    errors = []
    for host, chart in zip((STOLEN, OTHER), sorted(site.invented), strict=False):
        site.clock.move(minutes=20)
        errors += site.open(host, site.login(clerk, host), [chart], DESK, Purpose.PAYMENT)
    patient, far = (
        next(chart_of(at) for at, stay in site.hospital.census.items() if mine(stay.ward.name))
        for mine in (nurse.wards.__contains__, lambda ward: ward not in nurse.wards)
    )
    token = site.login(nurse, THIRD)
    errors += site.open(THIRD, token, [patient], CARE)
    errors += site.open(THIRD, token, [far], CARE, Purpose.BREAK_GLASS, "he cannot breathe")
    errors += site.open(THIRD, token, [patient], OWN)
    site.book.close()
    assert ("site", "") in site.keyholder.standing.frozen
    assert errors == ["", "", "", "", "FrozenError"]
