"""A ward as its own people see it: the beds in order, each with the face of who lies there."""

import re
from typing import NamedTuple

from chartkeep.custody.house import House
from chartkeep.custody.release import Face, Look, faces_of
from chartkeep.model import ChartId

_DIGITS = re.compile("([0-9]+)")


class Bed(NamedTuple):
    """A bed somebody lies in; `face` is None when the chart has none yet, or none any more."""

    bed: str
    chart: ChartId
    face: Face | None


def ward_beds(ward: str, look: Look, house: House) -> list[Bed]:
    """List a ward's occupied beds: 2 before 10. Each face is a release, and a line.

    Raises what the keyholder refuses with: the ward is not the person's, a budget, a freeze.
    """
    there = house.keyholder.census(look.token, ward)
    faces = {face.chart: face for face in faces_of([each.chart for each in there], look, house)}
    beds = [Bed(each.bed, ChartId(each.chart), faces.get(ChartId(each.chart))) for each in there]
    return sorted(beds, key=lambda each: (natural(each.bed), each.chart))


def natural(name: str) -> list[tuple[int, int, str]]:
    """Order a name as people count: its digits as numbers."""
    parts = _DIGITS.split(name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
