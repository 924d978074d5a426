"""The witness over its wire: what it remembers, and what its clients believe."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import apsw
import pytest

from chartkeep.errors import LedgerBrokenError, NotAllowedError, UnavailableError
from chartkeep.ledger.checkpoint import open_checkpoint
from chartkeep.ledger.note import WITNESS_KEY, VerifierKey
from chartkeep.sealing.signing import SigningKey
from chartkeep.witness.client import StaleSizeError, Witness
from chartkeep.witness.rules import Request
from chartkeep.witness.server import WitnessServer

from .conftest import LOG_KEYS, NOON, ORIGIN, GrowingLog, client_of

HONEST, OTHER = GrowingLog(), GrowingLog(b"x")


def post(server: WitnessServer, path: str, body: bytes, **headers: str) -> tuple[int, str, bytes]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    answer = response.status, response.getheader("Content-Type", ""), response.read()
    connection.close()
    return answer


def test_a_cosigned_checkpoint_opens_with_both_keys(
    server: WitnessServer, witness: Witness
) -> None:
    cosigned = witness.add_checkpoint(0, [], HONEST.signed(5, epoch=2))
    opened = open_checkpoint(cosigned.raw(), LOG_KEYS[ORIGIN][0], [server.key])
    assert opened.witnessed == {server.key.name: NOON}
    assert (opened.checkpoint.size, opened.checkpoint.epoch) == (5, 2)


def test_it_tells_what_it_saw_last(witness: Witness) -> None:
    assert witness.latest(ORIGIN).checkpoint.size == 0
    witness.add_checkpoint(0, [], HONEST.signed(5))
    witness.add_checkpoint(5, HONEST.proof(5, 9), HONEST.signed(9))
    assert witness.latest(ORIGIN, not_before=NOON).checkpoint.text() == HONEST.signed(9).text


@pytest.mark.attack
def test_it_remembers_across_a_restart(start: Callable[[], WitnessServer]) -> None:
    first = start()
    client_of(first).add_checkpoint(0, [], HONEST.signed(9))
    first.shutdown()
    second = start()
    assert second.key == first.key
    assert client_of(second).latest(ORIGIN).checkpoint.size == 9
    with pytest.raises(LedgerBrokenError, match="saw 9 lines, we have 5"):
        client_of(second).add_checkpoint(0, [], HONEST.signed(5))


@pytest.mark.attack
def test_nothing_is_cosigned_that_was_not_written_down(
    server: WitnessServer, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    server._memory._db.execute("pragma query_only = on")
    with pytest.raises(UnavailableError, match="503"):
        witness.add_checkpoint(0, [], HONEST.signed(5))
    assert witness.latest(ORIGIN).checkpoint.size == 0


def test_its_memory_is_written_with_a_full_sync(server: WitnessServer) -> None:
    assert server._memory._db.execute("pragma synchronous").get == 3
    assert isinstance(server._memory._db, apsw.Connection)


@pytest.mark.attack
def test_a_client_learns_of_a_rollback_and_of_a_fork(witness: Witness) -> None:
    witness.add_checkpoint(0, [], HONEST.signed(9))
    with pytest.raises(LedgerBrokenError, match="saw 9 lines, we have 7"):
        witness.add_checkpoint(5, HONEST.proof(5, 7), HONEST.signed(7))
    with pytest.raises(LedgerBrokenError, match="forked"):
        witness.add_checkpoint(9, [], OTHER.signed(9))
    with pytest.raises(LedgerBrokenError, match="another history"):
        witness.add_checkpoint(9, OTHER.proof(9, 12), OTHER.signed(12))


def test_a_client_that_lags_is_told_from_where_to_prove(witness: Witness) -> None:
    witness.add_checkpoint(0, [], HONEST.signed(9))
    with pytest.raises(StaleSizeError) as caught:
        witness.add_checkpoint(5, HONEST.proof(5, 12), HONEST.signed(12))
    assert caught.value.size == 9


@pytest.mark.attack
def test_a_superseded_epoch_is_not_cosigned(witness: Witness) -> None:
    witness.add_checkpoint(0, [], HONEST.signed(5, epoch=2))
    with pytest.raises(NotAllowedError):
        witness.add_checkpoint(5, HONEST.proof(5, 9), HONEST.signed(9, epoch=1))


def test_it_does_not_speak_of_logs_it_does_not_know(witness: Witness) -> None:
    with pytest.raises(NotAllowedError):
        witness.latest("other.example/log")


@pytest.mark.attack
def test_of_two_forks_sent_at_once_one_is_cosigned(server: WitnessServer) -> None:
    def send(log: GrowingLog) -> bool:
        try:
            client_of(server).add_checkpoint(0, [], log.signed(5))
        except (LedgerBrokenError, StaleSizeError):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, [GrowingLog(bytes([tag])) for tag in range(8)])) == 1


@pytest.mark.attack
def test_a_client_believes_no_other_witness(server: WitnessServer) -> None:
    stranger = VerifierKey(server.key.name, WITNESS_KEY, SigningKey.generate().public)
    deceived = Witness(f"http://127.0.0.1:{server.server_port}", stranger, timeout=30)
    with pytest.raises(LedgerBrokenError):
        deceived.add_checkpoint(0, [], HONEST.signed(5))
    with pytest.raises(LedgerBrokenError):
        deceived.latest(ORIGIN)


@pytest.mark.attack
def test_a_replayed_answer_is_too_old(witness: Witness) -> None:
    with pytest.raises(LedgerBrokenError):
        witness.latest(ORIGIN, not_before=NOON + 1)


@pytest.mark.attack
def test_a_witness_that_hangs_is_only_unavailable(server: WitnessServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UnavailableError):
            Witness(url, server.key, timeout=0.05).add_checkpoint(0, [], HONEST.signed(5))


def test_it_answers_on_the_wire_as_the_standard_says(server: WitnessServer) -> None:
    first = Request(0, (), HONEST.signed(5).raw()).raw()
    status, _, body = post(server, "/add-checkpoint", first)
    assert (status, body[:4]) == (200, "— ".encode())
    assert post(server, "/add-checkpoint", first) == (409, "text/x.tlog.size", b"5\n")
    assert post(server, "/elsewhere", first)[0] == 404
    assert post(server, "/add-checkpoint", b"nonsense")[0] == 400


@pytest.mark.attack
@pytest.mark.parametrize("length", ["65537", "999999999999999999999", "-1", "²"])
def test_it_reads_nothing_that_is_too_long(server: WitnessServer, length: str) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as line:
        line.sendall(f"POST /add-checkpoint HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode())
        status = line.recv(100).split(b" ")[1]
    assert status in {b"411", b"413"}
