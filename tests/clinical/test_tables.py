import runpy
from pathlib import Path

import pytest

from chartkeep.clinical.deciding import DECIDING, FACILITY, REFUSED
from chartkeep.clinical.schema import definitions, is_type
from chartkeep.clinical.sections import SECTIONS

TOOL = Path(__file__).parents[2] / "tools/which_chart.py"
TYPES = [name for name in definitions() if is_type(name)]


def test_every_type_of_r4_stands_in_exactly_one_table() -> None:
    assert len(TYPES) == 146
    assert sorted([*DECIDING, *FACILITY, *REFUSED]) == sorted(TYPES)


def test_every_type_a_chart_can_hold_has_a_section() -> None:
    assert sorted(SECTIONS) == sorted(DECIDING)


@pytest.mark.parametrize("kind", sorted(DECIDING))
def test_the_deciding_element_is_an_element_of_its_type(kind: str) -> None:
    schema = definitions()[kind]
    for step in DECIDING[kind].steps:
        part = schema["properties"][step]
        link = part.get("items", part)["$ref"]
        schema = definitions()[link.rpartition("/")[2]]
    assert link in {"#/definitions/Reference", "#/definitions/id"}


def test_the_page_people_read_is_what_the_code_does() -> None:
    tool = runpy.run_path(str(TOOL))
    assert tool["PAGE"].read_text().endswith(tool["MARK"] + tool["tables"]())
