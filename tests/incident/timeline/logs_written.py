"""Log files for tests, written as they are said."""

from pathlib import Path

from chartkeep.incident.timeline.event import Event
from chartkeep.incident.timeline.logs.importing import Imported
from chartkeep.incident.timeline.logs.times import Hand
from chartkeep.model import Millis
from tests.incident.timeline.readers import READERS

UNTIL = Millis(1_795_000_000_000)


def written(folder: Path, text: str | bytes, hand: Hand | None = None) -> Imported:
    path = folder / "log"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Imported(path, "log", hand or Hand(until=UNTIL), READERS)


def events(folder: Path, text: str | bytes, hand: Hand | None = None) -> list[Event]:
    return list(written(folder, text, hand).events())
