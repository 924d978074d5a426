"""A case from the command line: begun, written into, shown, checked, handed out."""

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from chartkeep.incident.desk import read_desk_file
from chartkeep.incident.duties.said import WAITS
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.sealing.kek import Cost
from chartkeep.sealing.signing import SigningKey
from chartkeep.wiring import desk as making
from chartkeep.wiring.home import Home, write_house
from tests.cli.conftest import Command, Founded, Said
from tests.cli.test_errors import is_told
from tests.incident.case.bags import check


@pytest.fixture
def made(closed: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk with a cheap key; CHARTKEEP_DESK names it."""
    making.make_desk(
        tmp_path / "desk", Home(closed.home.root), tmp_path / "stick" / "desk.key", Cost(1, 8, 1)
    )
    monkeypatch.setenv("CHARTKEEP_DESK", str(tmp_path / "desk"))
    return tmp_path / "desk"


@pytest.fixture
def begun(chartkeep: Command, made: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    ident = chartkeep("incident", "new", "The export of May", "--in", "JP").out.strip()
    monkeypatch.setenv("CHARTKEEP_CASE", ident)
    return ident


def test_a_case_is_asked_to_be_closed_and_every_status_says_so(
    chartkeep: Command, begun: str
) -> None:
    refused = chartkeep("incident", "close", "--why", "over")
    assert is_told(refused, 2, "open still: nobody is said to have become aware")
    said = chartkeep("incident", "close", "--why", "over", "--despite").out
    assert "left open: nobody is said to have become aware" in said
    assert "two people run chartkeep incident agree 1" in said
    head = "2 events: opened 1, closed 1\nopen: nobody is said to have become aware\n"
    assert chartkeep("incident", "show").out.startswith(head)
    for verb in ("cases", "show", "check"):
        assert f"closing it (event 1) is {WAITS}" in chartkeep("incident", verb).out
    chartkeep("incident", "note", "a newspaper called")
    assert "closing it" not in chartkeep("incident", "show").out


def test_who_may_not_serve_is_told_no_address(
    chartkeep: Command, made: Path, closed: Founded
) -> None:
    serve = ("incident", "serve", "--home", closed.home.root, "--host")
    said = chartkeep(*serve, "192.0.2.1")
    assert is_told(said, 2, "no loopback address")
    assert said.out == ""
    (made / "desk.json").unlink()
    assert chartkeep(*serve, "127.0.0.1").out == ""


def test_a_desk_made_earlier_learns_the_ledger_of_its_own_house_alone(
    chartkeep: Command, made: Path, closed: Founded, tmp_path: Path
) -> None:
    path = made / "desk.json"
    file = read_desk_file(made)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(file, releases="", learned="")))
    mine, forged = closed.home.file, "chartkeep.example/x/releases+00+AA=="
    for strange, words in (
        ({"id": "ab" * 16, "releases_key": forged}, "the desk of another house"),
        ({"desk_key": forged, "releases_key": forged}, "this house has another desk"),
    ):
        write_house(tmp_path, msgspec.structs.replace(Home(closed.home.root).file, **strange))
        assert is_told(chartkeep("incident", "learn", "--home", tmp_path), 2, words)
        assert read_desk_file(made).releases == ""
    said = chartkeep("incident", "learn", "--home", closed.home.root).out
    assert f"two people agree under {mine.releases_key}" in said
    assert chartkeep("incident", "learn", "--home", closed.home.root).code == 0
    other = SigningKey.generate().public
    another = VerifierKey(closed.home.releases_key.name, LOG_KEY, other).text()
    changed = msgspec.structs.replace(Home(closed.home.root).file, releases_key=another)
    write_house(tmp_path, changed)
    assert is_told(chartkeep("incident", "learn", "--home", tmp_path), 2, "knows another ledger")
    told = chartkeep("incident", "anchor", "--alone", "--home", tmp_path)
    assert "believes another ledger than its house's" in told.out


def test_a_jurisdiction_nobody_wrote_down_is_refused_with_those_that_are(
    chartkeep: Command, made: Path
) -> None:
    assert is_told(chartkeep("incident", "new", "x", "--in", "Japan"), 2, "no law of Japan")


def lines(said: Said) -> list[str]:
    assert said.code == 0, said
    return [line.split(": ", 1)[1] for line in said.out.splitlines()]


def test_a_desk_is_made_with_its_key_elsewhere(
    chartkeep: Command, closed: Founded, tmp_path: Path
) -> None:
    words = ("incident", "home", "--desk", tmp_path / "d", "--home", closed.home.root)
    for place in (tmp_path / "d" / "key", closed.home.root / "key"):
        assert is_told(chartkeep(*words, "--key-file", place), 2, "would lie under")
        assert not place.exists()
    said = chartkeep(*words, "--key-file", tmp_path / "s" / "key")
    assert said.code == 0, said
    assert "keep a copy elsewhere" in said.out
    assert read_desk_file(tmp_path / "d").facility == "Minato"


def test_the_witness_learns_of_the_desk(closed: Founded, made: Path) -> None:
    keys = Home(closed.home.root).log_keys
    assert [key.name.rpartition("/")[2] for key in keys] == ["releases", "records", "desk"]
    assert keys[2].text() == read_desk_file(made).key


def test_what_people_say_is_shown_a_line_an_event(chartkeep: Command, begun: str) -> None:
    said = [
        ("note", "the ward called"),
        ("aware", "the police", "--when", "2024-05-19T16:00+09:00", "--why", "by telephone"),
        ("window", "--since", "2024-05-01T00:00Z", "--until", "2024-05-19T00:00Z"),
        ("concern", "session", "ab" * 16),
        ("concern", "person", "erik", "--cleared", "--why", "he was on leave"),
        ("decide", "freeze the host", "--by", "dewi", "--why", "it goes on", "--second", "erik"),
        ("know", "not unlawful act"),
        ("note", "ward 3W called", "--instead", "1"),
    ]
    for words in said:
        assert chartkeep("incident", *words).code == 0, words
    shown = lines(chartkeep("incident", "show"))
    assert shown[-8:] == [
        "opened: The export of May (JP)",
        "the police knew at 2024-05-19 07:00:00Z: by telephone",
        "it may have happened from 2024-05-01 00:00:00Z to 2024-05-19 00:00:00Z",
        f"concerned: session {'ab' * 16}",
        "not concerned: person erik: he was on leave",
        f"decided by dewi and erik: freeze the host: it goes on ({WAITS})",
        f"not unlawful act ({WAITS})",
        "ward 3W called (instead of 1)",
    ]
    assert "the ward called" in lines(chartkeep("incident", "show", "--all"))


def test_a_case_is_handed_out_and_a_stranger_checks_it(
    chartkeep: Command, begun: str, tmp_path: Path, made: Path
) -> None:
    log = tmp_path / "vpn.log"
    log.write_text("a log-in at three\n")
    kept = chartkeep("incident", "keep", log, "--what", "the VPN log", "--names-nobody")
    digest = kept.out.split()[0]
    assert chartkeep("incident", "note", "see the log", "--file", digest).code == 0
    said = chartkeep("incident", "export", "bag", "--to", "the police", "--why", "a warrant")
    assert "4 events, 1 piece of evidence, 0 left out" in said.out
    key = re.search(r"--key (\S+)", said.out)
    assert key is not None
    check(tmp_path / "bag", key[1])
    head = tmp_path / "bag/data/ledger/checkpoint"
    assert (
        "4 events and 1 piece of evidence hold"
        in chartkeep("incident", "check", "--head", head).out
    )
    words = ("incident", "fetch", digest, "copy", "--to", "a judge", "--why", "asked")
    assert chartkeep(*words).code == 0
    assert (tmp_path / "copy").read_text() == log.read_text()
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    assert "handed to a judge: a copy: asked" in chartkeep("incident", "show").out
    assert is_told(chartkeep("incident", "fetch", "ab" * 32, "other", *words[4:]), 2, "no such")
    assert not (tmp_path / "other").exists()


def test_damage_is_said_and_ends_with_the_code_of_damage(
    chartkeep: Command, begun: str, made: Path, tmp_path: Path
) -> None:
    (tmp_path / "log").write_text("x")
    chartkeep("incident", "keep", "log", "--what", "a log")
    (sealed,) = (made / "cases" / begun / "evidence").iterdir()
    sealed.chmod(0o600)
    sealed.write_bytes(b"CKF1")
    assert is_told(chartkeep("incident", "check"), 3, "1 piece of evidence not whole")
    book = made / "cases" / begun / "book"
    book.write_bytes(book.read_bytes()[:-9])
    assert is_told(chartkeep("incident", "show"), 3, "shorter than its head")
    assert f"{begun}  damaged: " in chartkeep("incident", "cases").out


def test_a_case_that_is_gone_is_named(
    chartkeep: Command, begun: str, made: Path, closed: Founded
) -> None:
    words = ("incident", "anchor", "--home", closed.home.root)
    assert "every case is what it was" in chartkeep(*words, "--alone").out
    shutil.rmtree(made / "cases" / begun)
    said = chartkeep(*words, "--alone")
    assert is_told(said, 3, "1 thing not as it was")
    assert f"the case {begun}: there is no case" in said.out


def test_a_wrong_word_is_a_refusal_with_a_hint(
    chartkeep: Command, begun: str, made: Path, tmp_path: Path
) -> None:
    wrong = [
        (("show", "--case", "20200101-000000"), 2, "there is no case"),
        (("note", "x", "--instead", "7"), 2, "no such event"),
        (("note", "x", "--file", "ab" * 32), 2, "not kept"),
        (("window", "--since", "2024-02-02", "--until", "2024-01-01"), 2, "ends before"),
        (("note", " "), 2, "says nothing"),
        (("decide", "", "--by", "dewi", "--why", "x"), 2, "says nothing"),
        (("aware", "dewi", "--when", "2099-01-01"), 2, "still to come"),
        (("know", "healthy data"), 2, "no fact is called"),
        (("new", ""), 2, "needs a title"),
        (("check", "--head", made / "desk.json"), 2, "is no head of a case"),
        (("export", "bag", "--to", "x", "--why", "x", "--tsa", "http://x"), 2, "proves nothing"),
        (("cases", "--desk", "nowhere"), 4, "no incident desk"),
        (("cases", "--key-file", "nowhere"), 4, "without it no case of this desk opens"),
    ]
    said = [(words, chartkeep("incident", *words), code, text) for words, code, text in wrong]
    assert [each for each in said if not is_told(each[1], each[2], each[3])] == []


@pytest.mark.attack
def test_a_case_that_was_taken_away_is_still_listed(
    chartkeep: Command, begun: str, tmp_path: Path
) -> None:
    (tmp_path / "desk" / "cases" / begun).rename(tmp_path / "taken")

    assert f"{begun}  damaged: there is no case {begun}" in chartkeep("incident", "cases").out
