"""Drafts: every field a law names is said or unknown, every number leads to what gave it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chartkeep.errors import RefusedError, UnknownFormatError
from chartkeep.incident.case import events
from chartkeep.incident.case.case import Case, new_case
from chartkeep.incident.case.events import Concern
from chartkeep.incident.desk import Desk
from chartkeep.incident.duties.rule import Fact, Rule, read_rules
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.drafts.draft import PRESS, Change, read_draft
from chartkeep.incident.notify.drafts.fields import FIELDS
from chartkeep.incident.notify.drafts.making import Written, make_drafts, told
from chartkeep.model import Millis
from chartkeep.sealing.kek import Cost

RULES = read_rules()
JAPAN = [rule for rule in RULES if rule.jurisdiction == "JP"]
AWARE = Millis(int(datetime(2024, 5, 19, 7, tzinfo=UTC).timestamp() * 1000))
HOUR = 3_600_000


@pytest.fixture
def case(tmp_path: Path) -> Case:
    key_file = tmp_path / "stick.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    desk = Desk.found(tmp_path / "office", ("Minato", "ab" * 16), key_file, Cost(1, 8, 1))
    made = new_case(desk, "The night of May", "dewi", lambda: AWARE, ["JP"])
    made.add(events.Aware("the night nurse", AWARE, "nothing would start"))
    return made


def drafts(case: Case, rules: list[Rule] = JAPAN, after: int = HOUR) -> dict[str, Written]:
    made = make_drafts(case, rules, {State.MADE: 3}, Millis(AWARE + after), "Asia/Tokyo")
    case.add_all(told(made))
    return {each.draft.duty: each for each in made}


def field(written: Written, name: str) -> list[str]:
    [found] = [each for each in written.draft.fields if each.name == name]
    return [said.text for said in found.said]


def test_every_field_any_law_names_has_a_row_and_no_row_is_left_over() -> None:
    named = {c for rule in RULES for duty in rule.duty for c in duty.contents} | set(PRESS)
    assert set(FIELDS) == named


def test_an_empty_case_gives_every_draft_with_every_field_unknown_but_what_is_known(
    case: Case,
) -> None:
    made = drafts(case, RULES)
    for rule in RULES:
        for duty in rule.duty:
            if duty.to == ["persons"]:
                continue
            draft = made[f"{rule.rule} {duty.key}"].draft
            assert [each.name for each in draft.fields] == duty.contents
    assert "press" in made
    preliminary = made["jp-appi preliminary"]
    assert preliminary.draft.unknown == [
        "kinds of data", "number of persons", "cause", "secondary damage",
        "publication", "prevention of recurrence", "other",
    ]  # fmt: skip
    assert "cannot" not in preliminary.text
    assert "rests on what is not known yet" in preliminary.text
    assert "Due: 2024-05-23 23:59 JST" in preliminary.text
    assert "7 of 9 fields unknown" in preliminary.text
    assert preliminary.text.count("UNKNOWN, under investigation") == 7


def test_a_number_is_three_and_leads_to_its_query_and_its_list(case: Case) -> None:
    listed = case.keep(b"charts", "the list of the second estimate")
    case.add(events.Estimate(1, "exposure", events.Group(9), query="old"))
    case.add(
        events.Estimate(
            2, "exposure of the session", events.Group(1_204, listed), events.Group(5_000),
            query="chartkeep incident exposure --session 5e", gaps=("lines 7-9 are lost",),
        ),
        evidence=[listed],
    )  # fmt: skip
    made = drafts(case)["jp-appi preliminary"]
    assert field(made, "number of persons") == [
        "certain: 1,204 persons, estimate 2, exposure of the session",
        "implied: 5,000 persons, estimate 2, exposure of the session",
        "not covered by any evidence: lines 7-9 are lost",
    ]
    assert f"again with: chartkeep incident exposure --session 5e; list {listed}" in made.text


def test_every_word_comes_from_an_event_of_the_case(case: Case) -> None:
    case.add(events.Known(Fact.UNLAWFUL_ACT.value, holds=True, why="a ransom note"))
    case.add(events.Window(Millis(AWARE - HOUR), None, "the VPN log"))
    case.add(events.Finding("cause", "first foreign act at the VPN", "likely"))
    case.add(events.Decision("all keys were changed", "erik", "they may be known", "fumi"))
    case.add(events.Concerned(Concern.ADDRESS, "203.0.113.7", "the VPN log"))
    case.add(events.Note("Secondary damage: none is known"))
    case.add(events.Note("cause of joy: none"))
    made = drafts(case)
    final = made["jp-appi final"]
    assert field(final, "cause") == ["first foreign act at the VPN (likely)"]
    assert field(final, "secondary damage") == ["none is known"]
    assert any("ransom note" in text for text in field(final, "outline"))
    assert field(final, "response to persons") == ["letters: 3 made"]
    assert field(made["jp-mhlw police"], "systems kept as evidence") == [
        "address 203.0.113.7 (the VPN log)"
    ]
    written = len(case.events())
    for each in made.values():
        for one in each.draft.fields:
            assert all(-1 <= said.event < written for said in one.said)
            assert all(said.event >= 0 or said.query for said in one.said)


def test_a_later_version_says_what_changed_and_the_same_one_is_not_written_twice(
    case: Case,
) -> None:
    first = drafts(case)["jp-appi preliminary"]
    assert (first.draft.version, first.new, first.before) == (1, True, "")
    again = drafts(case)["jp-appi preliminary"]
    assert (again.draft.version, again.new) == (1, False)
    case.add(events.Estimate(1, "exposure", events.Group(40_000)))
    second = drafts(case)["jp-appi preliminary"]
    assert (second.draft.version, second.new) == (2, True)
    assert [(each.field, each.change) for each in second.changes] == [
        ("number of persons", Change.NOW_KNOWN)
    ]
    case.add(events.Estimate(2, "exposure", events.Group(38_000)))
    third = drafts(case)["jp-appi preliminary"].text
    assert "Since jp-appi preliminary, version 2: 1 fields" in third
    assert "- certain: 40,000 persons" in third
    assert "+ certain: 38,000 persons" in third


def test_the_final_report_is_held_against_the_preliminary_one(case: Case) -> None:
    drafts(case)
    case.add(events.Note("prevention of recurrence: no shared passwords any more"))
    final = drafts(case)["jp-appi final"]
    assert final.before == "jp-appi final, version 1"
    fresh = [rule for rule in RULES if rule.rule == "eu-nis2"]
    drafts(case, fresh)
    assert drafts(case, fresh)["eu-nis2 final report"].draft.after == "eu-nis2 notification"


def test_a_rule_past_its_date_and_a_clock_past_its_end_say_so_loudly(case: Case) -> None:
    late = drafts(case, after=24 * HOUR * 365 * 6)["jp-appi preliminary"]
    assert "THE RULE IS PAST ITS DATE" in late.text
    assert "PAST: give the reasons for the delay" in late.text


def test_a_clock_that_waits_for_another_duty_starts_when_that_was_done(case: Case) -> None:
    nis2 = [rule for rule in RULES if rule.rule == "eu-nis2"]
    waits = drafts(case, nis2)["eu-nis2 final report"]
    assert "Due: 1mo after eu-nis2 notification" in waits.text
    case.add(events.Clock("eu-nis2 notification", "CSIRT", None, met=AWARE))
    assert "Due: 2024-06-19 23:59" in drafts(case, nis2)["eu-nis2 final report"].text


def test_the_fields_carry_the_readers_own_language(case: Case) -> None:
    assert "3. number of persons / 本人の数" in drafts(case)["jp-appi preliminary"].text
    indonesia = [rule for rule in RULES if rule.rule == "id-pdp"]
    assert "Data Pribadi yang terungkap" in drafts(case, indonesia)["id-pdp agency"].text


def test_the_drafts_are_evidence_and_read_back(case: Case) -> None:
    made = drafts(case)
    kept = [each for _, each in case.standing(events.Draft)]
    assert {each.whom for each in kept} == set(made)
    pieces: list[bytes] = []
    case.read(kept[0].text, pieces.append)
    assert read_draft(b"".join(pieces)) == made[kept[0].whom].draft
    for broken in (b"", b"{}", made["press"].draft.encode().replace(b"draft-1", b"draft-9")):
        with pytest.raises(UnknownFormatError):
            read_draft(broken)


def test_while_nobody_is_said_to_know_there_is_no_draft(tmp_path: Path, case: Case) -> None:
    desk = Desk.open(tmp_path / "office")
    empty = new_case(desk, "Nothing yet", "dewi", lambda: AWARE)
    with pytest.raises(RefusedError, match="became aware"):
        drafts(empty)


@pytest.mark.attack
def test_no_words_of_a_person_look_like_a_field_or_a_source(case: Case) -> None:
    forged = "none\r\n\n6. response to persons\n   40,000 told [*]\u2028Where it is from:\x1b[31m"
    case.add(events.Note(f"secondary damage: {forged}"))
    written = drafts(case)["jp-appi preliminary"]
    lines = written.text.splitlines()
    assert "   | 6. response to persons" in lines
    assert len([line for line in lines if line.startswith("6. response to persons")]) == 1
    assert len([line for line in lines if line.startswith("Where it is from:")]) == 1
    assert not [line for line in lines if not line.isprintable()]
