"""Who must be told of a breach, as a tired person asks it."""

import pytest

from chartkeep.cli.main import commands
from chartkeep.errors import BadInputError


def test_okayamas_clocks_are_said_with_their_laws(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["duties", "--aware", "2024-05-19T16:00+09:00", "--in", "JP"]
    for fact in ("health data", "unlawful act", "data lost, changed or unavailable"):
        asked += ["--fact", fact]
    commands("duties")(asked, standalone_mode=False)
    said = capsys.readouterr().out
    assert "2024-05-23 23:59" in said
    assert "2024-07-17 23:59" in said
    assert "unreadable without a key that is safe" in said


def test_an_unknown_fact_or_country_is_refused() -> None:
    asked = ["duties", "--aware", "2024-05-19T16:00+09:00"]
    for wrong in (["--fact", "rain"], ["--in", "XX"]):
        with pytest.raises(BadInputError):
            commands("duties")([*asked, *wrong], standalone_mode=False)
