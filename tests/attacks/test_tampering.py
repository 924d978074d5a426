"""2. Somebody changes, swaps and hides what the store keeps, and a nurse opens the chart."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw
import pytest

from chartkeep.custody.house import House
from chartkeep.custody.release import Look, Opened, release
from chartkeep.errors import DamagedError, RefusedError
from chartkeep.inventor.chance import chance_for
from chartkeep.keyholder.protocol import ChartWraps, OpenKeys
from chartkeep.model import ChartId, Section, to_text
from chartkeep.sealing.entry import read_header
from tests.attacks.house import Founded, found, look, small_hospital, started, write_bundles

pytestmark = pytest.mark.attack
FLIPS = 120
ENTRY, WRAPS = "type = 2", "type IN (1, 7)"


@dataclass
class Ward:
    """A running house with two inpatients, and the store's database in the intruder's hands."""

    desk: House
    store: Path
    look: Look
    anna: ChartId
    budi: ChartId

    def open(self, chart: ChartId) -> Opened:
        return release(chart, self.look, self.desk)

    def rows(self, chart: ChartId, what: str) -> list[tuple[int, bytes]]:
        query = f"SELECT id, object FROM record WHERE chart = ? AND {what} AND section IN (1, 3, 4)"
        return self.edit((query, (chart,)))

    def put(self, *changes: tuple[int, bytes]) -> None:
        """Write objects into their rows, past the store."""
        query = "UPDATE record SET object = ? WHERE id = ?"
        self.edit(*((query, (value, at)) for at, value in changes))

    def edit(self, *statements: tuple[str, tuple[object, ...]]) -> list[tuple[int, bytes]]:
        """Change the database behind the store's back; gives what the last one selected."""
        base = apsw.Connection(str(self.store))
        base.set_busy_timeout(5_000)
        with base:
            found = [base.execute(query, values).fetchall() for query, values in statements]
        base.close()
        return found[-1]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founded]:
    founded = found(tmp_path_factory.mktemp("a"))
    yield founded
    founded.close()


@pytest.fixture(scope="module")
def ward(house: Founded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    bundles = write_bundles(tmp_path_factory.mktemp("b"), small_hospital(2, 0.1))
    with started(house.home):
        charts = house.load(bundles)
        house.admit(charts)
        desk = house.join("desk")
        aiko = look(house.login(desk, "aiko"))
        yield Ward(desk, house.home.root / "store" / "store.db", aiko, charts[0], charts[1])


def image(opened: Opened) -> dict[bytes, bytes]:
    return {bytes(entry.header.entry_id): entry.raw for entry in opened.entries}


def test_a_flipped_byte_of_any_entry_or_wrap_never_opens_as_something_else(
    ward: Ward, record_property: Callable[[str, object], None]
) -> None:
    chance = chance_for(1, "flips")
    whole = image(ward.open(ward.anna))
    entries, wraps = ward.rows(ward.anna, ENTRY), ward.rows(ward.anna, WRAPS)
    named = refused = 0
    for _ in range(FLIPS):
        at, sealed = chance.choice(entries if chance.random() < 0.7 else wraps)
        byte = chance.randrange(len(sealed))
        spoilt = bytearray(sealed)
        spoilt[byte] ^= 1 << chance.randrange(8)
        ward.put((at, bytes(spoilt)))
        try:
            opened = ward.open(ward.anna)
        except (DamagedError, RefusedError):
            refused += 1
        else:
            named += len(opened.damaged) > 0
            assert opened.damaged, f"byte {byte} of row {at} was not missed"
            assert image(opened).items() <= whole.items()
        ward.put((at, sealed))
    record_property("figure", f"{FLIPS} bytes flipped, {named} named, {refused} refused, 0 shown")
    assert named + refused == FLIPS
    assert image(ward.open(ward.anna)) == whole


def test_a_flipped_byte_of_an_entry_is_named_and_the_rest_is_shown(ward: Ward) -> None:
    whole = image(ward.open(ward.anna))
    at, sealed = ward.rows(ward.anna, ENTRY)[-1]
    header = read_header(sealed)
    ward.put((at, sealed[:-1] + bytes([sealed[-1] ^ 1])))
    opened = ward.open(ward.anna)
    ward.put((at, sealed))
    (sentence,) = opened.damaged
    assert to_text(header.entry_id) in sentence
    assert image(opened) == {k: v for k, v in whole.items() if k != header.entry_id}


def test_entries_swapped_between_charts_are_named_in_both(ward: Ward) -> None:
    mine, theirs = ward.rows(ward.anna, ENTRY)[0], ward.rows(ward.budi, ENTRY)[0]
    whole = image(ward.open(ward.anna)), image(ward.open(ward.budi))
    ward.put((mine[0], theirs[1]), (theirs[0], mine[1]))
    opened = ward.open(ward.anna), ward.open(ward.budi)
    ward.put(mine, theirs)
    for one, before, foreign in zip(opened, whole, (theirs, mine), strict=True):
        assert to_text(read_header(foreign[1]).entry_id) in " ".join(one.damaged)
        assert image(one).items() < before.items()


def test_wraps_swapped_between_charts_are_named_and_open_nothing(ward: Ward) -> None:
    mine, theirs = ward.rows(ward.anna, WRAPS)[0], ward.rows(ward.budi, WRAPS)[0]
    ward.put((mine[0], theirs[1]), (theirs[0], mine[1]))
    for chart in (ward.anna, ward.budi):
        opened = ward.open(chart)
        assert any("belongs somewhere else" in told for told in opened.damaged)
        assert all(entry.header.chart == chart for entry in opened.entries)
    ward.put(mine, theirs)


def test_a_clinical_wrap_asked_for_as_a_face_is_refused(ward: Ward) -> None:
    found = ward.desk.store.read(ward.anna, [int(Section.CLINICAL)])
    face = ward.look._replace(sections=frozenset({Section.FACE}))
    wanted = ChartWraps(ward.anna, face.mask, found.wraps)
    asked = OpenKeys(face.token, face.purpose, "", b"", [wanted])
    (answer,) = ward.desk.keyholder.open_keys(asked).charts
    assert found.wraps
    assert not answer.keys
    assert "another section" in answer.message


def test_a_chart_named_by_another_charts_id_opens_nothing(ward: Ward) -> None:
    """The store says that Anna's rows are Budi's; both are on the nurse's ward."""
    before = image(ward.open(ward.budi))
    rows = ward.rows(ward.anna, ENTRY)
    move = "UPDATE record SET chart = ? WHERE id = ?"
    ward.edit(*((move, (ward.budi, at)) for at, _ in rows))
    opened = ward.open(ward.budi)
    ward.edit(*((move, (ward.anna, at)) for at, _ in rows))
    moved = [told for told in opened.damaged if "chart it is not of" in told]
    assert len(moved) == len(rows)
    assert image(opened) == before
