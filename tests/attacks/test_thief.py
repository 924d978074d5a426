"""1. A thief copies the data folders; another takes the key file too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chartkeep.incident.thief import break_in
from tests.attacks.house import Founded, found, small_hospital, started, write_bundles

pytestmark = pytest.mark.attack
FIGURE = Callable[[str, object], None]


def filled(founded: Founded, folder: Path) -> Founded:
    with started(founded.home):
        founded.load(write_bundles(folder / "given", small_hospital(10)))
    return founded


def test_who_copies_the_folders_opens_nothing_and_who_has_the_key_file_opens_everything(
    founded: Founded, folder: Path, record_property: FIGURE
) -> None:
    root = filled(founded, folder).home.root
    without, with_key = break_in(root, None), break_in(root, founded.key_file)
    told = f"{without.entries} entries: {without.opened} without the key file"
    record_property("figure", f"{told}, {with_key.opened} with it")
    assert without.entries > 100
    assert (without.opened, without.readable) == (0, 0)
    assert with_key.opened == with_key.entries == without.entries


def test_the_thief_opens_a_house_whose_passphrase_can_be_guessed(folder: Path) -> None:
    """So that the thief who opens nothing is one who can open something."""
    key_file = folder / "stick" / "minato.key"
    key_file.parent.mkdir()
    key_file.touch(0o600)
    key_file.write_text("Minato HospitalMinato Hospital\n")
    founded = filled(found(folder), folder)
    loot = break_in(founded.home.root, None)
    founded.close()
    assert loot.opened == loot.entries


def test_the_thief_opens_what_a_key_left_in_the_folder_opens(
    founded: Founded, folder: Path
) -> None:
    home = filled(founded, folder).home
    log = home.root / "run" / "debug.log"
    log.write_text(f"kek={home.kek()._key.secret.hex()}\n")
    loot = break_in(home.root, None)
    assert loot.opened == loot.entries
