"""Whether a row is what was asked for: the matching of PS3.4 C.2.2.2, for QIDO-RS and C-FIND.

Pure. A key is a path of attributes and a text: empty matches everything, UIDs match a list, dates
and times a range, texts `*` and `?`, names without regard to case; fuzzy names match as the house
finds people: each word typed begins a word of the name, in whatever order.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from chartkeep.clinical.names import name_tokens
from chartkeep.errors import BadInputError
from chartkeep.imaging.tags import Row, items, texts, vr_of

Test = Callable[[str], bool]

LONGEST = 4_096
MOST_STARS = 8
_WILD = frozenset("AE CS LO LT PN SH ST UC UR UT UN".split())  # noqa: SIM905
_TIMES = frozenset({"DA", "TM", "DT"})
_NUMBERS = frozenset({"IS", "DS", "US", "SS", "UL", "SL", "FL", "FD", "UV", "SV"})
_LONGEST_TIME = {"DA": 8, "TM": 6, "DT": 14}


class Key(NamedTuple):
    """One attribute that must match; `fuzzy` counts for names."""

    path: tuple[str, ...]
    wanted: str
    fuzzy: bool = False

    @property
    def tag(self) -> str:
        """Give the attribute itself."""
        return self.path[-1]

    @property
    def exact(self) -> tuple[str, ...]:
        """Give the values that alone match, empty when a wildcard or a range does."""
        vr = vr_of(self.tag)
        if not self.wanted or (vr in _WILD and _is_wild(self.wanted)) or vr in _TIMES:
            return ()
        return tuple(_listed(self.wanted)) if vr == "UI" else (self.wanted,)

    def matches(self, row: Row) -> bool:
        """Say whether a row has it. Raises BadInputError for a key that is none."""
        return make_test(self)(row)


def make_test(key: Key) -> Callable[[Row], bool]:
    """Make the test of a key once, for many rows. Raises BadInputError for a key that is none."""
    if not key.wanted:
        return lambda _: True
    if len(key.wanted) > LONGEST:
        raise BadInputError("a value asked for is too long")
    path, test = key.path, _test(vr_of(key.tag), key.wanted, fuzzy=key.fuzzy)
    if len(path) == 1:
        return lambda row: any(map(test, texts(row, path[0])))
    return lambda row: any(test(v) for each in items(row, path) for v in texts(each, path[-1]))


def read_range(wanted: str, vr: str) -> tuple[str, str]:
    """Read a date, time or range of them as its first and last moment, either may be empty.

    Digits without separators; what is less precise covers all it may mean. Raises BadInputError.
    """
    low, dash, high = wanted.partition("-")
    first, last = _digits(low, vr), _digits(high if dash else low, vr)
    if not first and not last:
        raise BadInputError("a date or time asked for is none", hint="20240131, or 20240101-")
    return first, last


def _test(vr: str, wanted: str, *, fuzzy: bool) -> Test:
    if vr == "UI":
        return frozenset(_listed(wanted)).__contains__
    if vr in _TIMES:
        return _in_range(*read_range(wanted, vr), vr)
    if vr == "PN":
        return _fuzzy(wanted) if fuzzy else _named(wanted)
    if vr in _NUMBERS:
        return _number(wanted)
    if vr in _WILD and _is_wild(wanted):
        return _glob(wanted, 0)
    options = frozenset(wanted.split("\\")) if vr == "CS" else frozenset({wanted})
    return lambda value: value.strip() in options


def _listed(wanted: str) -> list[str]:
    return [each.strip(" \0") for each in re.split(r"[\\,]", wanted) if each.strip(" \0")]


def _is_wild(wanted: str) -> bool:
    return "*" in wanted or "?" in wanted


def _glob(wanted: str, flags: int) -> Test:
    """Match `*` and `?`; each star takes as little as it can and never tries again."""
    if wanted.count("*") > MOST_STARS:
        raise BadInputError(f"a value asked for has over {MOST_STARS} stars")
    parts = [re.escape(part).replace(r"\?", ".") for part in re.split(r"\*+", wanted)]
    first, *rest = parts
    tied = "".join(f"(?>.*?{part})" for part in rest[:-1])
    last = f".*{rest[-1]}" if rest else ""
    return _full(re.compile(f"{first}{tied}{last}", flags | re.DOTALL))


def _full(pattern: re.Pattern[str]) -> Test:
    return lambda value: pattern.fullmatch(value.strip()) is not None


def _named(wanted: str) -> Test:
    """Match a name in any of its representations; empty components at its end say nothing."""
    options = [_glob(each.rstrip("^ "), re.IGNORECASE) for each in wanted.split("=") if each]
    return lambda value: any(option(value.rstrip("^ ")) for option in options)


def _fuzzy(wanted: str) -> Test:
    asked = name_tokens(re.sub(r"[\^=*?]", " ", wanted))

    def test(value: str) -> bool:
        kept = name_tokens(value.replace("^", " "))
        return all(any(token.startswith(each) for token in kept) for each in asked)

    return test


def _number(wanted: str) -> Test:
    try:
        asked = float(wanted)
    except ValueError as error:
        raise BadInputError("a number asked for is none") from error

    def test(value: str) -> bool:
        try:
            return float(value) == asked
        except ValueError:
            return False

    return test


def _digits(text: str, vr: str) -> str:
    """Give a moment's digits, without separators, fractions and zone."""
    plain = re.sub(r"[.&+].*", "", text.strip()) if vr != "DA" else text.strip().replace(".", "")
    digits = plain.replace(":", "")
    if digits and (not digits.isascii() or not digits.isdigit() or len(digits) % 2):
        raise BadInputError("a date or time asked for is none", hint="20240131, or 20240101-")
    return digits[: _LONGEST_TIME[vr]]


def _in_range(first: str, last: str, vr: str) -> Test:
    def test(value: str) -> bool:
        try:
            moment = _digits(value, vr)
        except BadInputError:
            return False
        if not moment:
            return False
        late = moment[: len(last)]
        return moment.ljust(len(first), "0") >= first and (not last or late <= last)

    return test
