"""What the Jakarta drill measured, and the page that holds it beside what happened in 2022."""

from dataclasses import dataclass

from chartkeep.incident.thief import Loot
from chartkeep.model import Millis


@dataclass
class Story:
    """What was measured; seconds are of this machine."""

    seconds: float = 0.0
    stolen: tuple[Loot, float] | None = None
    exported: tuple[int, Millis, Millis] = (0, Millis(0), Millis(0))
