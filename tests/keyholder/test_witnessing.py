"""A rolled-back disk is not served; a witness that is silent stops nobody's care."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from chartkeep.errors import LedgerBrokenError, NotAllowedError, RefusedError, UnavailableError
from chartkeep.keyholder import actions
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.founding import found_keyholder, open_keyholder
from chartkeep.keyholder.protocol import Login
from chartkeep.keyholder.service import KeyholderService
from chartkeep.keyholder.witnessing import Witnessing, check_seen, check_start, recover
from chartkeep.ledger.checkpoint import Checkpoint, Opened
from chartkeep.ledger.note import LOG_KEY, Note, VerifierKey
from chartkeep.model import Millis
from chartkeep.wire.server import Listener
from chartkeep.witness.client import Witness
from chartkeep.witness.server import make_server
from tests import cast
from tests.conftest import KeyholderRun
from tests.keyholder.pair import wait_for
from tests.keyholder.test_opening import a_chart, opened


class CutWitness:
    """A witness behind a cable that can be cut."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self.is_cut = False

    def latest(self, origin: str, not_before: int = 0) -> Opened:
        self._pass()
        return self._witness.latest(origin, not_before)

    def add_checkpoint(self, old_size: int, proof: list[bytes], signed: Note) -> Note:
        self._pass()
        return self._witness.add_checkpoint(old_size, proof, signed)

    def _pass(self) -> None:
        if self.is_cut:
            raise UnavailableError("the witness does not answer")


class WitnessedRun(KeyholderRun):
    """A keyholder with a real witness behind a cable."""

    running = False

    def __init__(self, folder: Path, clock: cast.FakeClock, stack: ExitStack) -> None:
        self._stack = stack
        folder.mkdir()
        book = Book(folder / "keyholder.db")
        founded = found_keyholder(book, cast.FACILITY, cast.KEK, clock.read, cast.founders())
        key = VerifierKey(cast.FACILITY.origin, LOG_KEY, founded.ring.signing.public)
        book.close()
        self.witness = self._serve_witness(folder.with_name("witness"), clock, key)
        super().__init__(folder, clock)

    def _serve_witness(self, folder: Path, clock: cast.FakeClock, key: VerifierKey) -> CutWitness:
        log_keys, name = {cast.FACILITY.origin: [key]}, "witness.example"
        server = make_server(folder, ("127.0.0.1", 0), log_keys, lambda: Millis(clock.at), name)
        self._stack.enter_context(server)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self._stack.callback(thread.join)
        self._stack.callback(server.shutdown)
        return CutWitness(Witness(f"http://127.0.0.1:{server.server_port}", server.key, timeout=30))

    def opened_with(self, check: object) -> Keyholder:
        """Open the book with a check before its first line."""
        self.book = Book(self.folder / "keyholder.db")
        try:
            return open_keyholder(
                self.book,
                cast.FACILITY,
                cast.KEK,
                self.clock.read,
                check=check,  # type: ignore[arg-type]
            )
        except BaseException:
            self.book.close()
            raise

    def start(self) -> None:
        self.keyholder = self.opened_with(lambda keyholder: check_start(keyholder, self.witness))
        self.service = KeyholderService(
            self.keyholder, self.clock.wall, stop=lambda: self.stopped.append("stopped")
        )
        self.listener = Listener(self.service, f"unix:{self._socket}")
        self.listener.start()
        self.witnessing = Witnessing(self.keyholder, self.service.inner, self.witness)
        self.running = True

    def stop(self) -> None:
        if self.running:
            self.witnessing.close()
            super().stop()
        self.running = False

    def cosigned(self) -> None:
        """Wait until the witness saw every line."""
        wait_for(lambda: self.keyholder.witnessed == self.keyholder.tree.size)

    def roll_back(self, charts: int = 3) -> None:
        """Copy the disk, go on for some lines the witness sees, and put the copy back."""
        self.cosigned()
        self.stop()
        early = self.folder.with_name("early")
        shutil.copytree(self.folder, early, ignore=shutil.ignore_patterns("*.sock"))
        self.start()
        for _ in range(charts):
            a_chart(self, "3W", "12")
        self.cosigned()
        self.stop()
        shutil.rmtree(self.folder)
        early.rename(self.folder)


@pytest.fixture
def keyholder(tmp_path: Path, clock: cast.FakeClock) -> Iterator[WitnessedRun]:
    with ExitStack() as stack:
        running = WitnessedRun(tmp_path / "keyholder", clock, stack)
        yield running
        running.stop()


def two_logins(keyholder: KeyholderRun, first: str, second: str) -> tuple[Login, Login]:
    keyholder.clock.move(seconds=60)
    return (
        Login(first, cast.PASSWORD, keyholder.clock.code(first)),
        Login(second, cast.PASSWORD, keyholder.clock.code(second)),
    )


def test_the_witness_sees_every_line_within_seconds(keyholder: WitnessedRun) -> None:
    a_chart(keyholder)
    keyholder.cosigned()
    head = keyholder.client().checkpoint()
    assert cast.FACILITY.origin in head.cosigned
    assert "witness.example" in head.cosigned


@pytest.mark.attack
def test_a_rolled_back_disk_is_refused(keyholder: WitnessedRun) -> None:
    keyholder.roll_back()
    with pytest.raises(LedgerBrokenError, match="the witness saw"):
        keyholder.start()


@pytest.mark.attack
def test_a_rolled_back_disk_that_grew_past_what_the_witness_saw_is_refused(
    keyholder: WitnessedRun,
) -> None:
    keyholder.roll_back()
    alone = KeyholderRun(keyholder.folder, keyholder.clock)
    for _ in range(12):
        a_chart(alone)
    alone.stop()
    with pytest.raises(LedgerBrokenError, match="another ledger"):
        keyholder.start()


@pytest.mark.attack
def test_cut_off_from_the_witness_a_rolled_back_disk_opens_only_the_floor_and_broken_glass(
    keyholder: WitnessedRun,
) -> None:
    inpatient, other = a_chart(keyholder, "3W", "12"), a_chart(keyholder, "3W")
    aiko = keyholder.login("aiko")
    keyholder.roll_back()
    keyholder.witness.is_cut = True
    keyholder.start()
    desk = keyholder.client()
    assert opened(desk, aiko, inpatient).error == ""
    assert opened(desk, aiko, other, "BTG").error == ""
    assert opened(desk, aiko, other).error == "UnavailableError"
    keyholder.witness.is_cut = False
    wait_for(lambda: keyholder.stopped)


def test_the_witness_answers_late_and_everything_opens_again(keyholder: WitnessedRun) -> None:
    other, aiko = a_chart(keyholder, "3W"), keyholder.login("aiko")
    keyholder.stop()
    keyholder.witness.is_cut = True
    keyholder.start()
    assert opened(keyholder.client(), aiko, other).error == "UnavailableError"
    keyholder.witness.is_cut = False
    wait_for(lambda: not keyholder.keyholder.start_refused)
    assert opened(keyholder.client(), aiko, other).error == ""


def test_two_people_accept_the_head_the_status_prints(keyholder: WitnessedRun) -> None:
    other, aiko = a_chart(keyholder, "3W"), keyholder.login("aiko")
    keyholder.stop()
    keyholder.witness.is_cut = True
    keyholder.start()
    client = keyholder.client()
    assert any("has not answered since start, at head" in told for told in client.status().red)
    head = actions.AcceptHead(keyholder.keyholder.start_head)
    erik, fumi = keyholder.login("erik"), keyholder.login("fumi")
    client.approve(fumi, client.act(erik, head).proposal)
    assert opened(client, aiko, other).error == ""


def test_a_witness_that_hangs_while_running_stops_nothing(keyholder: WitnessedRun) -> None:
    other, aiko = a_chart(keyholder, "3W"), keyholder.login("aiko")
    keyholder.cosigned()
    keyholder.witness.is_cut = True
    assert opened(keyholder.client(), aiko, other).error == ""
    keyholder.clock.move(minutes=2)
    a_chart(keyholder)
    wait_for(lambda: "has not answered for" in keyholder.keyholder.witness_trouble)


@pytest.mark.attack
def test_two_people_recover_and_the_gap_spends_every_budget_and_stays_in_sight(
    keyholder: WitnessedRun,
) -> None:
    inpatient, other = a_chart(keyholder, "3W", "12"), a_chart(keyholder, "3W")
    aiko = keyholder.login("aiko")
    keyholder.roll_back()
    people = two_logins(keyholder, "erik", "fumi")
    keyholder.opened_with(lambda found: recover(found, keyholder.witness, people)).book.close()
    keyholder.start()
    (gap,) = keyholder.keyholder.standing.gaps
    assert gap.last > gap.first > 0
    assert opened(keyholder.client(), aiko, other).error == "OverBudgetError"
    assert opened(keyholder.client(), aiko, inpatient).error == ""
    assert any("1 gaps" in sentence for sentence in keyholder.client().status().red)


@pytest.mark.attack
def test_one_person_twice_or_a_nurse_does_not_recover(keyholder: WitnessedRun) -> None:
    keyholder.roll_back()
    for pair in (("erik", "erik"), ("erik", "aiko"), ("nobody", "erik")):
        people = two_logins(keyholder, *pair)
        with pytest.raises(NotAllowedError):
            keyholder.opened_with(lambda found, who=people: recover(found, keyholder.witness, who))


def test_there_is_nothing_to_recover_in_a_ledger_the_witness_knows(
    keyholder: WitnessedRun,
) -> None:
    a_chart(keyholder)
    keyholder.cosigned()
    keyholder.stop()
    people = two_logins(keyholder, "erik", "fumi")
    with pytest.raises(RefusedError, match="does not contradict"):
        keyholder.opened_with(lambda found: recover(found, keyholder.witness, people))


@pytest.mark.attack
def test_a_keyholder_that_another_replaced_is_not_served(keyholder: WitnessedRun) -> None:
    later = Checkpoint.at(cast.FACILITY.origin, 0, bytes(32), epoch=2)
    with pytest.raises(LedgerBrokenError, match="took over at epoch 2"):
        check_seen(keyholder.keyholder, later)
