"""Keys leave only after their line, to those whose role, relation and budget carry it."""

import os

import pytest

from chartkeep.errors import NotAllowedError, NotFoundError, OverBudgetError, RefusedError
from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.keyholder.roles import mask
from chartkeep.model import Purpose, Section
from tests import cast
from tests.conftest import KeyholderRun

CARE = [Section.FACE, Section.CLINICAL, Section.RESULTS]


def a_chart(keyholder: KeyholderRun, ward: str = "", bed: str = "") -> protocol.ChartWraps:
    """Make a chart through the interface engine, and place its patient."""
    return placed_chart(keyholder.client("engine"), ward, bed)


def placed_chart(engine: KeyholderClient, ward: str, bed: str) -> protocol.ChartWraps:
    """Make a chart through an engine that is connected already."""
    chart = os.urandom(16)
    sealed = engine.seal_keys([protocol.SealWant(chart, [int(s) for s in CARE], True)])
    engine.act(b"", actions.Place(chart, ward, bed))
    return protocol.ChartWraps(chart, mask(*CARE), [key.wrap for key in sealed.keys])


def opened(
    client: KeyholderClient, token: bytes, wanted: protocol.ChartWraps, purpose: str = "TREAT"
) -> protocol.OpenedChart:
    """Ask to open one chart."""
    reason = "collapsed in the corridor" if purpose == Purpose.BREAK_GLASS else ""
    request = protocol.OpenKeys(token, purpose, reason, b"", [wanted])
    return client.open_keys(request).charts[0]


def test_it_opens_her_own_wards_inpatient(keyholder: KeyholderRun) -> None:
    wanted = a_chart(keyholder, "3W", "12")
    answer = opened(keyholder.client(), keyholder.login("aiko"), wanted)
    assert (answer.error, len(answer.keys)) == ("", 3)


def test_it_refuses_a_colleague_from_another_ward_until_she_breaks_glass(
    keyholder: KeyholderRun,
) -> None:
    wanted, token = a_chart(keyholder, "3W", "12"), keyholder.login("budi")
    assert opened(keyholder.client(), token, wanted).error == "NotAllowedError"
    assert opened(keyholder.client(), token, wanted, "BTG").error == ""


def test_whom_a_source_says_treats_her_opens_her_chart_while_it_holds(
    keyholder: KeyholderRun, clock: cast.FakeClock
) -> None:
    engine = keyholder.client("engine")
    wanted, token = placed_chart(engine, "3W", "12"), keyholder.login("budi")
    engine.act(b"", actions.Relate("budi", wanted.chart, clock.at + 86_400_000))
    assert opened(keyholder.client(), token, wanted).error == ""
    engine.act(b"", actions.Relate("budi", wanted.chart, clock.at))
    assert opened(keyholder.client(), token, wanted).error == "NotAllowedError"


@pytest.mark.attack
def test_a_stolen_source_gives_a_person_few_new_patients_an_hour_and_none_for_ever(
    keyholder: KeyholderRun, clock: cast.FakeClock
) -> None:
    engine, until = keyholder.client("engine"), clock.at + 86_400_000
    for _ in range(60):
        engine.act(b"", actions.Relate("budi", os.urandom(16), until))
    with pytest.raises(OverBudgetError, match="too many new patients"):
        engine.act(b"", actions.Relate("budi", os.urandom(16), until))
    with pytest.raises(RefusedError, match="31 days"):
        engine.act(b"", actions.Relate("aiko", os.urandom(16), clock.at + 32 * 86_400_000))
    for nobody in ("carla", "dewi", "zoe"):
        with pytest.raises(NotFoundError):
            engine.act(b"", actions.Relate(nobody, os.urandom(16), until))


def test_it_refuses_the_sixty_first_chart_in_an_hour(keyholder: KeyholderRun) -> None:
    token, desk = keyholder.login("aiko"), keyholder.client()
    answers = [opened(desk, token, a_chart(keyholder, "3W")).error for _ in range(61)]
    assert answers == [""] * 60 + ["OverBudgetError"]


def test_a_wrap_of_one_section_does_not_open_as_another(keyholder: KeyholderRun) -> None:
    wanted = a_chart(keyholder, "3W", "12")
    disguised = protocol.ChartWraps(wanted.chart, mask(Section.FACE), [wanted.wraps[1]])
    answer = opened(keyholder.client(), keyholder.login("aiko"), disguised)
    assert (answer.error, answer.keys) == ("RefusedError", [])


def test_a_stolen_token_is_worthless_at_another_instance(keyholder: KeyholderRun) -> None:
    wanted, token = a_chart(keyholder, "3W", "12"), keyholder.login("aiko")
    with pytest.raises(NotAllowedError, match="another instance"):
        opened(keyholder.client("second desk"), token, wanted)


def test_an_interface_engine_opens_nothing(keyholder: KeyholderRun) -> None:
    wanted, token = a_chart(keyholder, "3W", "12"), keyholder.login("aiko")
    with pytest.raises(NotAllowedError):
        opened(keyholder.client("engine"), token, wanted)


def test_budgets_and_wards_survive_a_restart(keyholder: KeyholderRun) -> None:
    token, inpatient = keyholder.login("aiko"), a_chart(keyholder, "3W", "1")
    for _ in range(60):
        opened(keyholder.client(), token, a_chart(keyholder, "3W"))
    keyholder.stop()
    keyholder.start()
    assert opened(keyholder.client(), token, a_chart(keyholder, "3W")).error == "OverBudgetError"
    assert opened(keyholder.client(), token, inpatient).error == ""


def test_opening_a_decoy_freezes_the_session_and_the_instance(keyholder: KeyholderRun) -> None:
    decoy, other = a_chart(keyholder, "3W", "1"), a_chart(keyholder, "3W", "2")
    keyholder.client("host").act(b"", actions.MarkDecoy(decoy.chart))
    intruder = keyholder.login("aiko")
    assert opened(keyholder.client(), intruder, decoy).error == ""
    assert opened(keyholder.client(), intruder, other).error == "FrozenError"
    elsewhere = keyholder.login("aiko", "second desk")
    assert opened(keyholder.client("second desk"), elsewhere, other).error == ""


def test_a_wrap_of_another_chart_is_refused(keyholder: KeyholderRun) -> None:
    mine, other = a_chart(keyholder, "3W", "1"), a_chart(keyholder)
    swapped = protocol.ChartWraps(mine.chart, mine.sections, other.wraps)
    assert opened(keyholder.client(), keyholder.login("aiko"), swapped).error == "RefusedError"


def test_one_code_makes_one_session(keyholder: KeyholderRun) -> None:
    keyholder.login("aiko")
    code = keyholder.clock.code("aiko")
    with pytest.raises(RefusedError, match="wrong"):
        keyholder.client().login("aiko", "aiko knows the ward", code)


def test_an_act_that_loosens_takes_a_second_person(keyholder: KeyholderRun) -> None:
    erik, fumi, client = keyholder.login("erik"), keyholder.login("fumi"), keyholder.client()
    limit = actions.SetLimit("person", "", "chart", 3_600_000, 500)
    proposal = client.act(erik, limit).proposal
    with pytest.raises(NotAllowedError, match="second person"):
        client.approve(erik, proposal)
    client.approve(fumi, proposal)
    assert keyholder.keyholder.standing.spending.ceiling("person", "chart", 3_600_000) == 500
