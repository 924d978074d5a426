"""Far: how long work is shown."""

import pytest

from chartkeep.cli.progress import BEGINS_ANEW, working


def test_where_nobody_watches_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    with working("reading") as tell:
        tell("3 of [4] files", 3, 4)
    assert not capsys.readouterr().out


def test_who_stops_it_is_told_what_became_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), working("reading"):
        raise KeyboardInterrupt
    assert "the same command goes on" in capsys.readouterr().err
    with pytest.raises(KeyboardInterrupt), working("reading", BEGINS_ANEW):
        raise KeyboardInterrupt
    assert "begins anew" in capsys.readouterr().err
