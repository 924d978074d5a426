"""Whatever a hint tells somebody to run is a command there is."""

import ast
import re
from pathlib import Path

import typer

import chartkeep
from chartkeep.cli.main import commands

SOURCE = Path(chartkeep.__file__).parent
COMMAND = re.compile(r"(?<!newer )chartkeep ((?:incident )?[a-z]+(?:-[a-z]+)*)")


def hints() -> dict[str, str]:
    """Give every `hint=` of the code that names a command, and where it stands."""
    found: dict[str, str] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "hint":
                words = [
                    each.value for each in ast.walk(node.value)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                ]  # fmt: skip
                for named in COMMAND.findall(" ".join(words)):
                    found[named] = str(path.relative_to(SOURCE))
    return found


def test_a_hint_names_a_command_there_is() -> None:
    group = typer.main.get_command(commands())
    known = set(group.commands)
    known |= {f"incident {verb}" for verb in group.commands["incident"].commands}
    named = hints()
    assert len(named) > 10
    assert {name: place for name, place in named.items() if name not in known} == {}
