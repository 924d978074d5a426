"""The pages of this repository, and the names that stand in them."""

import re
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
NAME = re.compile(r"`([a-z_]+(?:\.[A-Za-z_]+)+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
FILES = (".py", ".md", ".db", ".json", ".jsonl", ".key", ".toml", ".list", ".zstd", ".seed", ".pem")


def pages() -> list[Path]:
    """Give every page a reader is sent to."""
    return [ROOT / "README.md", ARCHITECTURE, *sorted((ROOT / "docs").rglob("*.md"))]


def code_names(text: str) -> list[str]:
    """Give the names of modules, classes and functions in a page, file names left out."""
    return [name for name in NAME.findall(text) if not name.endswith(FILES)]


def resolve(name: str) -> object:
    """Find `part.module.thing` under chartkeep. Raises ImportError or AttributeError."""
    words = name.split(".")
    for at in range(len(words), 0, -1):
        try:
            found: object = import_module("chartkeep." + ".".join(words[:at]))
        except ModuleNotFoundError:
            continue
        for word in words[at:]:
            found = getattr(found, word)
        return found
    raise ImportError(f"no such part: {name}")


def source_files() -> list[Path]:
    """Give the product's own files."""
    return sorted((ROOT / "src" / "chartkeep").rglob("*.py"))
