"""What a thief of the files can open: tried for real, with nothing but the files and the formats.

He copies a house's folder as it lies there, or the part of it another host keeps, and has, or has
not, the key file. This uses no part of the house but the sealing formats, as a stranger would. It
says what opens; it hides nothing about sizes, counts and times, which docs/threats.md lists.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import apsw
from msgspec import json

from chartkeep.errors import ChartkeepError, SealBrokenError
from chartkeep.sealing.entry import open_entry, read_header
from chartkeep.sealing.kek import PassphraseDocument, PassphraseFile, read_kek_document
from chartkeep.sealing.keyfile import read_key_file
from chartkeep.sealing.keys import SECRET_BYTES, ChartKey, SectionKey
from chartkeep.sealing.wrap import read_wrap, unwrap_chart_key, unwrap_section_key

READABLE = re.compile(rb'"resourceType"|"birthDate"|"family"|"valueQuantity"|"identifier"')
ENTRIES = "SELECT object FROM record WHERE type = 2 AND object IS NOT NULL"
HEX = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
SMALL = 64 << 10
HABITS = ("passwordpassword", "1234567890123456", "changeme changeme")
WRAPS = "SELECT object FROM record WHERE type IN (1, 7) AND object IS NOT NULL ORDER BY id"


class Loot(NamedTuple):
    """What lay there and what of it opened."""

    charts: int
    entries: int
    opened: int
    readable: int
    had_key: bool

    def sentence(self) -> str:
        """Say it plainly."""
        there = f"{self.entries:,} sealed entries of {self.charts:,} charts"
        if self.had_key:
            return (
                f"{there}: {self.opened:,} open. Who has both has everything, which is why "
                "the keyholder belongs on another host, its key on a token"
            )
        return (
            f"{there}: {self.opened:,} open, {self.readable:,} readable words of FHIR in all files"
        )


def break_in(house: Path, key_file: Path | None) -> Loot:
    """Copy a house's folder and open what can be opened, with the key file or without."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(house, copy, ignore=shutil.ignore_patterns("*.sock"))
        sealed = list(_objects(copy / "store" / "store.db", ENTRIES))
        charts = {read_header(entry).chart for entry in sealed}
        keys = _section_keys(copy, key_file)
        opened = sum(_opens(entry, keys) for entry in sealed)
        readable = sum(len(READABLE.findall(path.read_bytes())) for path in _files(copy))
    return Loot(len(charts), len(sealed), opened, readable, key_file is not None)


def _section_keys(copy: Path, key_file: Path | None) -> dict[bytes, SectionKey]:
    """Unwrap what the key file unwraps; without it, try what lies about as if it were the key."""
    guesses = [] if key_file else list(_secrets(copy))
    chart_keys: dict[tuple[bytes, int], ChartKey] = {}
    wrapped = list(_objects(copy / "keyholder/keyholder.db", "SELECT wrapped FROM chart_key"))
    for kek in _keks(copy, key_file, guesses):
        for one in wrapped:
            with suppress(SealBrokenError):
                key = unwrap_chart_key(one, kek)
                chart_keys[key.chart, key.generation] = key
    found: dict[bytes, SectionKey] = {}
    for wrap in _objects(copy / "store" / "store.db", WRAPS):
        header = read_wrap(wrap)
        known = chart_keys.get((header.chart, header.generation))
        tried = [ChartKey(header.chart, header.generation, guess) for guess in guesses]
        for chart_key in [known] if known else tried:
            with suppress(SealBrokenError):
                found[bytes(header.key_id)] = unwrap_section_key(wrap, chart_key)
    return found


def _keks(copy: Path, key_file: Path | None, guesses: list[bytes]) -> Iterator[PassphraseFile]:
    """Open the key-encryption key as its owner does, or guess it: its bytes, then its words."""
    path = copy / "keyholder" / "kek.json"
    if not path.exists():  # it lies on another host
        return
    document = read_kek_document(path.read_bytes())
    assert isinstance(document, PassphraseDocument)
    if key_file is not None:
        yield PassphraseFile.open(document, read_key_file(key_file))
        return
    yield from (PassphraseFile(document, guess) for guess in guesses)
    for words in _words(copy):
        with suppress(ChartkeepError):
            yield PassphraseFile.open(document, words)


def _secrets(copy: Path) -> Iterator[bytes]:
    """Give whatever in a small file could be a key of 32 bytes: raw, or in hex."""
    for path in _files(copy):
        if path.stat().st_size > SMALL:
            continue
        raw = path.read_bytes()
        if len(raw) == SECRET_BYTES:
            yield raw
        yield from (bytes.fromhex(text.decode()) for text in HEX.findall(raw))


def _words(copy: Path) -> Iterator[bytes]:
    """Give passphrases worth their second each: what lies there, the house's name, a few habits."""
    yield from (path.read_bytes().strip() for path in sorted(copy.glob("instances/*")))
    name = json.decode((copy / "house.json").read_bytes())["facility"]
    yield from (text.encode() for text in (name, f"{name}{name}", f"{name} 2026", *HABITS))


def _opens(sealed: bytes, keys: dict[bytes, SectionKey]) -> bool:
    key = keys.get(read_header(sealed).key_id)
    if key is None:
        return False
    try:
        open_entry(sealed, key)
    except SealBrokenError:
        return False
    return True


def _objects(database: Path, query: str) -> Iterator[bytes]:
    if not database.exists():
        return
    base = apsw.Connection(str(database))
    try:
        yield from (row[0] for row in base.execute(query))
    finally:
        base.close()


def _files(copy: Path) -> Iterator[Path]:
    return (path for path in copy.rglob("*") if path.is_file())
