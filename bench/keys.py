"""A keyholder's folder with many charts' keys, written by its own core in large turns."""

import os
from pathlib import Path

from tests import cast

from chartkeep.keyholder import actions, details
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.founding import found_keyholder

TURN = 2_000


def fill_folder(folder: Path, clock: cast.FakeClock, charts: int) -> None:
    """Found a keyholder and give it charts: a key, a `seal_key` line and a place each."""
    folder.mkdir()
    book = Book(folder / "keyholder.db")
    keyholder = found_keyholder(book, cast.FACILITY, cast.KEK, clock.read, cast.founders())
    for start in range(0, charts, TURN):
        turn = keyholder.open_turn()
        for number in range(start, min(start + TURN, charts)):
            chart = os.urandom(16)
            turn.changes.append(keyholder.ring.new_chart(chart, turn.now)[1])
            turn.line("seal_key", details.Sealed(turn.now, True), chart=chart)
            place = actions.Place(chart, "3W", str(number) if number < 40 else "")
            turn.line("act", details.Acted(place), chart=chart)
        keyholder.write(turn)
    book.close()
