"""The vault's clock, whoever sets the machine's."""

from pathlib import Path

import pytest

from chartkeep.recovery.vault.clock import AWAY, Reading, VaultClock
from tests.store.house import NOW

YEAR = 365 * 86_400_000
MINUTE = 60_000


class Machine:
    """Both clocks of a machine, and a vault on it."""

    def __init__(self, folder: Path) -> None:
        self.wall, self.steady = NOW, 5_000
        self.said: list[str] = []
        self.path = folder / "clock"
        self.start()

    def start(self) -> VaultClock:
        self.clock = VaultClock(
            self.path, lambda: Reading(self.wall, self.steady), self.said.append
        )
        return self.clock

    def read(self) -> Reading:
        return Reading(self.wall, self.steady)

    def go(self, millis: int) -> None:
        self.wall, self.steady = self.wall + millis, self.steady + millis
        self.clock.tick()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_goes_with_the_machine_and_is_believed(machine: Machine) -> None:
    machine.go(10 * MINUTE)
    assert (machine.clock.now(), machine.clock.trusted) == (NOW + 10 * MINUTE, True)


@pytest.mark.attack
@pytest.mark.parametrize("jump", [10 * YEAR, -10 * YEAR, 2 * MINUTE, -2 * MINUTE])
def test_a_jump_moves_nothing_and_is_said_once(machine: Machine, jump: int) -> None:
    machine.wall += jump
    for _ in range(3):
        machine.go(1_000)
    assert machine.clock.now() == NOW + 3_000
    assert not machine.clock.trusted
    assert len(machine.said) == 1
    machine.wall -= jump
    machine.go(1_000)
    assert machine.clock.trusted


@pytest.mark.attack
def test_a_clock_that_creeps_is_not_followed(machine: Machine) -> None:
    for _ in range(100):
        machine.wall += MINUTE - 1_000
        machine.go(1_000)
    assert machine.clock.now() == NOW + 100_000
    assert not machine.clock.trusted


def test_a_short_restart_is_believed(machine: Machine) -> None:
    machine.go(MINUTE)
    machine.wall, machine.steady = machine.wall + 30_000, 0
    assert machine.start().trusted
    assert machine.clock.now() == machine.wall


@pytest.mark.attack
def test_ten_years_ahead_while_it_was_down_are_sixty_days_at_most(machine: Machine) -> None:
    machine.go(MINUTE)
    machine.wall += 10 * YEAR
    clock = machine.start()
    assert (clock.now(), clock.trusted) == (NOW + MINUTE + AWAY, False)
    clock.vouch(NOW + 2 * MINUTE)  # the witness is where it was
    assert not clock.trusted


def test_after_a_long_stop_a_witness_makes_it_believed(machine: Machine) -> None:
    machine.go(MINUTE)
    machine.wall += 3 * 86_400_000
    clock = machine.start()
    assert not clock.trusted
    clock.vouch(machine.wall - 2_000)
    clock.tick()
    assert (clock.trusted, clock.now()) == (True, machine.wall)


@pytest.mark.attack
def test_set_back_while_it_was_down_time_goes_on_from_what_was_seen(machine: Machine) -> None:
    machine.go(MINUTE)
    machine.wall -= YEAR
    clock = machine.start()
    assert (clock.now(), clock.trusted) == (NOW + MINUTE, False)
    assert "set back" in machine.said[0]


def test_a_lost_or_torn_file_is_a_new_start(machine: Machine) -> None:
    machine.path.write_text("17000")
    machine.path.write_bytes(b"\xff")
    assert machine.start().now() == machine.wall
