"""The tables people read are those the keyholder goes by."""

import re
from typing import get_args

import msgspec

from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.budget import DEFAULT_LIMITS, Kind, Scope
from chartkeep.keyholder.details import DETAILS
from chartkeep.keyholder.roles import ROLES, Ability
from chartkeep.model import Section
from tests.docs.pages import ROOT, source_files

PROTOCOL = (ROOT / "docs/formats/keyholder-protocol.md").read_text()
ROLES_PAGE = (ROOT / "docs/roles.md").read_text()
THREATS = (ROOT / "docs/threats.md").read_text()


def rows(page: str) -> list[list[str]]:
    """Give a page's table rows, cell by cell."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def fields_of(message: type[msgspec.Struct]) -> str:
    """Write a message's fields as the page has them, brackets and bounds left out."""
    return ", ".join(message.__struct_fields__)


def plain(cell: str) -> str:
    """Drop lists' brackets and what stands in parentheses."""
    return re.sub(r"\s*\([^)]*\)|\[\]", "", cell).strip()


def test_the_protocol_page_has_every_request_with_its_fields() -> None:
    written = {row[1].strip("`"): plain(row[2]) for row in rows(PROTOCOL) if len(row) == 5}
    del written["request"]
    assert written == {m.__name__: fields_of(m) for m in get_args(protocol.REQUESTS)}


def test_the_protocol_page_has_every_act_with_its_fields() -> None:
    written = {row[0].strip("`"): plain(row[1]) for row in rows(PROTOCOL) if len(row) == 2}
    acts = {act.__name__: fields_of(act) for act in get_args(actions.Actions)}
    assert {name: written[name] for name in acts} == acts


def test_the_protocol_page_has_the_details_of_every_verb() -> None:
    written = {
        verb: cells[1]
        for cells in rows(PROTOCOL)
        if len(cells) == 2
        for verb in re.findall(r"`(\w+)`", cells[0])
    }
    assert {verb: fields_of(told) for verb, told in DETAILS.items()}.items() <= written.items()


def test_the_protocol_page_names_every_verb_that_is_written() -> None:
    source = "\n".join(path.read_text() for path in source_files())
    verbs = set(re.findall(r"turn\.line\(\s*\"([a-z_]+)\"", source))
    assert len(verbs) > 15
    assert {verb for verb in verbs if f"`{verb}`" not in PROTOCOL} == set()


def test_the_roles_page_is_what_the_keyholder_goes_by() -> None:
    written = [row for row in rows(ROLES_PAGE) if len(row) == 6][1:]
    assert written == [
        [
            name, _names(role.sections), _names(role.unrelated), "yes" if role.care else "",
            "yes" if role.audit else "", ", ".join(act.__name__ for act in role.acts),
        ]
        for name, role in ROLES.items()
    ]  # fmt: skip


def test_the_roles_page_says_which_acts_take_two_people() -> None:
    two, one = next(row for row in rows(ROLES_PAGE) if row[0].startswith("AddPerson"))
    everything = {act.__name__ for act in get_args(actions.Actions)} - {"MarkDecoy"}
    assert two.split(", ") == [act.__name__ for act in actions.TWO_PEOPLE]
    assert set(one.split(", ")) == everything - set(two.split(", "))


def test_every_ability_somebody_checks_is_on_the_roles_page() -> None:
    source = "\n".join(path.read_text() for path in source_files())
    checked = {ability for ability in Ability if f"Ability.{ability.name}" in source}
    checked |= {Ability(name) for name in actions.SOURCES}
    assert {ability for ability in checked if f"`{ability}`" not in ROLES_PAGE} == set()


def _names(mask: int) -> str:
    return ", ".join(each.name.lower() for each in Section if mask >> each & 1) or "none"


def test_the_bound_in_threats_is_the_one_in_force() -> None:
    figures = {
        f"{limit.most:,}"
        for limit in DEFAULT_LIMITS
        if limit.kind != Kind.LOGIN and limit.scope != Scope.ROLE
    }
    assert {figure for figure in figures if figure not in THREATS} == set()
