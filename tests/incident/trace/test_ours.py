from chartkeep.incident.trace.found import Row
from chartkeep.incident.trace.labelling import Labels
from chartkeep.incident.trace.ours import (
    Shuffled,
    Tally,
    Verdict,
    copy_of,
    false_matches,
    judge_table,
    settle,
    shuffle,
)
from chartkeep.inventor.people import Patient
from tests.incident.trace.people import PEOPLE, Values, matcher, patient, rows, stranger, told


def judged(table: list[Row]) -> tuple[Verdict, Tally]:
    ours, tally = matcher(), Tally()
    labels = ours.label([row.values for row in table])
    share = ours.share(table, labels)
    for each in ours.match(table, labels, share):
        tally.add(each)
    settle(tally, false_matches(ours, table, labels, share))
    return judge_table(tally, copy_of(tally, ())), tally


def numbered(who: Patient, number: str) -> Values:
    return (number, *told(who))


def test_our_table_is_our_record() -> None:
    table = rows([numbered(patient(n), patient(n).identifiers[0][1]) for n in range(300)])
    verdict, tally = judged(table)
    assert verdict is Verdict.RECORD
    assert len(tally.charts) == tally.sure >= 297


def test_the_neighbours_table_is_our_patients_and_not_our_record() -> None:
    shared = [patient(n) for n in range(0, PEOPLE, 25)]
    people = shared + [stranger(n) for n in range(4 * len(shared))]
    # Their numbers are of the same kind as ours, and some are the same: everybody begins at 1.
    numbers = [patient((7 * n + 3) % PEOPLE).identifiers[0][1] for n in range(len(people))]
    table = rows([numbered(w, n) for w, n in zip(people, numbers, strict=True)])
    verdict, tally = judged(table)
    assert verdict is Verdict.PATIENT
    assert tally.verdicts[Verdict.RECORD] == 0
    assert len(shared) * 0.98 <= tally.sure <= len(shared)


def test_a_foreign_table_is_not_ours() -> None:
    verdict, tally = judged(rows([numbered(stranger(n), f"{n:08}") for n in range(300)]))
    assert verdict is Verdict.FOREIGN
    assert tally.sure <= 1


def test_a_foreign_table_with_our_numbers_in_it_is_not_ours() -> None:
    """Both hospitals count from 1: numbers without anything else prove nothing."""
    table = rows([numbered(stranger(n), patient(n % PEOPLE).identifiers[0][1]) for n in range(300)])
    verdict, tally = judged(table)
    assert verdict is Verdict.FOREIGN
    assert tally.verdicts[Verdict.RECORD] == 0


def test_names_and_birth_dates_shuffled_against_each_other_claim_hardly_anybody() -> None:
    table = rows([told(patient(n)) for n in range(400)], (1, 2))
    ours = matcher()
    labels = ours.label([row.values for row in table])
    shuffled = false_matches(ours, table, labels, ours.share(table, labels))
    assert shuffled.rows == 400
    assert shuffled.claimed <= 4


def test_a_table_of_shuffled_people_is_not_ours() -> None:
    table = shuffle(rows([told(patient(n)) for n in range(400)], (1, 2, 3)), 11)
    assert judged(table)[0] is Verdict.FOREIGN


def test_a_single_row_of_ours_is_our_patient() -> None:
    assert judged(rows([told(patient(5))]))[0] is Verdict.PATIENT


def test_what_is_said_of_a_table_shows_nobody() -> None:
    assert repr(judged(rows([told(patient(5))]))[1]) == "<Tally of 1 rows>"


def test_rows_by_name_alone_are_no_more_certain_for_rows_with_a_number_beside_them() -> None:
    """Half the table rests on a number; the other half is names chance would match as often."""
    table = rows([told(patient(n)) for n in range(40)])
    table += [Row(row.number + 40, ("", *row.values[1:3])) for row in table]
    ours, tally = matcher(), Tally()
    for each in ours.match(table, Labels(names=((1,),), births=(2,), numbers=(0,)), 0.9):
        tally.add(each)
    assert tally.by_name >= 30
    assert settle(tally, Shuffled(80, 40))
    assert judge_table(tally, copy_of(tally, ())) is Verdict.PATIENT
    assert tally.sure <= 40
    assert tally.verdicts[Verdict.CANDIDATES] >= 30


def test_a_tables_columns_are_told_by_all_of_it() -> None:
    """Of 199 rows the last half has the names: a sample of the first hundred would see none."""
    empty: list[Values] = [("",) * 7] * 100
    table = rows([*empty, *(told(patient(n)) for n in range(99))])
    assert matcher().label([row.values for row in table]).names
