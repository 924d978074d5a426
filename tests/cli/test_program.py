"""`chartkeep program complete`, typed: an older house gets its programs when two people say so."""

import re

import pytest

from chartkeep.errors import NotAllowedError
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from tests.cli.conftest import Command, Founded, log_in


def reaches(home: Home) -> bool:
    """Say whether the keyholder hears the program."""
    found = join(home, "incident")
    try:
        found.keyholder.sameness()
    except NotAllowedError:
        return False
    finally:
        found.keyholder.close()
        found.store.close()
    return True


def test_it_takes_two_administrators(
    chartkeep: Command, open_house: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_house.home
    monkeypatch.setenv("CHARTKEEP_HOME", str(home.root))
    (home.root / "instances" / "incident.key").unlink()
    log_in(chartkeep, open_house, "erik")
    said = chartkeep("program", "complete")
    assert said.code == 0, said
    assert said.out.startswith("incident: ")
    (proposal,) = re.findall(r"chartkeep approve (\w+)", said.out)
    assert not reaches(home)
    log_in(chartkeep, open_house, "fumi")
    assert chartkeep("approve", proposal, "--yes").code == 0
    assert reaches(home)
    assert "it has them all" in chartkeep("program", "complete").out
