"""The drawing: to scale, bounded, and nothing in it but shapes and escaped text."""

import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from chartkeep.clinical.ecg.derived import completed
from chartkeep.clinical.ecg.drawing import EDGE, MM, draw
from chartkeep.clinical.ecg.leads import NAMES, STANDARD
from chartkeep.clinical.ecg.model import Ecg, Lead

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]


def places(path: str) -> list[tuple[int, int]]:
    """Follow a path of M and l."""
    at, found = (0, 0), []
    for letter, x, y in re.findall(r"([Ml])(-?\d+) (-?\d+)", path):
        step = (int(x), int(y))
        at = step if letter == "M" else (at[0] + step[0], at[1] + step[1])
        found.append(at)
    return found


def traces(svg: str) -> list[list[tuple[int, int]]]:
    paths = (node.get("d", "") for node in ET.fromstring(svg).iter(f"{SVG}path"))
    return [places(path) for path in paths if "l" in path]


def twelve(seconds: float = 10, rate: int = 500) -> Ecg:
    taken = tuple(range(int(seconds * rate)))
    return Ecg(tuple(Lead(code, NAMES[code], taken) for code in STANDARD), Decimal(rate))


def test_twelve_leads_stand_in_three_rows_and_a_rhythm() -> None:
    svg = draw(twelve())
    names = [text for text in texts(svg) if text in NAMES.values()]
    assert names == [NAMES[code] for code in STANDARD] + ["II"]
    starts = sorted({round(trace[0][0] / MM, 1) for trace in traces(svg)})
    assert starts == [EDGE, EDGE + 62.5, EDGE + 125, EDGE + 187.5]


def test_a_second_is_25_mm_and_a_millivolt_10() -> None:
    lead = Lead(1, "I", (0,) * 500 + (200,) * 501, Decimal(5), Decimal(0), "uV")
    ((first, *_, last),) = traces(draw(Ecg((lead,), Decimal(500))))
    assert last[0] - first[0] == 2 * 25 * MM
    assert first[1] - last[1] == 10 * MM


@pytest.mark.parametrize("unit", ["uV", "mV", "V", "nV"])
def test_the_pulse_is_drawn_where_a_millivolt_means_anything(unit: str) -> None:
    assert "v-200h100v200" in draw(Ecg((Lead(1, "I", (1, 2), unit=unit),), Decimal(500)))


def test_another_unit_fills_its_row_and_has_no_pulse() -> None:
    svg = draw(Ecg((Lead(0, "pressure", (0, 120_000), unit="Pa"),), Decimal(500)))
    assert "v-200h100" not in svg
    ((first, last),) = traces(svg)
    assert first[1] - last[1] == 20 * MM


def test_the_narrowest_peak_is_seen_however_fine_the_samples() -> None:
    taken = (0,) * 40_001 + (1_000,) + (0,) * 39_000
    ((*points,),) = traces(draw(Ecg((Lead(1, "I", taken),), Decimal(8_000))))
    ys = [y for _, y in points]
    assert max(ys) - min(ys) == 10 * MM


def test_what_is_missing_is_a_gap() -> None:
    svg = draw(Ecg((Lead(1, "I", (1, 2, None, 3, 4)),), Decimal(50)))
    (path,) = [node.get("d", "") for node in ET.fromstring(svg).iter(f"{SVG}path")][2:3]
    assert path.count("M") == 2


def test_one_lead_goes_on_in_the_next_rows() -> None:
    assert len(traces(draw(Ecg((Lead(1, "I", (1, 2) * 7_500),), Decimal(500))))) == 3


def test_limb_leads_a_cart_left_out_follow_from_the_first_two() -> None:
    whole = twelve()
    stored = Ecg(tuple(lead for lead in whole.leads if lead.number < 61), whole.rate)
    assert [text for text in texts(draw(stored)) if text in NAMES.values()][3:6] == [
        "aVR", "aVL", "aVF",
    ]  # fmt: skip
    one, two = Lead(1, "I", (3, 1)), Lead(2, "II", (8, None))
    derived = {lead.name: lead for lead in completed(Ecg((one, two), Decimal(500))).leads[2:]}
    values = {name: lead.scale * (lead.samples[0] or 0) for name, lead in derived.items()}
    assert values == {
        "III": 5, "aVR": Decimal("-5.5"), "aVL": Decimal(-1), "aVF": Decimal("6.5"),
    }  # fmt: skip
    assert {lead.samples[1] for lead in derived.values()} == {None}


@pytest.mark.attack
def test_no_name_or_statement_is_more_than_text() -> None:
    evil = '"><script>alert(1)</script>'
    ecg = Ecg((Lead(0, evil, (1, 2)),), Decimal(500), evil, (evil,), device=evil)
    svg = draw(ecg, evil)
    assert "<script" not in svg
    assert not [node for node in ET.fromstring(svg).iter() if "script" in node.tag]
    assert not re.search(r'\s(?:on\w+|style|href|id)="', svg)


@pytest.mark.attack
@pytest.mark.parametrize(
    ("count", "sample", "scale", "origin", "rate"),
    [
        (2_000_000, 1, "1", "0", "1000000"), (64, 1 << 52, "1e300", "1e300", "0.01"),
        (64, 0, "1e300", "0", "500"), (1_000_000, -5, "1e-300", "1e300", "500"),
    ],
)  # fmt: skip
def test_the_drawing_is_bounded_whatever_is_in_it(
    count: int, sample: int, scale: str, origin: str, rate: str
) -> None:
    lead = Lead(1, "I" * 5_000, (sample, -sample) * (count // 2), Decimal(scale), Decimal(origin))
    svg = draw(Ecg((lead,), Decimal(rate), statements=("s" * 2_000,) * 200))
    assert len(svg) < 300_000
