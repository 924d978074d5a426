"""The pages say what the code does: names exist, links lead somewhere, lengths are kept."""

import re
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from chartkeep.cli import main
from tests.docs.pages import (
    ARCHITECTURE,
    LINK,
    ROOT,
    code_names,
    pages,
    resolve,
    source_files,
)

PAGES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages()]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
MOST_WORDS = 40


def test_every_function_the_architecture_names_exists() -> None:
    names = code_names(_architecture())
    assert len(names) > 40
    for name in names:
        resolve(name)


def test_a_name_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(AttributeError):
        resolve("custody.deposit.withdraw")
    with pytest.raises(ImportError):
        resolve("pharmacy.shelf")


def test_every_test_the_architecture_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", _architecture()))
    there = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 20
    assert {name for name in named if f"def {name}(" not in there} == set()


def test_the_architecture_is_read_in_one_sitting() -> None:
    assert len(ARCHITECTURE.read_text().splitlines()) <= 200


def test_the_glossary_has_few_words_and_its_classes_exist() -> None:
    rows = [line for line in _page("glossary").splitlines() if line.startswith("| **")]
    assert 20 < len(rows) <= MOST_WORDS
    classes = [name for row in rows for name in code_names(row)]
    assert len(classes) > 10
    for name in classes:
        assert isinstance(resolve(name), type), name


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_no_page_cites_a_line_number(page: Path) -> None:
    cited = re.findall(r"\.py:\d+|\bline \d+ of `?\w+\.py|#L\d+", page.read_text())
    assert cited == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_a_page_with_its_price(page: Path) -> None:
    text = page.read_text()
    assert len(text.splitlines()) <= 60
    for heading in ("## Context", "## Options", "## Choice", "## Cost"):
        assert heading in text


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))
    assert len(DECISIONS) >= 9


def test_every_format_is_in_the_index() -> None:
    index = (ROOT / "docs/formats/README.md").read_text()
    formats = {page.name for page in (ROOT / "docs/formats").glob("*.md")} - {"README.md"}
    assert formats == set(LINK.findall(index)) & formats


def test_the_page_a_restore_prints_is_the_one_in_the_docs() -> None:
    printed = ROOT / "src/chartkeep/recovery/data/worst-day.md"
    assert printed.read_bytes() == (ROOT / "docs/worst-day.md").read_bytes()


def test_every_page_the_code_sends_people_to_is_there() -> None:
    sent = {
        name
        for path in source_files()
        for name in re.findall(r"docs/[\w/-]+\.md", path.read_text())
    }
    assert len(sent) > 10
    assert {name for name in sent if not (ROOT / name).exists()} == set()


def test_every_command_in_running_is_one_that_exists() -> None:
    asked = set(re.findall(r"^chartkeep ([a-z-]+)", _page("running"), re.MULTILINE))
    assert len(asked) > 10
    assert asked - commands() == set()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_command_that_does_not_exist(page: Path) -> None:
    asked = set(re.findall(r"`chartkeep ([a-z-]+)", page.read_text()))
    assert asked - commands() == set()


def test_no_hint_names_a_command_that_does_not_exist() -> None:
    source = "\n".join(path.read_text() for path in source_files())
    asked = set(re.findall(r'hint="[^"]*\bchartkeep ([a-z-]+)', source))
    assert len(asked) > 5
    assert asked - commands() - {"may"} == set()  # "a newer chartkeep may have written this"


def commands() -> set[str]:
    """Give the names of all commands."""
    group = get_command(main.commands())
    assert isinstance(group, TyperGroup)
    return {*group.commands}


def _architecture() -> str:
    """Give the pages that say where each promise is kept."""
    return ARCHITECTURE.read_text() + _page("vault")


def _page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()
