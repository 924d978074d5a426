import pytest

from chartkeep.fingerprint.names import read_name
from chartkeep.fingerprint.person import Reading, look_ups
from chartkeep.incident.trace import building, thinking
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.found import Row
from chartkeep.incident.trace.index import Index, merged
from chartkeep.incident.trace.labelling import Labels
from chartkeep.incident.trace.matching import Matched, Matcher
from chartkeep.inventor.names import Origin
from chartkeep.model import ChartId, Millis
from tests.incident.trace.people import (
    ADMITTED,
    KEY,
    PEOPLE,
    chance,
    chart_of,
    fact_of,
    index,
    match,
    noisy,
    patient,
    reading_of,
    rows,
    stranger,
    told,
)

DAY = 86_400_000


def compared(found: list[Matched], numbers: list[int]) -> tuple[int, int]:
    """Count the rows found right and wrong; `numbers` says of whom each is, -1 of a stranger."""
    sure = [(each, number) for each, number in zip(found, numbers, strict=True) if each.is_sure]
    right = sum(n >= 0 and each.candidates[0].chart == chart_of(n) for each, n in sure)
    return right, len(sure) - right


def test_a_noisy_leak_finds_nearly_everybody_and_nobody_wrong() -> None:
    drawn = chance()
    numbers = [drawn.randrange(PEOPLE) for _ in range(400)]
    leak = [noisy(told(patient(each)), drawn) for each in numbers]
    strangers = [noisy(told(stranger(each)), drawn) for each in range(200)]
    right, wrong = compared(match(rows(leak + strangers)), numbers + [-1] * 200)
    assert wrong == 0
    assert right >= 0.99 * len(numbers)


@pytest.mark.parametrize("columns", [(6, 2, 4, 1, 0, 3, 5), (1, 2, 3), (5, 1, 6), (2, 3, 5)])
def test_columns_may_stand_in_any_order_and_some_be_missing(columns: tuple[int, ...]) -> None:
    numbers = list(range(300))
    found = match(rows([told(patient(each)) for each in numbers], columns))
    right, wrong = compared(found, numbers)
    assert wrong == 0
    assert right >= 0.97 * len(numbers)


def test_a_name_in_two_columns_is_one() -> None:
    west = [n for n in range(PEOPLE) if patient(n).origin is Origin.WEST][:100]
    names = [patient(each).names.latin for each in west]
    leak = [
        ("x", name.family, f"{patient(n).birth:%Y%m%d}", name.given)
        for n, name in zip(west, names, strict=True)
    ]
    assert compared(match(rows(leak)), west)[1] == 0
    assert compared(match(rows(leak)), west)[0] >= 95


@pytest.mark.parametrize("script", ["official", "kana", "romaji"])
def test_a_japanese_name_is_found_in_each_of_its_scripts(script: str) -> None:
    people = [n for n in range(PEOPLE) if patient(n).origin is Origin.JAPAN][:100]
    leak = [(getattr(patient(n).names, script).text, patient(n).birth.isoformat()) for n in people]
    right, wrong = compared(match(rows(leak)), people)
    assert wrong == 0
    assert right >= 95


def test_namesakes_are_given_as_candidates_and_none_is_chosen() -> None:
    twins = Reading(names=(read_name("Siti Aminah Putri"),), births=("1990-01-01",))  # type: ignore[arg-type]
    builder = Builder(KEY)
    for number in range(300):
        reading = twins if number < 2 else reading_of(patient(number))
        builder.add(chart_of(number), [(ADMITTED, reading)])
    ours = Matcher(builder.finish(), KEY)
    others = [(patient(n).names.latin.text, patient(n).birth.isoformat()) for n in range(5, 60)]
    table = rows([("Siti Aminah Putri", "1990-01-01"), *others])
    labels = ours.label([row.values for row in table])
    first = next(ours.match(table, labels, ours.share(table, labels)))
    assert not first.is_sure
    assert {each.chart for each in first.candidates[:2]} == {chart_of(0), chart_of(1)}
    assert first.known > 0.99


def test_a_child_is_not_its_mother() -> None:
    mothers = [n for n in range(PEOPLE) if patient(n).names.latin.family][:200]
    leak = []
    for number in mothers:
        values = list(told(patient(number)))
        family = patient(number).names.latin.family
        values[0], values[1] = f"88{number:012}", f"Bagas {family}"
        values[2] = f"{number % 28 + 1:02}/{number % 12 + 1:02}/2019"
        leak.append(tuple(values))
    assert not any(each.is_sure for each in match(rows(leak)))


def test_what_our_record_alone_has_is_named() -> None:
    people = list(range(120))
    leak = []
    for number in people:
        value, minute = fact_of(number).split("|")
        who = patient(number)
        leak.append((who.identifiers[0][1], *told(who)[1:3], value, f"{minute}:00"))
    found = match(rows(leak))
    assert all({"record number", "result"} <= set(each.copy) for each in found if each.is_sure)
    assert sum(each.is_sure for each in found) >= 115


def test_a_window_is_when_all_that_agrees_stood_there() -> None:
    who, moved = patient(1), ADMITTED + 100 * DAY
    before = reading_of(who)
    after = before._replace(addresses=reading_of(patient(2)).addresses)
    builder = Builder(KEY)
    builder.add(chart_of(1), [(ADMITTED, before), (Millis(moved), after)])
    for number in range(2, 200):
        builder.add(chart_of(number), [(ADMITTED, reading_of(patient(number)))])
    ours = Matcher(builder.finish(), KEY)
    table = [Row(1, told(who)), *rows([told(patient(n)) for n in range(3, 60)])]
    labels = ours.label([row.values for row in table])
    old = next(ours.match(table, labels, 0.9))
    assert old.window == ((ADMITTED, moved),)
    assert "past value" in old.copy
    told_now = (*told(who)[:5], *told(patient(2))[5:])
    new = next(ours.match([Row(1, told_now), *table[1:]], labels, 0.9))
    assert new.window == ((moved, 1 << 62),)
    assert old.evidence()[0].chart == ChartId(chart_of(1))


@pytest.mark.attack
def test_no_lone_value_that_many_share_is_looked_for() -> None:
    who = reading_of(patient(3))
    for lone in ("births", "sexes", "postcodes", "cities"):
        assert not look_ups(Reading()._replace(**{lone: getattr(who, lone)}))
    assert not look_ups(Reading(names=(read_name("Budi"),)))  # type: ignore[arg-type]
    assert not look_ups(Reading(numbers=("12345",)))


def test_an_index_takes_less_than_200_bytes_of_tokens_a_chart() -> None:
    each = index().bytes_each
    assert each["tokens"] + each["owners"] <= 200
    assert sum(each.values()) <= 500


def test_a_name_of_a_small_later_part_is_as_rare_as_it_is_among_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (building, thinking):
        monkeypatch.setattr(module, "FEWEST_COUNTED", 10)

    def part(numbers: range) -> Index:
        builder = Builder(KEY)
        for number in numbers:
            builder.add(chart_of(number), [(ADMITTED, reading_of(patient(number)))])
        return builder.finish()

    last = patient(239)
    table = rows([(last.names.latin.text, last.identifiers[1][1], last.phone)])
    labels = Labels(names=((0,),), numbers=(1,), phones=(2,))
    whole, joined = (
        Matcher(each, KEY).think(table, labels)[0].weighed[0].weight
        for each in (part(range(240)), merged(part(range(200)), part(range(200, 240))))
    )
    assert joined == pytest.approx(whole)
