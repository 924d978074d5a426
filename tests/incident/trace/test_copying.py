import pytest

from chartkeep.fingerprint.names import read_name
from chartkeep.fingerprint.person import Reading
from chartkeep.incident.notify.batch import COLUMNS
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.copying import Copying, Sign, Signs, signs_of, weigh_copy
from chartkeep.incident.trace.index import FEWEST_COUNTED, Held
from chartkeep.incident.trace.labelling import Labels
from chartkeep.incident.trace.layouts import layout_odds
from chartkeep.incident.trace.matching import Matcher
from chartkeep.model import Millis, to_text
from tests.incident.trace.people import (
    ADMITTED,
    KEY,
    PEOPLE,
    Values,
    chart_of,
    matcher,
    patient,
    reading_of,
    rows,
    told,
)

DAY = 86_400_000
NEVER = Millis(0)
AS_OURS = {Sign.SPELLING: 1.0, Sign.ADDRESS: 1.0, Sign.PHONE: 1.0}


def shown(many: int, shares: dict[Sign, float]) -> Signs:
    """Say of so many rows in which share each sign shows."""
    signs = Signs()
    for at in range(many):
        row = [(sign, at < share * many) for sign, share in shares.items()]
        signs.add(row, (NEVER, NEVER))
    return signs


def weighed(many: int, shares: dict[Sign, float], known: float = 1.0) -> Copying:
    return weigh_copy(shown(many, shares), (many, int(many / known)))


def test_a_copy_without_a_number_is_ours_when_signs_of_several_kinds_agree() -> None:
    found = weighed(300, AS_OURS)
    assert found.is_ours
    assert "300 of 300 phones are as ours" in found.reasons


@pytest.mark.attack
@pytest.mark.parametrize("group", [(Sign.SPELLING, Sign.ADDRESS), (Sign.PHONE,), (Sign.MISTAKE,)])
def test_no_one_source_others_may_share_makes_a_table_ours(group: tuple[Sign, ...]) -> None:
    assert weighed(3_000, dict.fromkeys(group, 1.0)).probability < 0.97


@pytest.mark.attack
def test_a_neighbour_who_has_every_value_as_we_do_and_four_in_five_others_is_not_ours() -> None:
    assert weighed(2_000, AS_OURS, known=0.2).probability < 0.01


@pytest.mark.attack
def test_a_registry_customer_with_phones_of_its_own_is_not_ours() -> None:
    assert weighed(2_000, AS_OURS | {Sign.PHONE: 0.6}).probability < 0.05


def test_a_few_rows_say_nothing() -> None:
    assert weighed(29, AS_OURS) == Copying(0.0)


def test_a_few_slips_we_corrected_weigh_as_much_as_all_phones() -> None:
    slips, phones = shown(60, {}), shown(60, {Sign.PHONE: 1.0})
    plain = weigh_copy(slips, (60, 60)).probability
    slips.add([(Sign.MISTAKE, True)] * 5, (NEVER, NEVER))
    assert (
        weigh_copy(slips, (60, 60)).probability > weigh_copy(phones, (60, 60)).probability > plain
    )


def turned(*, dated: bool) -> Signs:
    """A hundred rows of people who moved on a day each, as of the fiftieth day or of none."""
    signs = Signs()
    for day in range(1, 101):
        is_new = day <= 50 if dated else day % 2 == 0
        turn = Millis(ADMITTED + day * DAY)
        signs.add([], (turn, NEVER) if is_new else (NEVER, turn))
    return signs


def test_all_that_changed_before_one_instant_and_nothing_after_it_is_a_sign() -> None:
    known = (100, 100)
    dated, mixed = weigh_copy(turned(dated=True), known), weigh_copy(turned(dated=False), known)
    assert "50 of 50 changes of before the copy are in it" in dated.reasons
    assert dated.probability > 0.9
    assert mixed.probability < 0.01


def test_a_list_of_ours_and_an_export_are_laid_out_as_ours() -> None:
    export = ("resourceType", "id", "meta.versionId", "meta.lastUpdated", "name.0.family")
    assert layout_odds(COLUMNS) > layout_odds(export) > layout_odds(("nik", "nama")) == 1
    assert layout_odds(tuple(reversed(export))) == 1


def chart(*history: Reading, others: int = 1) -> Held:
    builder = Builder(KEY)
    for number in range(others):
        builder.add(chart_of(number), [(ADMITTED, named("Siti Aminah"))])
    moments = [Millis(ADMITTED + at * DAY) for at in range(len(history))]
    builder.add(chart_of(PEOPLE), list(zip(moments, history, strict=True)))
    index = builder.finish()
    numbers = {index.chart(at): at for at in range(index.size)}
    return index.held(numbers[chart_of(PEOPLE)], KEY)


def named(text: str) -> Reading:
    name = read_name(text)
    assert name is not None
    return Reading(names=(name,))


def test_a_rare_spelling_is_a_sign_and_the_common_one_in_its_place_speaks_against_it() -> None:
    held = chart(named("Sitti Aminah"), others=FEWEST_COUNTED)
    assert dict(signs_of(named("SITTI AMINAH"), held)) == {Sign.SPELLING: True}
    assert dict(signs_of(named("Siti Aminah"), held)) == {Sign.SPELLING: False}
    assert not dict(signs_of(named("Siti Aminah"), chart(named("Siti Aminah"), others=9)))


def test_a_birth_date_we_corrected_is_our_slip_and_the_right_one_is_not() -> None:
    slip, right = Reading(births=("1980-03-02",)), Reading(births=("1980-02-03",))
    held = chart(slip, right)
    assert dict(signs_of(slip, held))[Sign.MISTAKE]
    assert not dict(signs_of(right, held))[Sign.MISTAKE]


def test_a_name_that_sounds_otherwise_now_is_a_marriage_and_no_slip() -> None:
    married = chart(named("Siti Kurniawati"), named("Siti Putri"))
    assert not dict(signs_of(named("Siti Kurniawati"), married))
    mistyped = chart(named("Siti Kurniawatti"), named("Siti Kurniawati"))
    assert dict(signs_of(named("Kurniawatti Siti"), mistyped)) == {Sign.MISTAKE: True}
    assert dict(signs_of(named("Siti Kurniawati"), mistyped)) == {Sign.MISTAKE: False}


def copied(cells: list[str], labels: Labels) -> tuple[str, ...]:
    """Match rows of one patient each with one more cell; gives what the first shows of ours."""
    table = rows([(*told(patient(n)), cell) for n, cell in enumerate(cells)])
    return next(iter(matcher().match(table, labels, 0.9))).copy


WHO = Labels(names=((1,),), births=(2,), numbers=(0,))


def test_our_own_time_of_entry_is_ours_in_any_full_hour_and_no_minute_is() -> None:
    at = ADMITTED // 1000
    assert at % 60
    timed = WHO._replace(times=(7,))
    assert "entry time" in copied(["2023-11-14T22:13:20Z"], timed)
    assert "entry time" in copied(["2023-11-15 05:13:20"], timed)
    assert not copied(["2023-11-14T22:13:00Z"], timed)
    assert not copied(["2023-11-14T22:14:20Z"], timed)


def test_a_reference_to_our_patient_is_a_number_of_ours() -> None:
    builder = Builder(KEY)
    for number in range(60):
        own = to_text(chart_of(number)).replace("-", "").upper().lstrip("0")
        builder.add(chart_of(number), [(ADMITTED, reading_of(patient(number)))], [own])
    table: list[Values] = [
        (*told(patient(n))[1:3], f"Patient/{to_text(chart_of(n))}") for n in range(50)
    ]
    ours = Matcher(builder.finish(), KEY)
    labels = Labels(names=((0,),), births=(1,), numbers=(2,))
    found = list(ours.match(rows(table), labels, 0.9))
    assert all("record number" in each.copy for each in found)
