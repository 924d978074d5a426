"""`chartkeep forms`: numbers, downtimes and openings from a desk that may not write."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chartkeep.continuity.forms import FormKind, FormNumber
from chartkeep.continuity.registry import issue_forms
from chartkeep.model import Millis
from chartkeep.wiring.joining import join
from tests.cli.conftest import Command, Founded, log_in

SALT = "5a" * 16
PACK = "9b0f2c1a-0000-4000-8000-00000000c0de"


@pytest.fixture(scope="module")
def number(open_house: Founded) -> FormNumber:
    house = join(open_house.home, "serve")
    counts = {FormKind.NOTES: 3}
    (given,) = issue_forms(PACK, "3W", counts, Millis(house.clock() + 1), house)
    house.keyholder.close()
    house.store.close()
    return next(given.numbers())


def test_a_day_of_paper_from_the_desk(
    chartkeep: Command, open_house: Founded, number: FormNumber, tmp_path: Path
) -> None:
    home = open_house.home.root
    log_in(chartkeep, open_house, "hiro")
    assert "no number of a form is open" in chartkeep("forms", "list", "--home", home).out
    # Somebody opened the pack: its numbers are due, and the status says so.
    lines = tmp_path / "lines.txt"
    row = f'{"0" * 16} {{"at":1767225600000,"who":"sato","pack":"{PACK}","act":"opened"}}'
    lines.write_text(f"chartkeep-openings-1 {SALT}\n{row}\n")
    said = chartkeep("forms", "openings", lines, "--home", home)
    assert "1 lines, 1 of them new, about 1 packs" in said.out, said
    assert "1 packs' numbers, since" in chartkeep("status", "--home", home).out
    listed = chartkeep("forms", "list", "--home", home).out
    assert "due since" in listed
    # One is gone, and the rest was not printed.
    refused = chartkeep("forms", "end", str(number)[:-1] + "0", "--reason", "x", "--home", home)
    assert refused.code == 2
    ended = chartkeep(
        "forms", "end", number, "--missing", "--reason", "on the stairs", "--home", home
    )
    assert f"{number.printed} is missing" in ended.out, ended
    batch = listed.split()[0]
    closed = chartkeep("forms", "close", batch, "--reason", "not printed", "--home", home)
    assert "2 numbers are void" in closed.out, closed
    assert "no number of a form is open" in chartkeep("forms", "list", "--home", home).out
    assert "void by hiro" in chartkeep("forms", "list", "--all", "--home", home).out


def test_a_downtime_is_written_down_and_put_right(chartkeep: Command, open_house: Founded) -> None:
    home = open_house.home.root
    log_in(chartkeep, open_house, "hiro")
    begun = datetime.now(UTC).replace(year=2026, month=1, day=5).isoformat(timespec="minutes")
    said = chartkeep("forms", "downtime", begun, "--reason", "fire", "--ward", "3W", "--home", home)
    assert "3W, from 2026-01-05" in said.out, said
    assert "and is not over" in said.out
    ident = said.out.split()[1].rstrip(":")
    ended = begun.replace("-05T", "-06T")
    over = chartkeep(
        "forms", "downtime", begun, "--ends", ended, "--change", ident, "--reason", "over",
        "--home", home,
    )  # fmt: skip
    assert "to 2026-01-06" in over.out, over
    wrong = chartkeep("forms", "downtime", ended, "--ends", begun, "--reason", "x y z",
                      "--home", home)  # fmt: skip
    assert wrong.code == 2
