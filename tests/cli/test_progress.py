"""Far: how long work is shown."""

import pytest

from chartkeep.cli.progress import working


def test_where_nobody_watches_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    with working("reading") as tell:
        tell("3 of [4] files", 3, 4)
    assert not capsys.readouterr().out
