"""Figures and words in the pages are those the keyholder goes by."""

import re

from chartkeep.keyholder import actions
from chartkeep.keyholder.budget import DEFAULT_LIMITS, Kind, Scope
from chartkeep.keyholder.roles import Ability
from tests.docs.pages import ROOT, source_files


def source() -> str:
    """Give all of the product's code in one text."""
    return "\n".join(path.read_text() for path in source_files())


def test_the_protocol_page_names_every_verb_that_is_written() -> None:
    page = (ROOT / "docs/formats/keyholder-protocol.md").read_text()
    verbs = set(re.findall(r"turn\.line\(\s*\"([a-z_]+)\"", source()))
    assert len(verbs) > 15
    assert {verb for verb in verbs if f"`{verb}`" not in page} == set()


def test_every_ability_somebody_checks_is_on_the_roles_page() -> None:
    page, code = (ROOT / "docs/roles.md").read_text(), source()
    checked = {ability for ability in Ability if f"Ability.{ability.name}" in code}
    checked |= {Ability(name) for name in actions.SOURCES}
    assert {ability for ability in checked if f"| `{ability}` |" not in page} == set()


def test_the_bounds_in_threats_are_those_in_force() -> None:
    page = (ROOT / "docs/threats.md").read_text()
    figures = {f"{limit.most:,}" for limit in DEFAULT_LIMITS if limit.kind != Kind.LOGIN}
    assert {figure for figure in figures if figure not in page} == set()
    assert {limit.scope for limit in DEFAULT_LIMITS} == set(Scope)
