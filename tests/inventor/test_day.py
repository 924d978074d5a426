from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import pytest

from chartkeep.inventor.day import Open, Relation, ordinary_day
from chartkeep.inventor.hospital import Hospital, invent_hospital
from chartkeep.inventor.site import HOSPITAL_TIME, Role
from chartkeep.model import Purpose, Section

TODAY = date(2026, 11, 2)  # a Monday


@pytest.fixture(scope="module")
def hospital() -> Hospital:
    return invent_hospital(7, 800, TODAY, depth=0)


@pytest.fixture(scope="module")
def opens(hospital: Hospital) -> list[Open]:
    return ordinary_day(hospital, TODAY, 1)


def test_openings_come_in_order_and_within_the_day(opens: list[Open]) -> None:
    times = [open_.at for open_ in opens]
    assert times == sorted(times)
    days = {datetime.fromtimestamp(at / 1000, HOSPITAL_TIME).date() for at in times}
    assert days == {TODAY}


def test_nurses_open_only_their_own_wards_current_inpatients(
    hospital: Hospital, opens: list[Open]
) -> None:
    wards = {place.index: place.ward for place in hospital.placements()}
    nursing = [o for o in opens if o.person.role is Role.NURSE]
    assert nursing
    assert all(wards[o.patient] in o.person.wards for o in nursing)
    assert {o.relation for o in nursing} == {Relation.WARD}


def test_a_nurse_opens_twenty_to_sixty_charts_and_a_clinician_up_to_eighty(
    opens: list[Open],
) -> None:
    charts = Counter(o.person for o in opens if o.sections != (Section.FACE,))
    nurses = [count for person, count in charts.items() if person.role is Role.NURSE]
    doctors = [count for person, count in charts.items() if person.role is Role.CLINICIAN]
    assert 20 <= min(nurses) <= max(nurses) <= 60
    assert max(doctors) <= 80


def test_clerks_see_faces_and_identity_and_nothing_else(opens: list[Open]) -> None:
    desk = [o for o in opens if o.person.role is Role.CLERK]
    assert {o.sections for o in desk} == {(Section.FACE, Section.IDENTITY)}
    assert {o.purpose for o in desk} == {Purpose.PAYMENT}


def test_a_ward_relation_is_never_claimed_for_another_wards_patient(
    hospital: Hospital, opens: list[Open]
) -> None:
    wards = {place.index: place.ward for place in hospital.placements()}
    seen: dict[Relation, list[bool]] = defaultdict(list)
    for open_ in opens:
        seen[open_.relation].append(wards.get(open_.patient, "") in open_.person.wards)
    assert all(seen[Relation.WARD])
    assert seen[Relation.CONSULT]
    assert len(seen[Relation.APPOINTMENT]) > 100


def test_nobody_administers_by_opening_charts(opens: list[Open]) -> None:
    idle = {Role.ADMINISTRATOR, Role.PRIVACY_OFFICER}
    assert idle.isdisjoint(open_.person.role for open_ in opens)


def test_there_are_no_appointments_at_the_weekend(hospital: Hospital) -> None:
    sunday = ordinary_day(hospital, TODAY - timedelta(days=1), 1)
    assert sunday
    assert Relation.APPOINTMENT not in {open_.relation for open_ in sunday}


def test_the_same_seed_replays_the_same_day_and_another_day_is_another(
    hospital: Hospital, opens: list[Open]
) -> None:
    assert ordinary_day(hospital, TODAY, 1) == opens
    tomorrow = ordinary_day(hospital, TODAY + timedelta(days=1), 1)
    assert [o.patient for o in tomorrow] != [o.patient for o in opens]


def test_an_empty_hospital_has_quiet_days() -> None:
    assert ordinary_day(invent_hospital(7, 0, TODAY), TODAY, 1) == []
