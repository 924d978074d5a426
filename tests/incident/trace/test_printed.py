"""Fingerprints speak for the deposit right before them; what none speaks for is opened once."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from chartkeep.custody.deposit import deposit_own
from chartkeep.custody.draft import Draft
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.prints import draft_prints
from chartkeep.errors import RefusedError
from chartkeep.fingerprint.keys import Field
from chartkeep.fingerprint.prints import Gathered, Prints, vouched
from chartkeep.incident.trace.indexing import Indexed, bring_up
from chartkeep.incident.trace.printed import lines_of
from chartkeep.keyholder.protocol import SealWant
from chartkeep.model import ChartId, Millis, Purpose, Section
from tests.custody.test_consent import consent, only, to
from tests.house import CARE, HouseRun, house
from tests.incident.trace.test_indexing import (
    ALL,
    PRINTS,
    granted,
    job,
    person,
    place,
    result,
)

__all__ = ["house"]
NOTHING = Gathered(b"").prints()


@pytest.fixture
def old(house: HouseRun, monkeypatch: pytest.MonkeyPatch) -> ChartId:
    """Send one patient through a program from before there were fingerprints."""
    with monkeypatch.context() as before:
        before.setattr("chartkeep.custody.deposit.prints_of", lambda *_: [])
        return house.send(person(0), result(0)).charts[-1]


def index(house: HouseRun, folder: Path, sections: int = PRINTS) -> Indexed:
    return bring_up(job(house, folder, granted(house, sections=sections)))


def cities(done: Indexed, house: HouseRun, folder: Path, chart: ChartId) -> set[str]:
    """Say under which of two cities the index knows a chart."""
    assert done.index is not None
    number = next(n for n in range(done.index.size) if done.index.chart(n) == chart)
    held = done.index.held(number, place(house, folder).key)
    return {each for each in ("bandung", "bogor") if held.runs(Field.CITY, each)}


def forge(
    prints: Prints, house: HouseRun, chart: ChartId, ago: int, writer: str = "engine"
) -> None:
    """Deposit fingerprints with a stolen program: of any time, claiming what they like."""
    stolen = house.join(writer)
    moment = Millis(house.clock.read().wall - ago)
    deposit_own(draft_prints(prints, f"forged {ago}", moment, stolen), stolen, chart)


def test_what_came_before_is_opened_whole_once(
    house: HouseRun, old: ChartId, tmp_path: Path
) -> None:
    first, second = index(house, tmp_path, ALL), index(house, tmp_path, ALL)
    assert (first.filled, second.filled) == (1, 0)
    assert cities(second, house, tmp_path, old) == {"bandung"}
    folder = tmp_path / "another desk of this house"
    done = index(house, folder)
    assert (done.opened, done.filled, done.bare) == (1, 0, 0)
    assert cities(done, house, folder, old) == {"bandung"}


def test_a_grant_without_identities_says_what_it_leaves_out(
    house: HouseRun, old: ChartId, tmp_path: Path
) -> None:
    for number in (1, 2):
        house.send(person(number))
    done = index(house, tmp_path)
    assert (done.opened, done.bare) == (2, 1)
    done = index(house, tmp_path, ALL)
    assert (done.opened, done.filled) == (1, 1)
    assert cities(done, house, tmp_path, old) == {"bandung"}


def test_a_grant_for_more_opens_no_more(house: HouseRun, tmp_path: Path) -> None:
    house.send(person(0), result(0))
    grant = granted(house, sections=ALL)
    bring_up(job(house, tmp_path, grant))
    lines = [line for line in house.lines() if line.verb == "release" and grant in line.detail]
    assert [line.sections for line in lines] == [PRINTS]


@pytest.mark.attack
def test_a_stolen_writer_hides_nothing_that_it_wrote_before(
    house: HouseRun, old: ChartId, tmp_path: Path
) -> None:
    house.clock.move(seconds=60)
    house.send(person(1))
    forge(NOTHING, house, old, ago=60_000)
    forge(NOTHING, house, old, ago=0)
    done = index(house, tmp_path, ALL)
    assert done.filled == 1
    assert cities(done, house, tmp_path, old) == {"bandung"}


@pytest.mark.attack
@pytest.mark.parametrize("writer", ["engine", "incident"])
def test_nobody_but_a_desk_speaks_for_lines_of_others(
    house: HouseRun, old: ChartId, tmp_path: Path, writer: str
) -> None:
    claimed = replace(NOTHING, covers=sorted(lines_of(old, house.desk)))
    other, vouching = house.send(person(1)).charts[-1], place(house, tmp_path).vouching
    house.send(person(2))
    stolen = b"what nobody has: 32 bytes of it."
    for ago, forged in enumerate(
        (claimed, vouched(claimed, old, stolen), vouched(claimed, other, vouching))
    ):
        forge(forged, house, old, ago, writer)
    done = index(house, tmp_path, ALL)
    assert done.filled == 1
    assert cities(done, house, tmp_path, old) == {"bandung"}


@pytest.mark.attack
def test_what_a_stolen_writer_calls_a_resource_ends_no_index(
    house: HouseRun, old: ChartId, tmp_path: Path
) -> None:
    stolen, time = house.join("engine"), Millis(house.clock.read().wall)
    for kind, raw, section in (
        ("DicomInstance", b"CKI1\x90", Section.IMAGING),
        ("DicomInstance", b"CKI1\xc1", Section.IMAGING),
        ("DicomInstance", b"CKI1\x98" + bytes(8), Section.IMAGING),
        ("Observation", b"[[[", Section.RESULTS),
        ("Encounter", b'{"identifier":7}', Section.CLINICAL),
        ("DocumentReference", b'{"resourceType":"DocumentReference","content":[3]}',
         Section.DOCUMENTS),
    ):  # fmt: skip
        entry = stolen.entry_id("forged", raw.hex())
        content = stolen.content(entry, raw)
        envelope = Envelope("forged", raw.hex())
        deposit_own(Draft(entry, 1, kind, section, envelope, raw, content, time), stolen, old)
    done = index(house, tmp_path, ALL)
    assert (done.filled, done.damaged) == (1, 6)
    assert cities(done, house, tmp_path, old) == {"bandung"}


@pytest.mark.attack
def test_a_stolen_writer_puts_nothing_over_others_fingerprints(
    house: HouseRun, tmp_path: Path
) -> None:
    chart = house.send(person(0)).charts[-1]
    house.send(person(1))
    heads = lines_of(chart, house.desk).values()
    there = next(head for head in heads if head.section is Section.FINGERPRINTS)
    stolen = house.join("incident")
    draft = draft_prints(NOTHING, "over", Millis(house.clock.read().wall), stolen)
    over = draft._replace(entry=there.entry_id, version=2)
    with pytest.raises(RefusedError, match="over another"):
        deposit_own(over, stolen, chart)
    elsewhere = over._replace(section=Section.RESULTS)
    deposit_own(elsewhere, house.join("engine"), chart)
    done = index(house, tmp_path)
    assert (done.opened, done.bare) == (2, 0)
    assert cities(done, house, tmp_path, chart) == {"bandung"}


@pytest.mark.attack
def test_nobody_opens_them_without_two_people(house: HouseRun) -> None:
    chart = house.send(person(0)).charts[-1]
    house.admit(chart)
    prints = frozenset({Section.FINGERPRINTS})
    for name in ("aiko", "carla", "dewi", "hiro"):
        for purpose in (Purpose.TREATMENT, Purpose.BREAK_GLASS, Purpose.AUDIT):
            with pytest.raises(RefusedError):
                house.open(house.login(name), chart, prints, purpose=purpose)
            with pytest.raises(RefusedError):
                house.open(house.login(name), chart, CARE | prints, purpose=purpose)
    assert not any(line.verb == "release" and line.sections & PRINTS for line in house.lines())


@pytest.mark.attack
@pytest.mark.parametrize("denied", ["identity", "results"])
def test_who_denies_what_they_are_made_of_denies_them(
    house: HouseRun, tmp_path: Path, denied: str
) -> None:
    for number in (0, 1):
        house.send(person(number), result(number))
    no = consent(about="Patient/p0", actor=to("carla"), **{"class": only(denied)})
    chart = house.send(no).charts[-1]
    done = index(house, tmp_path)
    assert (done.opened, done.left_out) == (1, 1)
    assert done.index is not None
    assert done.index.chart(0) != chart


@pytest.mark.attack
def test_who_may_only_note_writes_nothing_else_into_a_chart(house: HouseRun) -> None:
    chart = house.send(person(0)).charts[-1]
    noting = house.join("incident").keyholder
    for sections, new in (([2], False), ([2, 8], False), ([8], True), ([8, 16], False)):
        with pytest.raises(RefusedError):
            noting.seal_keys([SealWant(chart, sections, new)])
    with pytest.raises(RefusedError):
        noting.seal_keys([SealWant(bytes(16), [8], new=False)])
    assert noting.seal_keys([SealWant(chart, [8], new=False)]).keys
