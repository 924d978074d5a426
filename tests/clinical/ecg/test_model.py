"""The ECG's model and its Observation."""

from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.clinical.ecg.leads import NAMES, STANDARD, Measure
from chartkeep.clinical.ecg.model import (
    MOST_LEADS,
    MOST_SAMPLES,
    Ecg,
    Lead,
    Reading,
    check_ecg,
    lead_named,
    number,
)
from chartkeep.clinical.ecg.observation import from_observation, to_observation
from chartkeep.clinical.reading import read_resource
from chartkeep.errors import BadInputError

numbers = st.decimals(-10_000, 10_000, allow_nan=False, places=4).map(number)
samples = st.lists(st.none() | st.integers(-(1 << 31), 1 << 31), min_size=1, max_size=40)
leads = st.builds(
    lambda code, name, taken, scale, origin, unit: Lead(
        code, NAMES.get(code, name), tuple(taken), scale, origin, unit
    ),
    st.sampled_from([0, *NAMES]), st.text("abcxyz", min_size=1, max_size=9),
    samples, numbers.filter(bool), numbers, st.sampled_from(["uV", "mV", "V", "mm[Hg]", ""]),
)  # fmt: skip
ecgs = st.builds(
    Ecg,
    st.lists(leads, min_size=1, max_size=12).map(tuple),
    st.sampled_from([100, 128, 180, 250, 257, 333, 360, 500, 977, 1000, 8000]).map(Decimal),
    st.sampled_from(["", "2026-11-22", "2026-11-22T06:00:00+09:00"]),
    st.lists(st.text(min_size=1, max_size=30), max_size=3).map(tuple),
    st.lists(st.builds(Reading, st.sampled_from(Measure), numbers), max_size=4).map(tuple),
    st.sampled_from(["", "cart 7"]),
)


@given(ecgs)
def test_an_ecg_comes_back_from_its_observation_number_for_number(ecg: Ecg) -> None:
    sent = orjson.loads(orjson.dumps(to_observation(ecg, "Patient/p")))
    assert from_observation(sent) == ecg


def test_what_is_written_is_fhir_r4() -> None:
    twelve = tuple(Lead(code, NAMES[code], (1, None, -3)) for code in STANDARD)
    ecg = Ecg(
        twelve, Decimal(500), "2026-11-22T06:00:00+09:00", ("sinus rhythm",),
        (Reading(Measure.QRS, Decimal("92.5")),), "cart 7",
    )  # fmt: skip
    resource = read_resource(orjson.dumps(to_observation(ecg, "Patient/p")))
    codes = [part["code"]["coding"][0]["code"] for part in resource.body["component"]]
    assert codes[:4] == ["131329", "131330", "131389", "131390"]
    assert resource.body["component"][0]["valueSampledData"]["data"] == "1 E -3"


def test_decimals_letters_and_odd_words_in_the_data_are_read_as_they_are() -> None:
    data = "0.5 -1.25 E L U nan 1e400 " + "9" * 400
    sampled = {"origin": {"value": 1, "unit": "mV"}, "period": 4, "factor": 2, "data": data}
    body = {"code": {"text": "pleth"}, "valueSampledData": sampled}
    (lead,) = from_observation(body).leads
    assert (lead.name, lead.number, lead.unit) == ("pleth", 0, "mV")
    assert lead.samples == (50, -125, None, None, None, None, None, None)
    assert lead.scale == Decimal("0.02")


def test_signals_of_another_rate_are_left_out() -> None:
    def part(period: float) -> dict[str, object]:
        sampled = {"origin": {"value": 0}, "period": period, "data": "1 2"}
        return {"code": {"text": str(period)}, "valueSampledData": sampled}

    ecg = from_observation({"component": [part(4), part(2), part(4)]})
    assert (len(ecg.leads), ecg.rate) == (2, 250)


@pytest.mark.parametrize("name", ["aVR", "avr", "AVR", "MDC_ECG_LEAD_aVR", "Lead aVR", " aVR "])
def test_a_lead_is_known_however_it_is_spelled(name: str) -> None:
    assert lead_named(name, (1,), Decimal(1), "uV").number == 62


@pytest.mark.parametrize(
    "ecg",
    [
        Ecg((), Decimal(500)),
        Ecg((Lead(1, "I", ()),), Decimal(500)),
        Ecg((Lead(1, "I", (1,)),), Decimal(0)),
        Ecg((Lead(1, "I", (1,), Decimal(0)),), Decimal(500)),
        Ecg((Lead(1, "I", (1,)),) * (MOST_LEADS + 1), Decimal(500)),
        Ecg((Lead(1, "I", (1,) * (MOST_SAMPLES + 1)),), Decimal(500)),
        Ecg((Lead(1, "I", (1,)),), Decimal(500), statements=("x",) * 500),
    ],
)
def test_what_is_no_ecg_or_too_much_of_one_is_refused(ecg: Ecg) -> None:
    with pytest.raises(BadInputError):
        check_ecg(ecg)


@pytest.mark.parametrize("period", [0, -1, "x", 1e400])
def test_a_period_that_is_none_is_refused(period: object) -> None:
    sampled = {"origin": {"value": 0}, "period": period, "data": "1 2"}
    with pytest.raises(BadInputError):
        from_observation({"valueSampledData": sampled})
