"""Who may be meant in running text: names, dates, numbers and phones that stand close together.

Pure. A row (`PROSE`) is a guess for the matcher, which knows whom there is; better one too many
than one too few. Bounded: so many rows a line, whatever the line;
lines of a few thousand signs are the caller's duty.
"""

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

REACH = 4
"""How many lines belong together: a name's birth date stands at most so many lines below it."""
MOST_EACH = 6
MOST_ROWS = 12

_MONTH = r"[^\W\d_]{3,12}\.?"
_DATE = re.compile(
    r"(?<!\d)(?:"
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?"
    r"|\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?(?:\d{4}|\d{2})"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er)?\.?[ -]{_MONTH}[ ,-]{{1,2}}\d{{4}}"
    rf"|{_MONTH} \d{{1,2}},? \d{{4}}"
    r"|(?:明治|大正|昭和|平成|令和|[MTSHR])\s?\d{1,2}\s?[年.]\s?\d{1,2}\s?[月.]\s?\d{1,2}日?"
    r"|\d{4}년\s?\d{1,2}월\s?\d{1,2}일"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r")(?!\d)"
)
_PHONE = re.compile(r"(?<![\w.])(?:\+|00|0|\()[\d]{1,4}[\d()\s./-]{5,16}\d(?![\w])")
_NUMBER = re.compile(r"(?<!\w)[A-Za-z]{0,6}[-./#]?\d[\w]{0,8}(?:[-./]?[\dA-Za-z]{1,8}){0,6}(?!\w)")
_WORD = r"[^\W\d_](?:[^\W\d_]|['\u2019.-](?=[^\W\d_]))*\.?"
_NAME = re.compile(rf"{_WORD}(?:,? {_WORD}){{0,12}}")
_CJK = re.compile(
    r"[\u3005\u4e00-\u9fff\u3040-\u30ff\uff66-\uff9f\uac00-\ud7af々ヶー]{1,10}"
    r"(?:[ \u3000・][\u3005\u4e00-\u9fff\u3040-\u30ff\uff66-\uff9f\uac00-\ud7afー]{1,10})?"
)
_TITLES = re.compile(r"(?:様|さん|さま|氏|殿|先生|君|くん|ちゃん|님|씨|の.*|は.*|が.*|に.*|を.*)$")
_LABELS = re.compile(
    r"^(?:患者氏名|患者名|患者|氏名|名前|お名前|フリガナ|ふりがな|성명|이름|환자)[ \u3000]?"
)

_TITLES_BEFORE = frozenset(
    {"patient", "patients", "pasien", "name", "nama", "nom", "to", "from", "subject", "re", "dear"}
    | {"mr", "mrs", "ms", "miss", "dr", "prof", "tn", "ny", "nn", "sdr", "sdri", "bapak", "ibu"}
    | {"monsieur", "madame", "mme", "mlle", "herr", "frau", "kepada", "for"}
)


class _Near(NamedTuple):
    names: list[str]
    dates: list[str]
    numbers: list[str]
    phones: list[str]


class Prose:
    """Lines in, rows out; one for each text."""

    def __init__(self) -> None:
        self._lines: deque[_Near] = deque()
        self._before = ""  # the newest name, for what follows under it

    def feed(self, line: str) -> Iterator[tuple[str, str, str, str]]:
        """Take one line; yields rows of a line that now has all its followers."""
        near = look(line)
        if any(near) or self._lines:
            self._lines.append(near)
        if len(self._lines) >= REACH:
            yield from self._rows()

    def finish(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield the rows of the last lines."""
        while self._lines:
            yield from self._rows()

    def _rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Pair what the oldest line holds with what stands in it and below it."""
        first = self._lines[0]
        names = first.names or ([self._before] if any(first[1:]) and self._before else [""])
        # What stands in the line itself comes first: below it the next person may begin.
        below = list(self._lines)[: 2 if first.dates else REACH]
        near = _Near(
            names,
            _together(line.dates for line in below),
            first.numbers or _together(line.numbers for line in self._lines),
            first.phones or _together(line.phones for line in self._lines),
        )
        self._lines.popleft()
        self._before = first.names[-1] if first.names else self._before
        if not (first.names or any(first[1:])):
            return
        rows = [each for at, name in enumerate(names) for each in _pairs(at, name, near)]
        yield from list(dict.fromkeys(rows))[:MOST_ROWS]


def look(line: str) -> _Near:
    """Find what one line may hold: each kind `MOST_EACH` times at most."""
    dates, rest = _cut(_DATE, line)
    phones = [phone for phone in _PHONE.findall(rest) if 9 <= _digits(phone) <= 16][:MOST_EACH]
    for phone in phones:
        rest = rest.replace(phone, " | ")
    loose, rest = _cut(_NUMBER, rest)
    numbers = [number for number in loose if _digits(number) >= 5]
    numbers += [re.sub(r"\D", "", phone) for phone in phones]
    return _Near(_names(rest, alone=bool(dates or numbers)), dates, numbers[:MOST_EACH], phones)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _cut(pattern: re.Pattern[str], text: str) -> tuple[list[str], str]:
    found = [match.group().strip() for match in pattern.finditer(text)]
    return found[:MOST_EACH], pattern.sub(" | ", text) if found else text


def _names(text: str, *, alone: bool) -> list[str]:
    """Find names; of one word only behind a label, or beside a date or number (`alone`)."""
    names: list[str] = []
    for match in _NAME.finditer(text):
        labelled = (
            text[max(0, match.start() - 3) : match.start()].rstrip().endswith((":", "\uff1a"))
        )
        names += _capitalised(match.group(), 1 if alone or labelled else 2)
        if len(names) >= MOST_EACH:
            break
    for match in _CJK.finditer(text):
        name = _TITLES.sub("", _LABELS.sub("", match.group())).strip()
        if 2 <= len(name) <= 12:
            names.append(name)
    return list(dict.fromkeys(names))[: 2 * MOST_EACH]


def _capitalised(words: str, fewest: int) -> Iterator[str]:
    """Yield the runs of up to six capitalised words; a script without case is all one run."""
    run: list[str] = []
    for word in [*words.split(), ""]:
        if word and not word[0].islower() and not _CJK.match(word):
            run.append(word)
            continue
        while run and run[0].strip(".,").casefold() in _TITLES_BEFORE:
            run = run[1:]
        long_enough = len(run) >= fewest or (len(run) == 1 and not run[0].isascii())
        if len(run) > 6:
            yield from (" ".join(run[at : at + 3]) for at in range(0, len(run) - 2, 2))
        elif run and long_enough:
            yield " ".join(run).strip(",.")
        run = []


def _together(lines: Iterator[list[str]]) -> list[str]:
    return list(dict.fromkeys(value for line in lines for value in line))[:MOST_EACH]


def _pairs(place: int, name: str, near: _Near) -> Iterator[tuple[str, str, str, str]]:
    """Pair a line's name number `place` with what stands near it.

    First without a date, for the next one may be any day's; then with each. A second number is
    tried with the name alone.
    """
    phone = near.phones[min(place, len(near.phones) - 1)] if near.phones else ""
    number = near.numbers[min(place, len(near.numbers) - 1)] if near.numbers else ""
    if number or (name and not near.dates):
        yield name, "", number, phone
    if name:
        yield from ((name, date, number, phone) for date in near.dates)
    yield from ((name, "", other, "") for other in near.numbers if other != number)
