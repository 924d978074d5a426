"""While the store's guard holds it frozen, care goes on reading, and its journal is kept."""

import pytest

from chartkeep.custody.journal import Journal
from chartkeep.errors import UnavailableError
from tests.custody.test_journal import note
from tests.house import HouseRun
from tests.records import patient


@pytest.mark.attack
def test_a_frozen_store_takes_nothing_and_shows_and_notes_what_is_read(house: HouseRun) -> None:
    sent = house.send(patient())
    chart = sent.charts[-1]
    house.admit(chart)
    house.store.frozen.freeze("a decoy", "a decoy was changed")
    with pytest.raises(UnavailableError, match="frozen and takes nothing in"):
        house.send(patient("another"))
    opened = house.open(house.login("aiko"), chart)
    assert opened.entries
    before = house.store_client("verifier").status().size
    journal = Journal(house.join("serve"), every=0.01)
    journal.note(note(house))
    journal.close()
    after = house.store_client("verifier").status()
    assert after.size > before
    assert after.frozen == "a decoy was changed"
