"""Every command says in a sentence what it is for, and nothing a newcomer cannot know."""

import subprocess
import sys
from typing import Any

import click
import pytest
import typer

from chartkeep.cli.main import COMMANDS as MODULES
from chartkeep.cli.main import commands
from tests.cli.conftest import Command

ROOT = typer.main.get_command(commands())


def leaves(command: click.Command, *path: str) -> list[tuple[str, ...]]:
    if not hasattr(command, "commands"):
        return [path]
    return [leaf for name, each in command.commands.items() for leaf in leaves(each, *path, name)]


COMMANDS = leaves(ROOT)
SENTENCES = {
    "init": "Found a house in an empty folder",
    "keyholder": "lets no key go before the line about it is durable",
    "store": "holds sealed bytes and can open none of them",
    "witness": "cosigns ledgers that only grow",
    "load": "what is wrong is named, the rest is loaded, a second run mends",
    "open": "Open sections of a chart",
    "search": "Find patients by name, birth date, number or phone",
    "incident exposure": "Say whose charts were exposed to any mix of suspects",
    "disclosures": "List who saw what of a patient's chart",
    "shred": "seven days to stop it",
    "ledger verify": "Check every line",
    "status": "what needs a person",
    "login": "Open a session of at most twelve hours",
    "demo": "Play the main job",
}


def command_of(path: tuple[str, ...]) -> click.Command:
    command: click.Command = ROOT
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    return command


def test_the_commands_of_the_readme_are_all_there() -> None:
    assert {" ".join(path) for path in COMMANDS} >= set(SENTENCES)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_and_what_it_wants(
    chartkeep: Command, path: tuple[str, ...]
) -> None:
    said = chartkeep(*path, "--help")
    text = " ".join(said.out.replace("│", " ").split())
    assert said.code == 0
    assert SENTENCES.get(" ".join(path), "Usage: chartkeep ") in text
    command = command_of(path)
    assert command.help
    assert command.help[0].isupper()
    known = {"--help", "--password"}  # what these are, everybody knows
    silent = [
        each.name
        for each in command.params
        if not getattr(each, "help", None) and known.isdisjoint(each.opts)
    ]
    assert silent == []


def test_without_a_command_all_are_listed(chartkeep: Command) -> None:
    said = chartkeep()
    assert all(path[0] in said.out for path in COMMANDS)


@pytest.mark.parametrize("part", ["keyholder", "store", "witness"])
def test_a_keeper_starts_without_pictures_pages_and_inventions(part: str) -> None:
    program = (
        "import sys; from chartkeep.cli.main import commands; commands(sys.argv[1]); "
        "others = {'faker', 'pydicom', 'pynetdicom', 'numpy', 'starlette', 'jinja2', 'hl7'}; "
        "sys.exit(bool(others & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", program, part]
    assert subprocess.run(command, check=False).returncode == 0


def test_every_command_is_found_in_the_module_that_says_it() -> None:
    for names in MODULES.values():
        for name in names:
            group: Any = typer.main.get_command(commands(name))
            assert set(group.commands) == set(names)
