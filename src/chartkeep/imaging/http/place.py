"""Where a request points: study, series, instance, and what of it (PS3.18 10.4.1)."""

import re
from typing import NamedTuple

from chartkeep.errors import BadInputError, NotFoundError

_UID = re.compile(r"[0-9]+(\.[0-9]+)*", re.ASCII)
_LEVELS = ("studies", "series", "instances")
WORDS = frozenset({*_LEVELS, "metadata", "rendered", "thumbnail", "frames", "bulkdata"})


class Place(NamedTuple):
    """UIDs down to the level asked for, empty below it; `rest` is what follows them.

    `many` names the level of which all are meant, as in `studies/1.2/series`.
    """

    study: str = ""
    series: str = ""
    instance: str = ""
    many: str = ""
    rest: tuple[str, ...] = ()

    @property
    def uids(self) -> tuple[str, ...]:
        """Give the UIDs that are named."""
        return tuple(uid for uid in (self.study, self.series, self.instance) if uid)

    @property
    def path(self) -> str:
        """Write the place as an address below the base."""
        pairs = zip(_LEVELS, self.uids, strict=False)
        return "/".join(part for pair in pairs for part in pair)


def read_place(path: tuple[str, ...]) -> Place:
    """Read a path. Raises NotFoundError for an address this door has not."""
    uids: list[str] = []
    rest = path
    for number, level in enumerate(_LEVELS):
        if not rest or rest[0] not in _LEVELS:
            break
        if len(rest) == 1 and _LEVELS.index(rest[0]) >= number:
            return Place(*_three(uids), many=rest[0])
        if rest[0] != level:
            raise NotFoundError("there is no such address", hint="studies/…/series/…/instances/…")
        uids.append(_uid(rest[1]))
        rest = rest[2:]
    if not uids:
        raise NotFoundError("there is no such address", hint="studies, series or instances")
    return Place(*_three(uids), rest=rest)


def template(path: tuple[str, ...]) -> str:
    """Write a path for the access log: words of the standard, never what was typed."""
    return "/" + "/".join(part if part in WORDS else "{}" for part in path[:12])


def _three(uids: list[str]) -> tuple[str, str, str]:
    study, series, instance = (*uids, "", "", "")[:3]
    return study, series, instance


def _uid(text: str) -> str:
    if len(text) > 64 or not _UID.fullmatch(text):
        raise BadInputError("an address names something that is no UID")
    return text
