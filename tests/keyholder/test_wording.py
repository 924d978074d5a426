"""Who approves reads names and times, never bits and milliseconds."""

import uuid

import pytest

from chartkeep.keyholder import actions
from chartkeep.keyholder.wording import tell_action
from chartkeep.model import Section
from tests.keyholder.desk import Desk

CHART = uuid.UUID("9b0f2c1a-0000-4000-8000-00000000c0de").bytes
UNTIL = 1_798_675_200_000  # 2026-12-31
SOME = 1 << Section.FACE | 1 << Section.RESULTS

TOLD = [
    (
        actions.GrantPacks("packer-1", [], SOME, 50, UNTIL),
        "program packer-1, wards all, sections face results, charts 50, until 2026-12-31 00:00 UTC",
    ),
    (
        actions.Grant("gita", 9, SOME, 1 << 62, "HRESCH"),
        "sections face results, until 4611686018427387904 ms since 1970, purpose HRESCH",
    ),
    (actions.SetLimit("site", "", "chart", 5_400_000, 7), "window 1.5 hours, limit 7"),
    (
        actions.Relate("aiko", CHART, UNTIL),
        "person aiko, chart 9b0f2c1a-0000-4000-8000-00000000c0de, until 2026-12-31 00:00 UTC",
    ),
    (actions.AddPerson("hugo", "nurse", [], "secret", "totp"), "name hugo, role nurse, wards none"),
]


@pytest.mark.parametrize(("action", "words"), TOLD, ids=lambda each: type(each).__name__)
def test_an_act_is_told_in_words(desk: Desk, action: actions.Actions, words: str) -> None:
    told = tell_action(desk.keyholder.standing, action)
    assert words in told
    assert told.startswith(f"{type(action).__name__}: ")
    assert "secret" not in told


@pytest.mark.attack
def test_who_is_replaced_is_said(desk: Desk) -> None:
    again = actions.AddPerson("aiko", "administrator", ["3W", "5E"], "secret", "totp")
    told = tell_action(desk.keyholder.standing, again)
    assert "wards 3W and 5E; REPLACES aiko, nurse" in told
