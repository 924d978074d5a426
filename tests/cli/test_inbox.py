"""The registrar's commands over a real house and a real feed's road."""

from collections.abc import Iterator

import orjson
import pytest

from chartkeep.custody.house import House
from chartkeep.intake.hl7.reading import read_header
from chartkeep.intake.hl7.taking import Taker
from chartkeep.wiring.feeds import read_feeds
from chartkeep.wiring.intaking import mllp_sender
from chartkeep.wiring.joining import join
from tests.cli.conftest import Command, Founded, log_in

FEEDS = {
    "issuers": {"MINATO": "http://minato.example/mrn"},
    "mllp": [{"name": "lab", "port": 2575, "from": ["127.0.0.1"], "issuer": "MINATO"}],
}


def message(event: str, ident: str, name: str, *more: str, number: str = "4711") -> bytes:
    lines = (
        f"MSH|^~\\&|LAB|MINATO|CK|MINATO|20261122083000||{event}|{ident}|P|2.5.1",
        f"PID|1||{number}^^^MINATO^MR||{name}||19560803|F",
        *more,
    )
    return "\r".join((*lines, "")).encode()


def admit(name: str, ident: str, number: str = "4711") -> bytes:
    return message("ADT^A04^ADT_A01", ident, name, "PV1|1|O", number=number)


def result(name: str, ident: str, number: str = "4711") -> bytes:
    rows = (
        "OBR|1||L1|2345-7^Glucose^LN|||20261122080000",
        "OBX|1|NM|2345-7^Glucose^LN||5.4|mmol/L|||||F",
    )
    return message("ORU^R01^ORU_R01", ident, name, *rows, number=number)


class Feed:
    """The laboratory's feed."""

    def __init__(self, house: House, made: Founded) -> None:
        self._taker = Taker(house)
        feeds = read_feeds(made.home.root)
        self._sender = mllp_sender(feeds, feeds.mllp[0])

    def send(self, raw: bytes) -> str:
        return self._taker.take(raw, read_header(raw), self._sender).reason


@pytest.fixture(scope="module")
def feed(open_house: Founded) -> Iterator[Feed]:
    (open_house.home.root / "feeds.json").write_bytes(orjson.dumps(FEEDS))
    house = join(open_house.home, "intake")
    yield Feed(house, open_house)
    house.keyholder.close()
    house.store.close()


def idents(said: str) -> dict[str, str]:
    """The rows of a list that begin with an id: what else stands there -> the id."""
    rows = [row.split() for row in said.splitlines()]
    return {" ".join(row): row[0] for row in rows if row and row[0].count("-") == 4}


def test_a_registrars_morning(chartkeep: Command, open_house: Founded, feed: Feed) -> None:
    home = ("--home", open_house.home.root)
    feed.send(admit("Tanaka^Hana", "A1"))
    assert "set aside" in feed.send(result("Suzuki^Jiro", "R1"))
    feed.send(result("Mori^Ken", "R2", number="990042"))
    feed.send(result("Doe^John", "R3", number="990043"))
    for number in ("7", "8"):
        feed.send(admit("Abe^Yui", f"A{number}", number=number))
    assert log_in(chartkeep, open_house, "hiro").code == 0

    listed = idents(chartkeep("inbox", "list", *home).out)
    (wrong,) = [ident for row, ident in listed.items() if "mismatch" in row]
    (mori,) = [ident for row, ident in listed.items() if "990042" in row]
    (doe,) = [ident for row, ident in listed.items() if "990043" in row]
    assert "Suzuki" in chartkeep("inbox", "show", wrong, *home).out
    filed = chartkeep("inbox", "file", wrong, "4711", *home)
    assert "filed to chart" in filed.out, filed
    feed.send(result("Suzuki^Jiro", "R1"))  # again: what was filed stays so
    assert chartkeep("inbox", "file", mori, *home).code == 2
    assert chartkeep("inbox", "file", mori, "--new", *home).code == 0
    assert "Mori" in chartkeep("search", "--identifier", "990042", *home).out
    assert chartkeep("inbox", "dismiss", doe, "--reason", "a test", *home).code == 0
    assert "nothing waits" in chartkeep("inbox", "list", *home).out
    assert len(idents(chartkeep("inbox", "list", "--all", *home).out)) == 3

    charts = [
        next(iter(idents(chartkeep("search", "--identifier", number, *home).out).values()))
        for number in ("7", "8")
    ]
    assert "goes on for" in chartkeep("merge", "7", "8", *home).out
    assert chartkeep("search", "--name", "abe", *home).out.count("Yui") == 1
    assert "stands for itself again" in chartkeep("merge", *charts, "--undo", *home).out
    assert chartkeep("search", "--name", "abe", *home).out.count("Yui") == 2


def test_a_nurse_sees_no_inbox_and_merges_nobody(
    chartkeep: Command, open_house: Founded, feed: Feed
) -> None:
    home = ("--home", open_house.home.root)
    feed.send(result("Nobody^Here", "R4", number="990044"))
    log_in(chartkeep, open_house, "aiko")
    for words in (("inbox", "list"), ("merge", "5", "6")):
        said = chartkeep(*words, *home)
        assert said.code == 2
        assert "only a registrar" in said.err
