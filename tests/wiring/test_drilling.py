"""A drill empties what is its own, and nothing else."""

from pathlib import Path

import pytest

from chartkeep.errors import RefusedError
from chartkeep.wiring.drilling import empty_folder


@pytest.mark.attack
def test_a_folder_no_drill_made_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "documents"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("years of work")
    with pytest.raises(RefusedError, match="no drill made it"):
        empty_folder(theirs)
    assert (theirs / "thesis.txt").read_text() == "years of work"


def test_a_new_one_an_empty_one_and_its_own_are_emptied(tmp_path: Path) -> None:
    for folder in (tmp_path / "new" / "one", tmp_path / "empty"):
        if folder.name == "empty":
            folder.mkdir()
        empty_folder(folder)
        (folder / "store.db").write_text("restored")
        empty_folder(folder)
        assert not (folder / "store.db").exists()
