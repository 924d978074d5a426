"""What goes wrong is a sentence, a hint and a code that says who must act; never a traceback."""

import uuid
from pathlib import Path

import argon2
import pytest

from chartkeep.cli.main import exit_code
from chartkeep.cli.sessions import Kept, keep_session
from chartkeep.errors import DamagedError, RefusedError, SealBrokenError, UnavailableError
from chartkeep.keyholder import proving
from tests.cli.conftest import Command, Founded, Said, log_in

CHART = str(uuid.UUID(int=7))
WINDOW = ("--since", "2020-01-01", "--until", "2030-01-01")
NEED_A_SESSION: list[tuple[str, ...]] = [
    ("search", "--name", "tanaka"),
    ("open", "4711", "--purpose", "TREAT"),
    ("disclosures", "4711", *WINDOW),
    ("shred", "4711", "--reason", "sent by mistake"),
    ("approve", "00" * 16),
    ("freeze", "site"),
    ("place", "4711", "3W"),
    ("enrol", "hugo", "--role", "nurse"),
    ("leave", "hugo"),
    ("logout",),
]
NEED_A_KEEPER: list[tuple[str, ...]] = [*NEED_A_SESSION[:-1], ("load", "bundles")]


def is_told(said: Said, code: int, sentence: str) -> bool:
    """Ours: the sentence, its hint, its code, and nothing of Python."""
    lines = said.err.splitlines()
    hinted = any(line.startswith("hint: ") and len(line) > 8 for line in lines)
    told = any(line.startswith("chartkeep: ") and sentence in line for line in lines)
    return told and hinted and said.code == code and "Traceback" not in said.err + said.out


@pytest.mark.parametrize("words", NEED_A_SESSION, ids=lambda words: words[0])
def test_who_is_not_logged_in_is_told_so(
    chartkeep: Command, closed: Founded, words: tuple[str, ...]
) -> None:
    said = chartkeep(*words, "--home", closed.home.root)
    assert is_told(said, 2, "nobody is logged in"), said


@pytest.mark.parametrize("words", NEED_A_KEEPER, ids=lambda words: words[0])
def test_a_house_that_does_not_run_is_told_as_such(
    chartkeep: Command, closed: Founded, words: tuple[str, ...], tmp_path: Path
) -> None:
    keep_session(Kept("aiko", "desk", "00" * 16, "00" * 32, 0))
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "a.json").write_text(
        '{"resourceType":"Bundle","type":"batch","entry":['
        '{"resource":{"resourceType":"Patient","id":"p"},"request":{"method":"PUT","url":"Patient/p"}}]}'
    )
    said = chartkeep(*words, "--home", closed.home.root)
    assert is_told(said, 4, "does not answer"), said


def test_there_is_no_house(chartkeep: Command, tmp_path: Path) -> None:
    for words in (("status",), ("ledger", "verify"), ("keyholder",), ("store",), ("witness",)):
        said = chartkeep(*words, "--home", tmp_path / "nowhere")
        assert is_told(said, 4, "there is no house in"), said


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("open", str(uuid.UUID(int=7)), "--purpose", "TREAT"), "no relation with this patient"),
    (("open", "no-such-number", "--purpose", "TREAT"), "no patient has that number"),
    (("open", str(uuid.UUID(int=7)), "--purpose", "CURIOSITY"), "no such purpose"),
    (("open", str(uuid.UUID(int=7)), "--purpose", "TREAT", "--section", "all"), "no such section"),
    (("search",), "nothing to search by"),
    (("search", "--birthdate", "3 August"), "not a birth date"),
    (("disclosures", CHART, "--since", "monday", "--until", "2030-01-01"), "not a time"),
    (("disclosures", CHART, *WINDOW), "does not read the ledger"),
    (
        ("disclosures", CHART, "--since", "0001-01-01", "--until", "9999-12-31T23:00-08:00"),
        "not a time",
    ),
    (("open", str(uuid.UUID(int=7)), "--purpose", "TREAT", "--grant", "xyz"), "not a grant"),
    (("approve", "xyz"), "not a proposal"),
    (("approve", "00" * 16), "no such proposal waits"),
    (("shred", str(uuid.UUID(int=7))), "needs a reason"),
    (("freeze", "everything"), "no such scope"),
    (("unfreeze", "site"), "may not do this"),
    (("enrol", "hugo", "--role", "king"), "no such role"),
    (("load", "nowhere"), "no .json"),
]


def test_a_wrong_word_is_a_refusal_with_a_hint(
    chartkeep: Command, open_house: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTKEEP_HOME", str(open_house.home.root))
    assert log_in(chartkeep, open_house, "aiko").code == 0
    said = [(words, sentence, chartkeep(*words)) for words, sentence in WRONG]
    assert [each for each in said if not is_told(each[2], 2, each[1])] == []


def test_paths_that_cannot_be_are_refused(
    chartkeep: Command, open_house: Founded, tmp_path: Path
) -> None:
    home = ("--home", open_house.home.root)
    assert log_in(chartkeep, open_house, "dewi").code == 0
    (tmp_path / "file").touch()
    exported = chartkeep("ledger", "export", tmp_path / "file" / "under", *home)
    assert is_told(exported, 2, "Not a directory"), exported


def test_a_program_that_is_none_cannot_be_logged_in_through(
    chartkeep: Command, open_house: Founded
) -> None:
    for name in ("nobody", "../store/signing", "../house"):
        said = chartkeep(
            "login", "aiko", "--instance", name, "--password", "x", "--code", "1",
            "--home", open_house.home.root,
        )  # fmt: skip
        assert is_told(said, 2, ""), (name, said)


def test_init_says_what_it_will_not_do(chartkeep: Command, tmp_path: Path) -> None:
    people = ("--administrator", "erik", "--privacy-officer", "dewi", "--facility", "Minato")
    home = ("--home", tmp_path / "house")
    alone = chartkeep("init", *people, *home, "--key-file", tmp_path / "key")
    assert is_told(alone, 2, "two administrators"), alone
    people += ("--administrator", "fumi")
    inside = chartkeep("init", *people, *home, "--key-file", tmp_path / "house" / "key")
    assert is_told(inside, 2, "under the data folder"), inside
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "x").touch()
    full = chartkeep("init", *people, *home, "--key-file", tmp_path / "key")
    assert is_told(full, 2, "is not empty"), full


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RefusedError("x"), 2), (DamagedError("x"), 3), (SealBrokenError("x"), 3),
        (UnavailableError("x"), 4),
    ],
)  # fmt: skip
def test_the_code_says_who_must_act(error: Exception, code: int) -> None:
    assert exit_code(error) == code  # type: ignore[arg-type]


def test_strangers_are_hashed_at_the_present_cost() -> None:
    assert not argon2.PasswordHasher().check_needs_rehash(proving._NOBODY)
