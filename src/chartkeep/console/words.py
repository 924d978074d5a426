"""The words of the pages in each language: English as it stands in the templates, Japanese beside.

`ja.json` maps each English sentence to its Japanese one, `en.json` only codes to English words; a
test holds them against the templates.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

ENGLISH, JAPANESE = "en", "ja"
LANGUAGES = {ENGLISH: "English", JAPANESE: "日本語"}
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - read as a calendar
CATALOGUE = {
    language: msgspec.json.decode(
        (Path(__file__).parent / f"{language}.json").read_bytes(), type=dict[str, str]
    )
    for language in LANGUAGES
}


class Words(NamedTuple):
    """One language."""

    language: str = ENGLISH

    def __call__(self, sentence: str, **values: object) -> str:
        """Say a sentence, with values in its braces."""
        said = CATALOGUE[self.language].get(sentence, sentence)
        return said.format(**values) if values else said

    def day(self, text: str) -> str:
        """Write a FHIR date or time as a day; what is less than a day, or none, as it came."""
        try:
            day = date.fromisoformat(text[:10])
        except ValueError:
            return text
        if self.language == JAPANESE:
            return day.isoformat()
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def moment(self, text: str) -> str:
        """Write a FHIR time with its minute, as the clock stood where it was written."""
        clock = text[11:16] if text[10:11] == "T" else ""
        return f"{self.day(text)} {clock}".strip()

    def time(self, millis: int) -> str:
        """Write a time of ours with its second, in the machine's time zone."""
        at = _local(millis)
        return f"{self.day(at.date().isoformat())} {at:%H:%M:%S}"

    def clock(self, millis: int) -> str:
        """Write the minute of a time of ours."""
        return f"{_local(millis):%H:%M}"


def _local(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC).astimezone()


def choose(cookie: str, accepted: str) -> Words:
    """Choose a language: the one kept, else the first of `Accept-Language` that is here."""
    if cookie in CATALOGUE:
        return Words(cookie)
    ranges = (part.partition(";") for part in accepted.split(",")[:20])
    wanted = sorted(ranges, key=lambda part: -_weight(part[2]))
    tags = (part[0].strip().lower().partition("-")[0] for part in wanted)
    return Words(next((tag for tag in tags if tag in CATALOGUE), ENGLISH))


def _weight(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q="))
    except ValueError:
        return 1.0
