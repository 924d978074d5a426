"""Media types and their parameters, as Content-Type and Accept write them (RFC 9110, 8.3, 12.5).

`multipart/related; type="application/dicom"; transfer-syntax=*` is one range; what is not readable
is left out of Accept, as if it had not been sent.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from chartkeep.errors import BadInputError

MOST_RANGES = 50
SHORT = 300
"""Characters of an Accept that is remembered."""
_TYPE = re.compile(r"\s*([\w!#$&^.+*-]+/[\w!#$&^.+*-]+|\*)\s*", re.ASCII)
_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*', re.ASCII)


class Media(NamedTuple):
    """One media type or range; `parameters` by name in lower case."""

    name: str
    parameters: dict[str, str]

    @property
    def quality(self) -> float:
        """Give how much it is wanted, 0 to 1."""
        try:
            return min(max(float(self.parameters.get("q", "1")), 0.0), 1.0)
        except ValueError:
            return 0.0

    @property
    def syntax(self) -> str:
        """Give the transfer syntax it names, `*` for any, empty when it names none."""
        return self.parameters.get("transfer-syntax", "")

    @property
    def related(self) -> "Media | None":
        """Give the type of the parts when it is multipart/related; None when it is not."""
        if self.name not in ("multipart/related", "multipart/*"):
            return None
        return Media(self.parameters.get("type", "*/*").lower(), self.parameters)

    def covers(self, name: str) -> bool:
        """Say whether a type is of this range."""
        kind, _, rest = self.name.partition("/")
        return kind == "*" or self.name == name or (rest == "*" and name.startswith(f"{kind}/"))


def read_media(text: str) -> Media:
    """Read one media type. Raises BadInputError."""
    found = _read_at(text, 0)
    if found is None or found[1] != len(text):
        raise BadInputError("Content-Type is no media type")
    return found[0]


def read_accept(text: str) -> list[Media]:
    """Read Accept: the ranges, most wanted first, those not wanted left out."""
    return list(_read_short(text) if len(text) <= SHORT else _read_accept(text))


@lru_cache(512)
def _read_short(text: str) -> tuple[Media, ...]:
    """Read an Accept that programs send again and again."""
    return _read_accept(text)


def _read_accept(text: str) -> tuple[Media, ...]:
    ranges: list[Media] = []
    at = 0
    while at < len(text) and len(ranges) < MOST_RANGES:
        found = _read_at(text, at)
        if found is not None:
            ranges.append(found[0])
            at = found[1]
        comma = text.find(",", at)
        at = comma + 1 if comma >= 0 else len(text)
    wanted = [each for each in ranges if each.quality > 0]
    return tuple(sorted(wanted, key=lambda each: -each.quality))


def _read_at(text: str, at: int) -> tuple[Media, int] | None:
    found = _TYPE.match(text, at)
    if found is None:
        return None
    parameters: dict[str, str] = {}
    at = found.end()
    while (each := _PARAMETER.match(text, at)) is not None:
        name, value = each.groups()
        quoted = value.startswith('"')
        parameters.setdefault(name.lower(), _unquote(value) if quoted else value)
        at = each.end()
    name = found[1].lower()
    return Media("*/*" if name == "*" else name, parameters), at


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
