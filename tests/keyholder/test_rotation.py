"""The key-encryption key is replaced while people work; a crash half-way loses no key."""

import threading
from pathlib import Path

import pytest

from chartkeep.errors import RefusedError, SealBrokenError
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.founding import open_keyholder
from chartkeep.keyholder.service import KeyholderService
from chartkeep.keyholder.verbs import rotating
from chartkeep.sealing.kek import Cost, KeyEncryptionKey, PassphraseFile
from chartkeep.wire.server import Listener
from tests import cast
from tests.conftest import KeyholderRun
from tests.keyholder.test_opening import a_chart, opened

NEW = PassphraseFile.create(b"a new passphrase for minato", Cost(1, 8_192, 1))


def restart(
    keyholder: KeyholderRun, kek: KeyEncryptionKey, old: KeyEncryptionKey | None = None
) -> None:
    """Start again with other key files."""
    keyholder.stop()
    keyholder.book = Book(keyholder.folder / "keyholder.db")
    keyholder.keyholder = open_keyholder(
        keyholder.book, cast.FACILITY, kek, keyholder.clock.read, old
    )
    keyholder.service = KeyholderService(keyholder.keyholder, keyholder.clock.wall)
    keyholder.listener = Listener(keyholder.service, f"unix:{keyholder.folder / 'keyholder.sock'}")
    keyholder.listener.start()


def test_people_open_charts_while_every_key_moves(
    keyholder: KeyholderRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "REWRAP_PAGE", 2)
    charts, aiko = [a_chart(keyholder, "3W", "1") for _ in range(40)], keyholder.login("aiko")
    restart(keyholder, NEW, cast.KEK)
    rotation = threading.Thread(target=keyholder.service.rewrap)
    desk = keyholder.client()
    rotation.start()
    answers = [opened(desk, aiko, wanted).error for wanted in charts]
    rotation.join()
    restart(keyholder, NEW)
    assert answers + [opened(keyholder.client(), aiko, c).error for c in charts] == [""] * 80
    with pytest.raises(SealBrokenError):
        open_keyholder(keyholder.book.reader(), cast.FACILITY, cast.KEK, keyholder.clock.read)


@pytest.mark.attack
def test_a_rotation_killed_in_the_middle_needs_both_keys_and_goes_on(
    keyholder: KeyholderRun,
) -> None:
    charts, aiko = [a_chart(keyholder, "3W", "1") for _ in range(6)], keyholder.login("aiko")
    restart(keyholder, NEW, cast.KEK)
    changes, _ = keyholder.keyholder.ring.rewrap_page(b"", 3)
    keyholder.book.apply(changes)
    with pytest.raises(RefusedError, match="under the old key"):
        keyholder.keyholder.ring.drop_old()
    restart(keyholder, NEW, cast.KEK)
    assert [opened(keyholder.client(), aiko, wanted).error for wanted in charts] == [""] * 6
    keyholder.service.rewrap()
    restart(keyholder, NEW)
    assert [opened(keyholder.client(), aiko, wanted).error for wanted in charts] == [""] * 6


def test_both_generations_of_a_chart_on_a_pages_edge_move(
    keyholder: KeyholderRun, tmp_path: Path
) -> None:
    chart = a_chart(keyholder).chart
    _, change = keyholder.keyholder.ring.new_chart(chart, cast.START, 2)
    keyholder.book.apply([change])
    restart(keyholder, NEW, cast.KEK)
    changes, last = keyholder.keyholder.ring.rewrap_page(min(chart, cast.FACILITY.id), 1)
    first, _ = keyholder.keyholder.ring.rewrap_page(b"", 1)
    moved = [values[:2] for _, values in [*first, *changes]]
    assert sorted(moved) == sorted([(chart, 1), (chart, 2), (cast.FACILITY.id, 1)])
    assert last == max(chart, cast.FACILITY.id)
