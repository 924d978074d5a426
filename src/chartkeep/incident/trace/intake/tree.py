"""Documents of names and values inside each other, laid flat into rows. Pure but for `Out`."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from chartkeep.incident.trace.intake.out import MOST_COLUMNS, MOST_VALUE, Out

MOST_DEEP = 12
_FIRST = 100


def flat(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield each value with its path: `name.0.family`."""
    if isinstance(value, Mapping) and depth < MOST_DEEP:
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, list | tuple) and depth < MOST_DEEP:
        for number, inner in enumerate(value):
            yield from flat(inner, f"{name}.{number}" if name else str(number), depth + 1)
    elif value is not None:
        yield name, written(value)


def written(value: object) -> str:  # noqa: PLR0911 -- one type a line
    """Write a value as a table would hold it: whole numbers without a point, times in ISO 8601."""
    match value:
        case str():
            return value[:MOST_VALUE]
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e17:
            return str(int(value))
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case bytes():
            return value[:64].hex()
        case None:
            return ""
        case _:
            return str(value)[:MOST_VALUE]


def tell_documents(documents: Iterable[object], name: str, out: Out) -> None:
    """Say documents as rows of one table; one with a name that is new begins the next table."""
    waiting: list[dict[str, str]] = []
    columns: dict[str, None] = {}
    begun = False
    number = 0
    for document in documents:
        values = dict(list(flat(document))[:MOST_COLUMNS])
        if begun and not values.keys() <= columns.keys():
            begun, columns = False, ({} if len(columns) > MOST_COLUMNS // 2 else columns)
        if not begun:
            columns = columns | dict.fromkeys(values)
            waiting.append(values)
            if len(waiting) < _FIRST:
                continue
        if not begun:
            out.table(name, tuple(columns))
            begun = True
        for each in waiting or [values]:
            number += 1
            out.row([each.get(column, "") for column in columns], number)
        waiting = []
    if waiting:
        out.table(name, tuple(columns))
        for each in waiting:
            number += 1
            out.row([each.get(column, "") for column in columns], number)
