"""Plays a transcript against the real commands, and holds their output against it.

    # a word to the reader
    $ chartkeep command
    expected output, where … stands for anything in a line, {word} for a word kept under its name,
    …                and a line of its own for any lines
    [2]              the exit code, when it is not 0

A kept {word} may stand in later commands. `export A=B` holds from there on; `&` starts a process
of the house and waits until it listens.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chartkeep.wiring.home import Home
from chartkeep.wiring.launch import Running

CODE = """#!{python}
import pathlib, sys, time, pyotp
used = pathlib.Path(".code-" + sys.argv[1])
now = int(time.time()) // 30
step = max(now, int(used.read_text()) + 1 if used.exists() else 0)
time.sleep(max(0, (step - 1) * 30 - time.time()))  # a code works once: wait for the next
used.write_text(str(step))
print(pyotp.TOTP(sys.argv[1]).at(step * 30))
"""
"""What a person's device does."""


class Step(NamedTuple):
    """A command and what it should say."""

    line: int
    command: str
    expected: list[str]
    code: int


def read_story(path: Path) -> Iterator[Step]:
    """Part a transcript into its steps."""
    command, line, said = "", 0, list[str]()
    for number, text in enumerate([*path.read_text().splitlines(), "$ "], 1):
        if text.startswith("$ "):
            if command:
                code = re.fullmatch(r"\[(\d+)\]", said[-1]) if said else None
                yield Step(line, command, said[:-1] if code else said, int(code[1]) if code else 0)
            command, line, said = text[2:], number, []
        elif text.strip() and not text.startswith("# "):
            said.append(text.rstrip())


class Stage:
    """A folder in which stories are played, with its processes and kept words."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words: dict[str, str] = {}
        self.running: Running | None = None
        binaries = folder / "bin"
        binaries.mkdir()
        (binaries / "code").write_text(CODE.format(python=sys.executable))
        (binaries / "code").chmod(0o755)
        path = f"{binaries}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = {
            **os.environ, "PATH": path, "HOME": str(folder), "COLUMNS": "110", "TZ": "UTC",
            "CHARTKEEP_HOME": "house", "CHARTKEEP_SESSION": "session.json",
            # a command starts in half the time when it was compiled before
            "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        }  # fmt: skip

    def play(self, path: Path) -> int:
        """Play a story; gives the number of its steps, or fails at the line that differs."""
        steps = list(read_story(path))
        for step in steps:
            said, code = self._run(self._filled(step.command))
            found = re.fullmatch(self._pattern(step.expected), said)
            if found is None or code != step.code:
                message = f"{path.name}:{step.line}: $ {step.command}\n{said}[{code}]"
                raise AssertionError(message)
            self.words |= found.groupdict()
        return len(steps)

    def close(self) -> None:
        for part in list(self.running.children) if self.running else ():
            self.running.stop(part, kill=True)

    def _run(self, command: str) -> tuple[str, int]:
        words = shlex.split(command)
        if words[0] == "export":
            self.environment |= [words[1].split("=", 1)]
            return "", 0
        if words[-1] == "&":
            self.running = self.running or Running(Home(self.folder / "house"))
            self.running.start(words[1])
            return "", 0
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        lines = [line.rstrip() for line in done.stdout.splitlines() if line.strip()]
        return "".join(f"{line}\n" for line in lines), done.returncode

    def _filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda name: self.words[name[1]], text)

    def _pattern(self, expected: list[str]) -> str:
        return "".join(map(self._line_pattern, expected))

    def _line_pattern(self, line: str) -> str:
        if line.strip() == "…":
            return r"(?:.*\n)*?"
        pieces = re.split(r"(\{\w+\}|…)", line.rstrip())
        return "".join(map(self._piece_pattern, pieces)) + r"\n"

    def _piece_pattern(self, piece: str) -> str:
        if piece == "…":
            return ".*?"
        if not re.fullmatch(r"\{\w+\}", piece):
            return re.escape(piece)
        name = piece[1:-1]
        return re.escape(self.words[name]) if name in self.words else rf"(?P<{name}>[^\s&]+)"
