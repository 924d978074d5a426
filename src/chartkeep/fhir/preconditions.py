"""The headers by which a request is bound to a version: tags and dates (RFC 9110 13, http.html).

Promises: only what the standard writes is understood; a refusal never repeats the header.
A version's tag is `W/"3"`; a strong `"3"` means the same here, for both name one version.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import msgspec

from chartkeep.errors import BadInputError
from chartkeep.model import Millis

_TAG = r'(?:W/)?"(?P<tag>[\x21\x23-\x7e\x80-\xff]*)"'
_TAGS = re.compile(rf"[ \t]*{_TAG}[ \t]*(?:,|\Z)")
_VERSION = re.compile(r"[1-9][0-9]{0,9}\Z")
_LONGEST = 1_000
"""Characters of one header; room for more tags than one resource has versions worth asking for."""


class Tags(msgspec.Struct, frozen=True):
    """The versions a header names; `anything`: it was `*`, any version that is there."""

    versions: frozenset[int]
    anything: bool = False

    def names(self, version: int) -> bool:
        """Say whether the version that is there is among them."""
        return self.anything or version in self.versions


def etag(version: int) -> str:
    """Write a version's tag, weak as FHIR has it (http.html#versioning)."""
    return f'W/"{version}"'


def http_date(time: Millis) -> str:
    """Write `Last-Modified`: whole seconds, GMT."""
    return format_datetime(datetime.fromtimestamp(time // 1000, UTC), usegmt=True)


def parse_if_match(header: str) -> Tags:
    """Read `If-Match`. Raises BadInputError when it is no list of tags."""
    return _parse_tags(header, "If-Match")


def parse_if_none_match(header: str) -> Tags:
    """Read `If-None-Match`. Raises BadInputError when it is no list of tags."""
    return _parse_tags(header, "If-None-Match")


def parse_if_modified_since(header: str) -> Millis:
    """Read `If-Modified-Since`, a whole second. Raises BadInputError when it is no HTTP date."""
    try:
        when = parsedate_to_datetime(header[:_LONGEST])
        return Millis(int(when.replace(tzinfo=when.tzinfo or UTC).timestamp()) * 1000)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise BadInputError(
            "If-Modified-Since: is not an HTTP date", hint="for example: " + http_date(Millis(0))
        ) from error


def modified_since(time: Millis, since: Millis) -> bool:
    """Say whether `time` is later than a header's date, which knows seconds only."""
    return time // 1000 > since // 1000


def _parse_tags(header: str, name: str) -> Tags:
    if header.strip() == "*":
        return Tags(frozenset(), anything=True)
    found: set[int] = set()
    place = 0
    while tag := _TAGS.match(header, place, _LONGEST):
        # a tag of no version of ours names nothing, and is no error
        if _VERSION.match(tag["tag"]):
            found.add(int(tag["tag"]))
        place = tag.end()
    if not header or place < len(header) or header.rstrip().endswith(","):
        raise BadInputError(f"{name}: is not a list of entity tags", hint=f"for example: {etag(3)}")
    return Tags(frozenset(found))
