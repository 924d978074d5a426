"""The tables in docs that say what the code says; `python -m tests.keyholder.pages` writes them.

A page holds prose and, between two comments, a table made here; a test compares them.
"""

import re
import sys
from itertools import chain
from pathlib import Path
from typing import get_args

import msgspec
from msgspec import inspect

from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.details import DETAILS
from chartkeep.keyholder.protocol import (
    acts,
    following,
    keys,
    labels,
    lines,
    packs,
    people,
    restoring,
)
from chartkeep.keyholder.roles import EVERYONE_STOPS, ROLES, Role
from chartkeep.model import CHART_SECTIONS, Section
from chartkeep.wire.frames import Message

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = (*sorted(CHART_SECTIONS), Section.INBOX)
BLOCK = "<!-- {0}: written by tests/keyholder/pages.py -->\n{1}<!-- end -->\n"


def requests() -> list[type[Message]]:
    return list(get_args(protocol.REQUESTS))


def follower_requests() -> list[type[Message]]:
    return list(get_args(protocol.FOLLOWER_REQUESTS))


def others() -> list[type[Message]]:
    """Answers and the parts of messages."""
    asked = {*requests(), *follower_requests()}
    parts = (people, keys, labels, packs, acts, lines, restoring, following)
    words = [vars(part).values() for part in parts]
    found = [x for x in chain(*words) if isinstance(x, type) and issubclass(x, Message)]
    found = list(dict.fromkeys(found))  # a part may use another's words
    return [x for x in found if x not in asked and x is not Message]


def message_table(messages: list[type[msgspec.Struct]]) -> str:
    rows = [(f"`{m.__name__}`", fields_of(m), first_line(m)) for m in messages]
    return table(("name", "fields, in order", "what"), rows)


def act_table() -> str:
    rows = []
    for act in get_args(actions.Actions):
        people = "two" if act in actions.TWO_PEOPLE else "one"
        who = ", ".join(role for role, rights in ROLES.items() if act in rights.acts)
        if act in EVERYONE_STOPS:
            who = "everyone who is logged in"
        sources = [able for able, kinds in actions.SOURCES.items() if act in kinds]
        alone = f"`{sources[0]}`" if sources else ""
        rows.append((f"`{act.__name__}`", fields_of(act), people if who else "", who, alone))
    return table(("act", "fields", "people", "roles", "program without a session"), rows)


def role_table() -> str:
    rows = []
    for name, rights in ROLES.items():
        cells = [access(rights, section) for section in SHOWN]
        yes = ["yes" if held else "" for held in (rights.care, rights.audit, rights.writes)]
        rows.append((name, *cells, *yes))
    heads = ("role", *(s.name.lower() for s in SHOWN), "care", "audit", "writes")
    return table(heads, rows)


def access(rights: Role, section: Section) -> str:
    """Say what a role needs to open a section."""
    if rights.unrelated >> section & 1:
        return "free"
    if rights.sections >> section & 1:
        return "related" if rights.care else "grant"
    return ""


def detail_table() -> str:
    rows = [(f"`{verb}`", fields_of(DETAILS[verb]), first_line(DETAILS[verb])) for verb in DETAILS]
    return table(("verb", "fields of `detail`", "what"), rows)


def first_line(thing: type) -> str:
    return " ".join(str(thing.__doc__).split("\n\n")[0].split())


def fields_of(struct: type) -> str:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return ", ".join(f"{field.encode_name} {write(field.type)}" for field in info.fields)


def write(kind: inspect.Type) -> str:  # noqa: PLR0911 - an arm a type
    match kind:
        case inspect.BytesType(min_length=low, max_length=high):
            return f"bin {low}" if low and low == high else f"bin{most(high)}"
        case inspect.StrType(max_length=high):
            return f"str{most(high)}"
        case inspect.IntType(ge=low, le=high):
            return f"int {low}…{power(high)}" if high is not None else "int"
        case inspect.BoolType():
            return "bool"
        case inspect.ListType(item_type=item, max_length=high):
            return f"[{write(item)}]{most(high)}"
        case inspect.StructType(cls=struct):
            return f"`{struct.__name__}`"
        case inspect.UnionType():
            return "act"
        case inspect.VarTupleType() | inspect.TupleType():
            return "array"
        case _:
            return "any"


def most(high: int | None) -> str:
    return "" if high is None else f" ≤ {high:,}"


def power(high: int) -> str:
    return f"2^{high.bit_length()}-1" if high >= 1 << 16 else str(high)


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


TABLES = {
    "roles.md": {"roles": role_table, "acts": act_table},
    "formats/keyholder-protocol.md": {
        "requests": lambda: message_table(requests()),
        "follower": lambda: message_table(follower_requests()),
        "answers": lambda: message_table(others()),
        "details": detail_table,
    },
}


def rendered(page: str) -> str:
    """The page with its tables as the code has them."""
    text = (DOCS / page).read_text()
    for name, make in TABLES[page].items():
        pattern = re.escape(BLOCK.format(name, "\0")).replace("\0", "(?s:.*?)")
        text, count = re.subn(pattern, lambda _: BLOCK.format(name, make()), text)  # noqa: B023 - used at once
        assert count == 1, f"{page} has one table of {name}"
    return text


def main() -> None:
    for page in TABLES:
        (DOCS / page).write_text(rendered(page))
        print(page, file=sys.stderr)


if __name__ == "__main__":
    main()
