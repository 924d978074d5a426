import numpy as np

from chartkeep.incident.trace.moment import Bound, Forgeable, OtherClock, Window, find_moment
from chartkeep.model import Millis

YEAR = 365 * 86_400_000
END = 10 * YEAR
EVER = (Millis(0), Millis(END))


def _windows(chance: np.random.Generator, moments: list[int], wrong: float = 0.05) -> list[Window]:
    """Give each row the version that held at its moment, of a chart that changes once a year."""
    windows: list[Window] = []
    for moment in moments:
        cuts = np.sort(chance.integers(END, size=10))
        at = int(chance.integers(END)) if chance.random() < wrong else moment
        place = int(np.searchsorted(cuts, at))
        low = int(cuts[place - 1]) if place else 0
        high = int(cuts[place]) if place < cuts.size else END
        windows.append(((Millis(low), Millis(high)),))
    return windows


def test_it_finds_when_a_hundred_rows_were_copied_though_some_are_wrong() -> None:
    held, widths = 0, []
    for seed in range(60):
        chance = np.random.default_rng(seed)
        truth = int(chance.integers(4 * YEAR, 9 * YEAR))
        moment = find_moment(_windows(chance, [truth] * 100), EVER)
        assert moment.is_snapshot
        held += moment.instants[0].low <= truth < moment.instants[0].high
        widths.append(moment.instants[0].high - moment.instants[0].low)
    assert held >= 58
    assert float(np.median(widths)) < 14 * 86_400_000


def test_it_names_the_rows_that_disagree() -> None:
    windows = _windows(np.random.default_rng(1), [7 * YEAR] * 60, wrong=0)
    windows[17] = ((Millis(0), Millis(YEAR)),)
    moment = find_moment(windows, EVER)
    assert moment.disagreeing == (17,)


def test_a_row_without_a_window_is_no_evidence() -> None:
    windows: list[Window] = [(), *_windows(np.random.default_rng(2), [7 * YEAR] * 40, wrong=0)]
    moment = find_moment(windows, EVER)
    assert moment.rows == 40
    assert moment.disagreeing == ()


def test_without_any_window_it_says_nothing() -> None:
    moment = find_moment([(), ()], EVER)
    assert moment.instants == ()
    assert not moment.is_snapshot


def test_two_leaks_put_together_are_not_one_snapshot() -> None:
    chance = np.random.default_rng(3)
    moment = find_moment(_windows(chance, [3 * YEAR] * 60 + [8 * YEAR] * 40, wrong=0), EVER)
    assert not moment.is_snapshot
    first, second = sorted(moment.instants[:2])
    assert first.low <= 3 * YEAR < first.high
    assert second.low <= 8 * YEAR < second.high


def test_rows_read_over_years_are_not_one_snapshot() -> None:
    chance = np.random.default_rng(4)
    moments = [int(each) for each in chance.integers(2 * YEAR, 9 * YEAR, size=100)]
    assert not find_moment(_windows(chance, moments), EVER).is_snapshot


def test_a_value_that_came_back_has_two_spans() -> None:
    windows = _windows(np.random.default_rng(5), [7 * YEAR] * 40, wrong=0)
    windows[0] = ((Millis(YEAR), Millis(2 * YEAR)), (Millis(6 * YEAR), Millis(8 * YEAR)))
    assert find_moment(windows, EVER).disagreeing == ()


def test_other_clocks_stand_hardest_to_forge_first_and_contradictions_are_said() -> None:
    windows = _windows(np.random.default_rng(6), [7 * YEAR] * 200, wrong=0)
    file = OtherClock("file's own time", Millis(2 * YEAR), Bound.ABOUT, Forgeable.EASILY)
    newest = OtherClock("newest result", Millis(6 * YEAR), Bound.NOT_BEFORE, Forgeable.NO)
    column = OtherClock("column TSUPDATE", Millis(9 * YEAR), Bound.NOT_BEFORE, Forgeable.SOME)
    moment = find_moment(windows, EVER, [file, column, newest])
    assert moment.clocks == (newest, column, file)
    assert moment.contradicted == (column, file)
