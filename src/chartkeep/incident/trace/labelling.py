"""What stands in which column: found by what the columns' values find, not by what they are called.

A column has a shape (dates, names, numbers, …); where several could be the name or the birth date,
the choice whose tokens find the most wins. A name in two columns is tried as one. Headers are not
read: sellers rename them, and leave them out.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations, product
from typing import Final, NamedTuple

from chartkeep.fingerprint.addresses import read_address, read_city, read_postcode
from chartkeep.fingerprint.dates import read_days, read_minutes, read_second
from chartkeep.fingerprint.facts import fact
from chartkeep.fingerprint.names import read_name
from chartkeep.fingerprint.numbers import fold_number, read_phones, read_sex
from chartkeep.fingerprint.person import Reading

SAMPLE: Final = 100
"""Rows that are read to find out what stands in which column."""
MOST_COLUMNS: Final = 60
MOST_NAMES: Final = 6
MOST_DATES: Final = 4
MOST_FACTS: Final = 12
_SHARE: Final = 0.6
"""Of a column's values, so many must have its shape."""
_FEW: Final = 6
Values = Sequence[str]
Hits = Callable[[Sequence[Sequence[Reading]]], list[int]]
"""Counts, try by try, the tokens of readings that find a chart."""


class Differs(NamedTuple):
    """How often one person's number, phone and address are others than in the chart."""

    number: float = 0.5
    phone: float = 0.3
    address: float = 0.35


class Labels(NamedTuple):
    """Columns by what stands in them. `names`: ways to write the name, each of its columns."""

    names: tuple[tuple[int, ...], ...] = ()
    births: tuple[int, ...] = ()
    sexes: tuple[int, ...] = ()
    phones: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    addresses: tuple[int, ...] = ()
    postcodes: tuple[int, ...] = ()
    cities: tuple[int, ...] = ()
    times: tuple[int, ...] = ()
    values: tuple[int, ...] = ()
    differs: Differs = Differs()


PROSE_LABELS: Final = Labels(names=((0,),), births=(1,), numbers=(2,), phones=(3,))
"""Of a table made of running text, whose columns are `found.PROSE`."""


def label(rows: Sequence[Values], hits: Hits) -> Labels:
    """Say what stands in each column of a sample of rows."""
    width = min(max(map(len, rows), default=0), MOST_COLUMNS)
    columns = [
        [row[at] for row in rows if at < len(row) and row[at].strip()] for at in range(width)
    ]
    shaped, words = _shapes(columns)
    ways = [((at,),) for at in words] + [(pair,) for pair in combinations(words, 2)]
    dates = [(at,) for at in shaped.births[:MOST_DATES]]
    places = [(at,) for at in shaped.addresses[:MOST_NAMES]]

    def best(tried: Sequence[Labels]) -> Labels:
        """Give the one that finds most; the first of equals, and nothing where none does."""
        counted = hits([[read_row(row, each) for row in rows] for each in tried])
        pairs = zip(counted, tried, strict=True)
        most, found = max(pairs, key=lambda pair: pair[0], default=(0, Labels()))
        return found if most else Labels()

    who = best([Labels(names=name, births=date) for name, date in product(ways, dates)])
    named = [who.names] if who.names else ways
    where = best([Labels(names=name, addresses=each) for name, each in product(named, places)])
    if not who.names and not where.names and dates and places:
        where = best([Labels(births=d, addresses=a) for d, a in product(dates, places)])
    names = who.names or where.names or best([Labels(names=each) for each in ways]).names
    births = who.births or where.births or (dates[0] if len(dates) == 1 else ())
    taken = {at for name in names for at in name}
    return shaped._replace(
        names=names,
        births=births,
        addresses=where.addresses or (places[0] if len(places) == 1 else ()),
        cities=tuple(at for at in shaped.cities if at not in taken),
        times=tuple(at for at in shaped.times if at not in births),
    )


def _shapes(columns: Sequence[Sequence[str]]) -> tuple[Labels, list[int]]:
    """Sort columns by shape, one may have several; and give those that may be of names."""
    every = tuple(at for at, values in enumerate(columns) if values)

    def with_shape(reads: Callable[[str], object], among: Sequence[int]) -> tuple[int, ...]:
        return tuple(at for at in among if _has_shape(columns[at], reads))

    dates, words = with_shape(read_days, every), with_shape(_is_words, every)
    others = [at for at in every if at not in dates]
    sexes = with_shape(read_sex, [at for at in every if len(set(columns[at])) <= _FEW])
    shaped = Labels(
        births=dates,
        sexes=sexes,
        phones=with_shape(read_phones, others),
        numbers=with_shape(fold_number, others),
        addresses=with_shape(read_address, every),
        postcodes=with_shape(read_postcode, others),
        cities=words,
        times=with_shape(read_minutes, dates),
        values=with_shape(_is_decimal, others),
    )
    return shaped, [at for at in words if at not in sexes][:MOST_NAMES]


def _has_shape(values: Sequence[str], reads: Callable[[str], object]) -> bool:
    """Say whether enough values can be read so; no more are read than that takes."""
    wanted = _SHARE * len(values)
    allowed = len(values) - wanted
    read = missed = 0
    for each in values:
        if reads(each):
            read += 1
        else:
            missed += 1
        if read >= wanted or missed > allowed:
            break
    return read >= wanted


def read_row(values: Values, labels: Labels) -> Reading:
    """Read a row by its labels."""

    def cells(columns: Sequence[int]) -> Sequence[str]:
        if not columns:
            return ()
        return [values[at] for at in columns if at < len(values) and values[at]]

    names = [read_name(" ".join(cells(way))) for way in labels.names]
    return Reading(
        names=tuple(filter(None, names)),
        births=tuple(chain.from_iterable(map(read_days, cells(labels.births)))),
        sexes=tuple(filter(None, map(read_sex, cells(labels.sexes)))),
        phones=tuple(chain.from_iterable(map(read_phones, cells(labels.phones)))),
        numbers=tuple(filter(None, map(_number, cells(labels.numbers)))),
        addresses=tuple(filter(None, map(read_address, cells(labels.addresses)))),
        postcodes=tuple(filter(None, map(read_postcode, cells(labels.postcodes)))),
        cities=tuple(filter(None, map(read_city, cells(labels.cities)))),
    )


def read_facts(values: Values, labels: Labels) -> list[str]:
    """Give what a row says was measured when: every value with every minute in it."""
    minutes = [m for at in labels.times if at < len(values) for m in read_minutes(values[at])]
    found = (fact(values[at], m) for m in minutes for at in labels.values if at < len(values))
    return [each for each in found if each][:MOST_FACTS]


def read_seconds(values: Values, labels: Labels) -> Iterator[int]:
    """Give the times in a row that are written to the second, as seconds since 1970."""
    found = (read_second(values[at]) for at in labels.times if at < len(values))
    return (each for each in found if each is not None)


def _number(text: str) -> str:
    """Fold a number; of a FHIR reference what stands behind its last slash is one."""
    if "/" not in text:
        return fold_number(text)
    kind, _, ident = text.rpartition("/")
    return fold_number(ident if kind.isalpha() else text)


def _is_words(text: str) -> bool:
    return not any(map(str.isdigit, text)) and read_name(text) is not None


def _is_decimal(text: str) -> bool:
    return bool(fact(text, "x"))
