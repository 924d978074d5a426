"""Where the points of a plot lie: the template draws them. Pure.

A plot is SVG drawn by the server, with attributes only: the pages' policy allows no style inside,
and no script is needed. Time runs to the right, values upwards.
"""

from collections.abc import Iterable
from typing import NamedTuple

from chartkeep.console.results import Series

LARGE, SMALL = (560.0, 140.0), (110.0, 24.0)
MARGIN = 4.0


class Plot(NamedTuple):
    """A line from `least` to `most`; dots as one path for values in range and one for the others.

    `band` is the upper edge and the height of the reference range.
    """

    width: float
    height: float
    line: str
    dots: str = ""
    out: str = ""
    band: tuple[float, float] | None = None
    least: str = ""
    most: str = ""


class Scale(NamedTuple):
    """From values to places on one axis."""

    least: float
    most: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Give the place; everything lies in the middle when all values are one."""
        span = self.most / 2 - self.least / 2  # the whole may be more than a number holds
        part = (value / 2 - self.least / 2) / span if span else 0.5
        return round(self.start + min(max(part, 0), 1) * (self.end - self.start), 1)


def plot_of(series: Series, size: tuple[float, float]) -> Plot | None:
    """Lay out a series; None when fewer than two values are numbers."""
    width, height = size
    points = [(p.at, p.number, p.flag) for p in series.points[::-1] if p.number is not None]
    if len(points) < 2:
        return None
    edges = [edge for edge in (series.low, series.high) if edge is not None]
    values = [*(value for _, value, _ in points), *edges]
    x_of = Scale(points[0][0], points[-1][0], MARGIN, width - MARGIN)
    y_of = Scale(min(values), max(values), height - MARGIN, MARGIN)
    places = [(x_of(at), y_of(value), flag) for at, value, flag in points]
    return Plot(
        width, height, _line((x, y) for x, y, _ in places),
        _dots((x, y) for x, y, flag in places if not flag),
        _dots((x, y) for x, y, flag in places if flag),
        _band(series, y_of, height), f"{y_of.least:g}", f"{y_of.most:g}",
    )  # fmt: skip


def _line(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)


def _dots(places: Iterable[tuple[float, float]]) -> str:
    """Write dots as strokes of no length, whose round ends are what is seen."""
    return "".join(f"M{x},{y}h0" for x, y in places)


def _band(series: Series, y_of: Scale, height: float) -> tuple[float, float] | None:
    if series.low is None and series.high is None:
        return None
    top = y_of(series.high) if series.high is not None else 0.0
    bottom = y_of(series.low) if series.low is not None else height
    return (top, round(bottom - top, 1)) if bottom > top else None
