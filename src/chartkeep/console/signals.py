"""The sampled signals of a chart, such as ECGs: the latest is drawn on its grid. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup

from chartkeep.clinical.ecg.drawing import draw
from chartkeep.clinical.ecg.observation import from_observation, has_signal
from chartkeep.clinical.summary import what, when
from chartkeep.console.bodies import Json
from chartkeep.errors import BadInputError


class Signal(NamedTuple):
    """What was recorded, when, and its drawing."""

    name: str
    when: str
    drawing: Markup


def signal_of(bodies: Iterable[Json]) -> Signal | None:
    """Draw the latest recording that can be read."""
    found = [body for body in bodies if body["resourceType"] == "Observation" and has_signal(body)]
    for body in sorted(found, key=when, reverse=True):
        name = what({"code": body.get("code")})
        try:
            drawing = draw(from_observation(body), name)
        except BadInputError:
            continue
        return Signal(name, when(body), Markup(drawing))  # noqa: S704 - `draw` escapes all text
    return None
