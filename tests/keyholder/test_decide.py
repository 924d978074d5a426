"""The rules about opening, one by one, as tables: role, relation, section, purpose."""

import pytest

from chartkeep.errors import ChartkeepError
from chartkeep.keyholder import actions, details
from chartkeep.keyholder.asking import CeilingError
from chartkeep.keyholder.budget import HOUR, Kind, Limit, Scope
from chartkeep.keyholder.decide import Ask, Verdict, decide_open
from chartkeep.keyholder.roles import mask
from chartkeep.keyholder.roster import Person, Session
from chartkeep.keyholder.standing import DAY, Standing
from chartkeep.ledger.line import Line
from chartkeep.model import CHART_SECTIONS, Purpose, Section
from chartkeep.sealing.keyed import keyed_hash
from tests import cast

NOW = cast.START
FACILITY = cast.FACILITY.id
INPATIENT, OUTPATIENT, STRANGER, DECOY = (bytes([n]) * 16 for n in range(1, 5))
S = Section
FACE, CLINICAL, IDENTITY = mask(S.FACE), mask(S.CLINICAL), mask(S.IDENTITY)
CARE = mask(S.FACE, S.CLINICAL, S.RESULTS)
WARDS = {"aiko": "3W", "budi": "5E", "carla": "3W", "hana": "3W", "ivan": "3W", "joko": ""}
ROLES = {
    **{name: role for name, (role, _) in cast.PEOPLE.items()},
    "hana": "archivist",
    "ivan": "radiologist",
    "joko": "investigator",
}


@pytest.fixture
def standing() -> Standing:
    """Everyone is on 3W who can be: also a clerk and an archivist, whom that must not help."""
    found = Standing()
    for name, role in ROLES.items():
        ward = WARDS.get(name, "")
        found.people[name] = Person(name, role, frozenset({ward} - {""}), "", "")
    do(found, actions.Place(INPATIENT, "3W", "12"), actions.Place(OUTPATIENT, "3W", ""))
    do(
        found,
        actions.Place(DECOY, "3W", "13"),
        actions.MarkDecoy(keyed_hash(found.decoy_key, DECOY)),
    )
    return found


def do(standing: Standing, *acts: actions.Actions, proposal: bytes = b"") -> None:
    for act in acts:
        told = details.pack(details.Acted(act, "", proposal))
        standing.apply(Line(NOW, "act", person="fumi", detail=told))


def session(person: str, instance: str = "desk") -> Session:
    return Session(person.encode().ljust(16), person, instance, NOW + HOUR, NOW)


def ask(
    standing: Standing,
    person: str,
    chart: bytes,
    sections: int = CARE,
    purpose: str = "TREAT",
    *,
    reason: str = "collapsed in the corridor",
    grant: bytes = b"",
    instance: str = "desk",
    now: int = NOW,
) -> Verdict:
    asked = Ask(session(person, instance), chart, sections, purpose, reason, grant)
    return decide_open(standing, FACILITY, asked, now)


def outcome(standing: Standing, person: str, chart: bytes, sections: int, purpose: str) -> str:
    try:
        return ask(standing, person, chart, sections, purpose).kind
    except ChartkeepError as error:
        return type(error).__name__.removesuffix("Error")


NO = "NotAllowed"
TABLE = [
    # person, chart, section -> the budget under TREAT, and under BTG
    ("aiko", INPATIENT, CARE, "free", "break-glass"),
    ("aiko", INPATIENT, CARE | mask(S.IMAGING), "chart", "break-glass"),
    ("aiko", INPATIENT, mask(S.RESTRICTED), "chart", "break-glass"),
    ("aiko", INPATIENT, IDENTITY, NO, NO),
    ("aiko", OUTPATIENT, CARE, "chart", "break-glass"),
    ("aiko", STRANGER, FACE, "face", "break-glass"),
    ("aiko", STRANGER, CARE, NO, "break-glass"),
    ("budi", INPATIENT, CARE, NO, "break-glass"),
    ("budi", INPATIENT, FACE, "face", "break-glass"),
    ("carla", INPATIENT, FACE, "face", NO),
    ("carla", INPATIENT, FACE | IDENTITY, "chart", NO),
    ("carla", INPATIENT, CLINICAL, NO, NO),
    ("dewi", INPATIENT, FACE, "face", NO),
    ("dewi", INPATIENT, CLINICAL, NO, NO),
    ("erik", INPATIENT, FACE, NO, NO),
    ("hana", INPATIENT, FACE, NO, NO),
    ("hana", INPATIENT, CARE, NO, NO),
    ("ivan", INPATIENT, CARE, "free", "break-glass"),
    ("ivan", STRANGER, mask(S.IMAGING), "chart", "break-glass"),
    ("ivan", STRANGER, CLINICAL, NO, "break-glass"),
    ("ivan", INPATIENT, mask(S.RESTRICTED), NO, NO),
    ("joko", INPATIENT, CLINICAL, NO, NO),
]


@pytest.mark.parametrize(("person", "chart", "sections", "treating", "breaking"), TABLE)
def test_a_role_and_a_relation_open_just_this(
    standing: Standing, person: str, chart: bytes, sections: int, treating: str, breaking: str
) -> None:
    assert outcome(standing, person, chart, sections, "TREAT") == treating
    assert outcome(standing, person, chart, sections, "BTG") == breaking


@pytest.mark.parametrize("person", ROLES)
def test_nobody_opens_more_than_the_role_says_whatever_the_purpose(
    standing: Standing, person: str
) -> None:
    rights = standing.people[person].rights
    for section in CHART_SECTIONS:
        for purpose in Purpose:
            got = outcome(standing, person, INPATIENT, mask(section), purpose)
            assert got == NO or rights.sections >> section & 1


@pytest.mark.parametrize("sections", [0, 1, mask(S.ORDINARY), CARE | mask(S.JOURNAL), 1 << 31])
def test_it_refuses_sections_no_chart_has(standing: Standing, sections: int) -> None:
    assert outcome(standing, "aiko", INPATIENT, sections, "TREAT") == "Refused"


@pytest.mark.parametrize("reason", ["", "    x    ", "short", "y" * 501])
def test_breaking_glass_takes_a_typed_reason(standing: Standing, reason: str) -> None:
    with pytest.raises(ChartkeepError, match="reason"):
        ask(standing, "aiko", STRANGER, purpose="BTG", reason=reason)


def test_a_relation_ends_when_its_time_is_over(standing: Standing) -> None:
    do(standing, actions.Relate("budi", STRANGER, NOW + 10))
    assert ask(standing, "budi", STRANGER).kind == Kind.CHART
    with pytest.raises(ChartkeepError, match="no relation"):
        ask(standing, "budi", STRANGER, now=NOW + 10)


def test_a_relation_does_not_make_an_archivist_a_nurse(standing: Standing) -> None:
    do(standing, actions.Relate("hana", STRANGER, NOW + DAY))
    assert outcome(standing, "hana", STRANGER, CARE, "TREAT") == NO


# The care floor.


@pytest.mark.parametrize("frozen", [("site", ""), ("person", "aiko")])
def test_a_freeze_spares_the_floor_and_broken_glass(
    standing: Standing, frozen: tuple[str, str]
) -> None:
    do(standing, actions.Freeze(*frozen))
    assert outcome(standing, "aiko", INPATIENT, CARE, "TREAT") == "free"
    assert outcome(standing, "aiko", STRANGER, CARE, "BTG") == "break-glass"
    assert outcome(standing, "aiko", OUTPATIENT, CARE, "TREAT") == "Frozen"
    assert outcome(standing, "aiko", STRANGER, FACE, "TREAT") == "Frozen"


@pytest.mark.parametrize("frozen", [("instance", "desk"), ("session", session("aiko").id.hex())])
def test_a_frozen_instance_or_session_opens_nothing_at_all(
    standing: Standing, frozen: tuple[str, str]
) -> None:
    do(standing, actions.Freeze("site", ""), actions.Freeze(*frozen))
    for chart in (INPATIENT, OUTPATIENT, STRANGER):
        assert outcome(standing, "aiko", chart, CARE, "TREAT") == "Frozen"
        assert outcome(standing, "aiko", chart, CARE, "BTG") == "Frozen"


def test_no_budget_refuses_the_floor(standing: Standing) -> None:
    for scope in Scope:
        standing.spending.set_limit(Limit(scope, Kind.CHART, HOUR, 0), "")
    assert outcome(standing, "aiko", INPATIENT, CARE, "TREAT") == "free"
    assert outcome(standing, "aiko", OUTPATIENT, CARE, "TREAT") == "OverBudget"


def test_the_floor_ends_with_the_bed(standing: Standing) -> None:
    do(standing, actions.Place(INPATIENT, "", ""))
    assert outcome(standing, "aiko", INPATIENT, CARE, "TREAT") == NO


@pytest.mark.parametrize("scope", [Scope.INSTANCE, Scope.SITE])
def test_a_ceiling_freezes_what_it_stands_for(standing: Standing, scope: Scope) -> None:
    standing.spending.set_limit(Limit(scope, Kind.CHART, HOUR, 0), "")
    with pytest.raises(CeilingError) as refused:
        ask(standing, "aiko", OUTPATIENT)
    assert refused.value.freezes == (scope, "desk" if scope == Scope.INSTANCE else "")


def test_too_much_broken_glass_freezes_nobody(standing: Standing) -> None:
    standing.spending.set_limit(Limit(Scope.SITE, Kind.BREAK_GLASS, HOUR, 0), "")
    with pytest.raises(ChartkeepError) as refused:
        ask(standing, "aiko", STRANGER, purpose="BTG")
    assert not isinstance(refused.value, CeilingError)


# Grants.

GRANT = b"g" * 16


def granted(standing: Standing, charts: int = 1, until: int = NOW + HOUR) -> None:
    grant = actions.Grant("hana", charts, FACE | CLINICAL, until, "HRESCH")
    do(standing, grant, proposal=GRANT)


def test_a_grant_opens_its_charts_and_no_more(standing: Standing) -> None:
    granted(standing)
    verdict = ask(standing, "hana", STRANGER, FACE, "HRESCH", grant=GRANT)
    assert verdict.kind == Kind.BULK
    released = details.Released("HRESCH", "", "bulk", True, NOW, GRANT, 1)
    opened = Line(NOW, "release", "hana", chart=STRANGER, detail=details.pack(released))
    standing.apply(opened)
    ask(standing, "hana", STRANGER, CLINICAL, "HRESCH", grant=GRANT)
    with pytest.raises(ChartkeepError, match="used up"):
        ask(standing, "hana", INPATIENT, FACE, "HRESCH", grant=GRANT)


@pytest.mark.parametrize(
    ("person", "sections", "purpose", "now", "words"),
    [
        ("aiko", FACE, "HRESCH", NOW, "no such grant"),
        ("hana", FACE | IDENTITY, "HRESCH", NOW, "does not carry"),
        ("hana", FACE, "TREAT", NOW, "does not carry"),
        ("hana", FACE, "BTG", NOW, "does not carry"),
        ("hana", FACE, "HRESCH", NOW + HOUR, "no such grant"),
    ],
)
def test_a_grant_holds_in_its_words_only(
    standing: Standing, person: str, sections: int, purpose: str, now: int, words: str
) -> None:
    granted(standing, charts=100)
    with pytest.raises(ChartkeepError, match=words):
        ask(standing, person, STRANGER, sections, purpose, grant=GRANT, now=now)


def test_a_grant_named_on_the_floor_is_looked_at_like_any_other(standing: Standing) -> None:
    """Else openings of one's own ward would use up somebody else's grant."""
    granted(standing)
    with pytest.raises(ChartkeepError, match="no such grant"):
        ask(standing, "aiko", INPATIENT, grant=GRANT)


def test_a_grant_does_not_pass_a_freeze(standing: Standing) -> None:
    granted(standing)
    do(standing, actions.Freeze("site", ""))
    with pytest.raises(ChartkeepError, match="frozen"):
        ask(standing, "hana", STRANGER, FACE, "HRESCH", grant=GRANT)


# Leases.


def leased(standing: Standing, sections: int, kind: str, end: int) -> None:
    released = details.Released("TREAT", "", kind, True, end, b"", 1)
    mine = session("aiko").id
    detail = details.pack(released)
    standing.apply(Line(NOW, "release", "aiko", mine, "desk", b"", OUTPATIENT, sections, detail))


def test_opening_again_inside_the_lease_is_free(standing: Standing) -> None:
    assert ask(standing, "aiko", OUTPATIENT).fresh
    leased(standing, CARE, "chart", NOW + 100)
    assert not ask(standing, "aiko", OUTPATIENT, now=NOW + 99).fresh
    assert ask(standing, "aiko", OUTPATIENT, now=NOW + 100).fresh


def test_a_lease_carries_no_further_section(standing: Standing) -> None:
    leased(standing, FACE | CLINICAL, "chart", NOW + 100)
    assert ask(standing, "aiko", OUTPATIENT, CLINICAL | mask(S.IMAGING)).fresh


def test_a_cheap_lease_does_not_pay_for_a_dear_opening(standing: Standing) -> None:
    leased(standing, CARE, "face", NOW + 100)
    assert ask(standing, "aiko", OUTPATIENT, CARE).fresh


# The facility's own chart.


def test_the_facilitys_ordinary_section_is_open_to_all(standing: Standing) -> None:
    for person in ROLES:
        verdict = ask(standing, person, FACILITY, mask(S.ORDINARY), "HOPERAT")
        assert (verdict.kind, verdict.fresh) == (Kind.FREE, False)


def test_its_restricted_section_opens_under_a_grant_only(standing: Standing) -> None:
    sections = mask(S.RESTRICTED)
    assert outcome(standing, "dewi", FACILITY, sections, "HOPERAT") == NO
    do(standing, actions.Grant("dewi", 1, sections, NOW + HOUR, "HSYSADMIN"), proposal=GRANT)
    assert ask(standing, "dewi", FACILITY, sections, "HSYSADMIN", grant=GRANT).kind == Kind.BULK


@pytest.mark.attack
def test_its_journal_opens_to_those_who_audit_and_to_nobody_else(standing: Standing) -> None:
    journal = mask(S.JOURNAL)
    opens = {who for who in ROLES if outcome(standing, who, FACILITY, journal, "HSYSADMIN") != NO}
    assert opens == {"dewi", "gita", "joko"}
    do(standing, actions.Grant("aiko", 1, journal, NOW + HOUR, "HSYSADMIN"), proposal=GRANT)
    with pytest.raises(ChartkeepError, match="this role does not read the journal"):
        ask(standing, "aiko", FACILITY, journal, "HSYSADMIN", grant=GRANT)


def test_an_audit_goes_on_while_the_site_is_frozen(standing: Standing) -> None:
    do(standing, actions.Freeze("site", ""))
    journal = mask(S.JOURNAL)
    assert ask(standing, "dewi", FACILITY, journal, "HSYSADMIN").kind == Kind.FREE
    assert outcome(standing, "dewi", FACILITY, journal | mask(S.ORDINARY), "HSYSADMIN") == "Frozen"
    do(standing, actions.Freeze("person", "dewi"))
    assert outcome(standing, "dewi", FACILITY, journal, "HSYSADMIN") == "Frozen"


def test_the_facility_has_no_clinical_section(standing: Standing) -> None:
    assert outcome(standing, "aiko", FACILITY, CLINICAL, "TREAT") == "Refused"


# Decoys.


def test_a_decoy_freezes_session_and_instance_and_the_second_one_the_site(
    standing: Standing,
) -> None:
    first = ask(standing, "aiko", DECOY)
    assert first.freezes == (("session", session("aiko").id.hex()), ("instance", "desk"))
    standing.apply(Line(NOW, "decoy", detail=details.pack(details.Told())))
    assert ("site", "") in ask(standing, "aiko", DECOY, now=NOW + HOUR - 1).freezes
    assert ("site", "") not in ask(standing, "aiko", DECOY, now=NOW + HOUR).freezes


def test_a_decoys_face_and_granted_bulk_do_not_trip(standing: Standing) -> None:
    granted(standing)
    assert not ask(standing, "budi", DECOY, FACE).decoy
    assert not ask(standing, "hana", DECOY, FACE, "HRESCH", grant=GRANT).decoy
    assert ask(standing, "budi", DECOY, CARE, "BTG").decoy
