"""Encrypted or not: never "unreadable" in doubt, and never without its reasons."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.custody.paper import PACK_REASON
from chartkeep.incident.duties.applying import Holds, apply_rules
from chartkeep.incident.duties.rule import Fact, read_rules
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.estimate import Estimate
from chartkeep.incident.estimate.readable import (
    Form,
    Keys,
    Thing,
    Verdict,
    judge,
    known_of,
    spared,
    split,
)
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.keyholder import details
from chartkeep.keyholder.budget import Kind as Budget
from chartkeep.ledger.line import Line
from chartkeep.model import Millis, Section, to_text
from tests.incident.estimate.ledgers import asked, written
from tests.incident.estimate.test_asking import PACK, lost, release, sealed

SAFE = Keys("a token", envelopes=False)
OPENED, SHUT = b"c" * 16, b"d" * 16
LINES = [sealed(5, OPENED), sealed(6, SHUT), release(45, OPENED)]
STORE = Suspect(Kind.STORE, b"", 40, 80)
AIKO = Suspect(Kind.PERSON, b"aiko", 40, 80)
KEYHOLDER = Suspect(Kind.KEYHOLDER, b"", 40, 80)


@pytest.fixture
def kept(tmp_path: Path) -> Columns:
    return written(tmp_path, LINES)


@pytest.fixture
def stolen(kept: Columns) -> Estimate:
    """The store's disk and a nurse's account."""
    return asked(kept, STORE, AIKO)


def verdict(found: Estimate, chart: bytes, at: int = 60, keys: Keys = SAFE) -> Verdict:
    judged = judge(Thing(chart, Section.RESULTS, Form.SEALED, at), found, keys)
    assert judged.reasons
    return judged.verdict


def test_sealed_bytes_whose_key_no_line_gave_out_are_unreadable(stolen: Estimate) -> None:
    assert verdict(stolen, SHUT) is Verdict.UNREADABLE
    assert split(stolen, SAFE).charts == {
        Verdict.READABLE: 1, Verdict.UNPROVED: 0, Verdict.UNREADABLE: 1,
    }  # fmt: skip


def test_what_a_suspect_opened_is_readable_from_then_on(kept: Columns) -> None:
    only_aiko = asked(kept, AIKO)
    assert verdict(only_aiko, OPENED, at=60) is Verdict.READABLE
    assert verdict(only_aiko, OPENED, at=44) is Verdict.UNREADABLE
    face = Thing(OPENED, Section.FACE, Form.SEALED, 60)
    assert judge(face, only_aiko, SAFE).verdict is Verdict.UNREADABLE


def test_what_lay_in_clear_is_readable(stolen: Estimate) -> None:
    thing = Thing(SHUT, Section.RESULTS, Form.CLEAR, 60)
    assert judge(thing, stolen, SAFE).verdict is Verdict.READABLE


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (SAFE, Verdict.UNREADABLE),
        (SAFE._replace(envelopes=True), Verdict.READABLE),
        (SAFE._replace(envelopes=None), Verdict.UNPROVED),
    ],
)
def test_a_pack_is_as_safe_as_its_envelope(tmp_path: Path, keys: Keys, found: Verdict) -> None:
    stolen = asked(written(tmp_path, packed()), Suspect(Kind.PACK, PACK, 1, 99))
    thing = Thing(OPENED, Section.RESULTS, Form.PACK, 60)
    assert judge(thing, stolen, keys).verdict is found
    assert split(stolen, keys).charts[found] == 1


def packed() -> list[Line]:
    told = details.Released("TREAT", PACK_REASON + to_text(PACK), Budget.PACK, True, 99, b"", 1)
    return [release(45, OPENED, detail=details.pack(told))]


DOUBTS = {
    "the keyholder's host is suspected": ([*LINES], [STORE, KEYHOLDER], SAFE),
    "the keyholder's host alone": ([*LINES], [KEYHOLDER], SAFE),
    "a chart's key": ([*LINES], [STORE, Suspect(Kind.CHART_KEY, SHUT, 40, 80)], SAFE),
    "lines are lost": ([*LINES, lost(70)], [STORE], SAFE),
    "the key file": ([*LINES], [STORE], SAFE._replace(key_file=True)),
    "a backup with its shares": ([*LINES], [STORE], SAFE._replace(backup=True)),
    "nobody said where the key is": ([*LINES], [STORE], SAFE._replace(kept="")),
    "nobody is suspected": ([*LINES], [], SAFE),
}


@pytest.mark.attack
@pytest.mark.parametrize(("lines", "mix", "keys"), DOUBTS.values(), ids=DOUBTS)
def test_in_doubt_nothing_is_unreadable(
    tmp_path: Path, lines: list[Line], mix: list[Suspect], keys: Keys
) -> None:
    found = asked(written(tmp_path, lines), *mix)
    assert verdict(found, SHUT, keys=keys) is Verdict.UNPROVED
    assert split(found, keys).charts[Verdict.UNREADABLE] == 0
    assert known_of(split(found, keys)).get(Fact.UNREADABLE, False) is False


@pytest.mark.attack
@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    at=st.integers(0, 200),
    section=st.sampled_from(Section),
    form=st.sampled_from(Form),
    chart=st.sampled_from([OPENED, SHUT, b"z" * 16]),
    keys=st.builds(Keys, st.sampled_from(["", "a token"]), st.booleans(), st.booleans()),
    others=st.lists(st.sampled_from([STORE, AIKO]), max_size=2),
)
def test_nothing_is_unreadable_while_the_keyholders_host_is_suspected(
    suspected: Estimate,
    at: int,
    section: Section,
    form: Form,
    chart: bytes,
    keys: Keys,
    others: list[Suspect],
) -> None:
    mixed = replace(suspected, suspects=(*others, KEYHOLDER), widened=(0,) * (len(others) + 1))
    judged = judge(Thing(chart, section, form, at), mixed, keys)
    assert judged.verdict is not Verdict.UNREADABLE
    assert judged.reasons


@pytest.fixture(scope="module")
def suspected(tmp_path_factory: pytest.TempPathFactory) -> Estimate:
    return asked(written(tmp_path_factory.mktemp("suspected"), LINES), KEYHOLDER)


def test_before_and_after_its_window_an_estimate_proves_nothing(stolen: Estimate) -> None:
    assert verdict(stolen, SHUT, at=39) is Verdict.UNPROVED
    assert verdict(stolen, SHUT, at=81) is Verdict.UNPROVED


def test_a_law_that_spares_the_unreadable_spares_it_only_when_it_is_proved(
    kept: Columns,
) -> None:
    known = {Fact.HEALTH_DATA: True, Fact.DATA_OUT: True, Fact.UNLAWFUL_ACT: True}
    rules = [rule for rule in read_rules() if rule.jurisdiction == "JP"]
    fewer = spared(rules, known, Millis(0), Millis(0))
    assert fewer, "Japan asks no report of what is sealed and stayed shut"
    sure = {**known, **known_of(split(asked(kept, STORE), SAFE))}
    unsure = {**known, **known_of(split(asked(kept, STORE), Keys()))}
    keys = {(one.rule.rule, one.duty.key) for one in fewer}
    for facts, holds in ((sure, {Holds.NO}), (unsure, {Holds.YES, Holds.PERHAPS})):
        there = apply_rules(rules, facts, Millis(0), {}, Millis(0))
        assert {o.holds for o in there if (o.rule.rule, o.duty.key) in keys} <= holds
