"""An ECG drawn as SVG on its grid: 25 mm a second, 10 mm a millivolt. Pure.

Twelve leads stand as on paper: four columns of 2.5 s in three rows, and lead II below for the
rhythm; limb leads a cart left out are derived. Anything else has a row for each trace. Attributes
only, no script, no style, no id: the pages' policy allows none, and several drawings may stand on
one page. Every extreme of the signal is drawn, however fine the samples; the size is bounded
whatever comes in.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from chartkeep.clinical.ecg.derived import completed
from chartkeep.clinical.ecg.leads import STANDARD
from chartkeep.clinical.ecg.model import Ecg, Lead

MM = 20
"""Units of the drawing a millimetre: 2 ms, 5 microvolts."""
SPEED, GAIN = 25, 10
COLUMN, ROW_SECONDS = 2.5, 10.0
ROW, HEAD, EDGE = 25, 14, 15
"""Millimetres: height of a row, of the text above, and of what stands left of the traces."""
MOST_ROWS = 16
STEP = 4
"""Samples nearer than this (a fifth of a millimetre) are drawn as their least and greatest."""
_MOST_TEXT = 100
_FAR = 1e9
_FINE, _COARSE, _INK = "#f6cfcf", "#e79c9c", "#1d2329"


class Trace(NamedTuple):
    """A piece of a lead, from `since` for `seconds`, at a place in millimetres."""

    lead: Lead
    since: float
    seconds: float
    x: float
    row: int


def draw(ecg: Ecg, name: str = "ECG") -> str:
    """Draw an ECG; `name` stands in its title."""
    whole = completed(ecg)
    ecg = whole if _is_twelve(whole) else ecg
    traces = _twelve(ecg) if _is_twelve(ecg) else _rows(ecg)
    rows = max(trace.row for trace in traces) + 1
    width, height = EDGE + int(SPEED * ROW_SECONDS) + 5, HEAD + rows * ROW + 5
    title = escape(_title(ecg, name))
    body = "".join(_trace(trace, float(ecg.rate)) for trace in traces)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width * MM} {height * MM}"'
        f' width="{width}mm" height="{height}mm" role="img" aria-label="{title}"'
        f' font-family="sans-serif" font-size="{3 * MM}"><title>{title}</title>'
        f'<rect width="{width * MM}" height="{height * MM}" fill="#fffdfc"/>'
        f"{_grid(width, height)}{_words(ecg, name)}"
        f'<g fill="none" stroke="{_INK}" stroke-width="{MM // 5}" stroke-linejoin="round">'
        f"{body}{''.join(_pulse(trace) for trace in traces if trace.x == EDGE)}</g>"
        f"{''.join(map(_label, traces))}</svg>"
    )


def _is_twelve(ecg: Ecg) -> bool:
    return {lead.number for lead in ecg.leads} >= set(STANDARD)


def _twelve(ecg: Ecg) -> list[Trace]:
    """Lay out three rows of four columns, one moment after the other when there are ten seconds."""
    by_number = {lead.number: lead for lead in ecg.leads}
    running = ecg.seconds >= ROW_SECONDS - 0.01
    traces = [
        Trace(
            by_number[number], column * COLUMN if running else 0.0, COLUMN,
            EDGE + column * COLUMN * SPEED, row,
        )
        for place, number in enumerate(STANDARD)
        for column, row in [divmod(place, 3)]
    ]  # fmt: skip
    return [*traces, Trace(by_number[2], 0.0, ROW_SECONDS, EDGE, 3)]


def _rows(ecg: Ecg) -> list[Trace]:
    """Lay out a row for each lead; one lead alone goes on in the rows below."""
    pieces = MOST_ROWS if len(ecg.leads) == 1 else 1
    places = [
        (lead, piece * ROW_SECONDS)
        for lead in ecg.leads
        for piece in range(pieces)
        if not piece or piece * ROW_SECONDS < len(lead.samples) / float(ecg.rate) - 0.01
    ]
    return [
        Trace(lead, since, ROW_SECONDS, EDGE, row)
        for row, (lead, since) in enumerate(places[:MOST_ROWS])
    ]


def _grid(width: int, height: int) -> str:
    def lines(step: int) -> str:
        across = "".join(f"M{x * MM} 0v{height * MM}" for x in range(0, width + 1, step))
        return across + "".join(f"M0 {y * MM}h{width * MM}" for y in range(0, height + 1, step))

    return "".join(
        f'<path d="{lines(step)}" stroke="{ink}" stroke-width="{thick}" fill="none"'
        ' shape-rendering="crispEdges"/>'
        for step, ink, thick in ((1, _FINE, 1), (5, _COARSE, 2))
    )


def _title(ecg: Ecg, name: str) -> str:
    kind = "12 leads" if _is_twelve(ecg) else f"{len(ecg.leads)} leads"
    moment = f", {ecg.start}" if ecg.start else ""
    return f"{name[:_MOST_TEXT]}, {kind}, {ecg.seconds:.3g} s{moment}"


def _words(ecg: Ecg, name: str) -> str:
    said = [f"{each.measure.title} {each.value:f} {each.measure.unit}" for each in ecg.readings]
    scale = [f"{SPEED} mm/s", f"{GAIN} mm/mV", f"{ecg.rate:f} Hz", ecg.device]
    rows = (
        _title(ecg, name),
        " · ".join(filter(None, scale)),
        " · ".join([*said, *ecg.statements]),
    )
    return "".join(
        f'<text x="{2 * MM}" y="{(4 + 4 * row) * MM}" fill="{_INK}">{escape(text)}</text>'
        for row, text in enumerate(row[: 2 * _MOST_TEXT] for row in rows)
        if text
    )


def _middle(trace: Trace) -> int:
    return (HEAD + trace.row * ROW) * MM + ROW * MM * 3 // 5


def _label(trace: Trace) -> str:
    x, y = int((trace.x + 1) * MM), _middle(trace) - 11 * MM
    return (
        f'<text x="{x}" y="{y}" fill="{_INK}" font-weight="bold">'
        f"{escape(trace.lead.name[:24])}</text>"
    )


def _pulse(trace: Trace) -> str:
    """Draw one millivolt for a fifth of a second, where a millivolt means anything."""
    if trace.lead.gain is None:
        return ""
    high = GAIN * MM
    return f'<path d="M{5 * MM} {_middle(trace)}h{2 * MM}v-{high}h{5 * MM}v{high}h{2 * MM}"/>'


def _trace(trace: Trace, rate: float) -> str:
    first = round(trace.since * rate)
    samples = trace.lead.samples[first : first + int(trace.seconds * rate) + 1]
    shift, factor = _vertical(trace.lead, samples)
    top, bottom = float(HEAD * MM), float((HEAD + (trace.row + 2) * ROW) * MM)
    middle, left = _middle(trace), int(trace.x * MM)
    path, at = [], None
    for x, sample in _thinned(samples, SPEED * MM / rate):
        if sample is None:
            at = None
            continue
        y = round(min(max(middle - (sample + shift) * factor, top), bottom))
        place = (left + x, y)
        path.append(f"M{place[0]} {y}" if at is None else f"l{place[0] - at[0]} {y - at[1]}")
        at = place
    return f'<path d="{"".join(path)}"/>'


def _vertical(lead: Lead, samples: Sequence[int | None]) -> tuple[float, float]:
    """Give shift and factor from samples to units; what is no voltage fills its row."""
    if lead.gain is not None:
        shift, factor = float(lead.origin / lead.scale), float(lead.gain) * GAIN * MM
        return min(max(shift, -_FAR), _FAR), min(max(factor, -_FAR), _FAR)
    values = [sample for sample in samples if sample is not None] or [0]
    least, most = min(values), max(values)
    return -(least + most) / 2 - (most - least) / 10, (ROW - 5) * MM / max(most - least, 1)


def _thinned(samples: Sequence[int | None], step: float) -> Iterator[tuple[int, int | None]]:
    """Give places and samples: all, or of those in one column the least and the greatest."""
    if step >= STEP / 2:
        yield from ((round(at * step), sample) for at, sample in enumerate(samples))
        return
    column = STEP / step
    for place in range(int(len(samples) / column) + 1):
        since = round(place * column)
        here = samples[since : round((place + 1) * column)]
        known = [(sample, at) for at, sample in enumerate(here) if sample is not None]
        if known:
            ends = sorted({min(known)[::-1], max(known)[::-1]})
            yield from ((round((since + at) * step), sample) for at, sample in ends)
        elif here:
            yield place * STEP, None
