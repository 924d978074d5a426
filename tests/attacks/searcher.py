"""Finds words in files however they are written: raw, UTF-16, base64, hex, or compressed.

It looks for the part all words begin with, whatever its case, which finds more than the words.
"""

import re
import zlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import zstandard

from chartkeep.sealing.frame import DICTIONARY

PACKED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|\x28\xb5\x2f\xfd")
BASE64 = "base64"
MOST_UNPACKED = 1 << 20
MOST_PACKED = 256 << 10


def patterns(word: str) -> dict[str, re.Pattern[bytes]]:
    """A pattern for each way to write a word; all but base64 are for bytes in small letters."""
    small = word.lower()
    plain = {
        "raw": small.encode(),
        "UTF-16LE": small.encode("utf-16le"),
        "UTF-16BE": small.encode("utf-16be"),
    }
    found = {name: re.compile(re.escape(text)) for name, text in plain.items()}
    cased = [text.encode() for text in (small, small.capitalize(), small.upper())]
    found["hex"] = re.compile(b"|".join(text.hex().encode() for text in cased))
    found[BASE64] = re.compile(b"|".join(re.escape(t) for c in cased for t in _base64(c)))
    return found


def _base64(raw: bytes) -> Iterator[bytes]:
    """The letters of base64 that a word alone decides, wherever it begins."""
    for before in range(3):
        whole = len(raw) + before
        first = -(-before * 8 // 6)
        last = whole * 8 // 6
        for text in (b64encode(b"\0" * before + raw), b64encode(b"\0" * before + raw, b"-_")):
            yield text[first:last]


class Searcher:
    """Searches bytes for a word; gives how it was written and where."""

    def __init__(self, word: str) -> None:
        self._patterns = patterns(word)
        words = zstandard.ZstdCompressionDict(DICTIONARY)
        self._readers = [
            zstandard.ZstdDecompressor(),
            zstandard.ZstdDecompressor(dict_data=words),
        ]

    def search(self, data: bytes) -> list[str]:
        found = [f"{how} at {hit.start()}" for how, hit in self._hits(data)]
        for magic in PACKED.finditer(data):
            for plain in self._unpack(data, magic.start()):
                where = f"packed at {magic.start()}"
                found += [f"{how}, {where}" for how, _ in self._hits(plain)]
        return found

    def search_files(self, *folders: Path) -> tuple[int, int, list[str]]:
        """Search every file under folders; gives how many files and bytes, and the hits."""
        count = size = 0
        found = []
        for path in (p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file()):
            data = path.read_bytes()
            count, size = count + 1, size + len(data)
            found += [f"{path}: {hit}" for hit in self.search(data)]
        return count, size, found

    def _hits(self, data: bytes) -> Iterator[tuple[str, re.Match[bytes]]]:
        small = data.lower()
        for how, pattern in self._patterns.items():
            if hit := pattern.search(data if how == BASE64 else small):
                yield how, hit

    def _unpack(self, data: bytes, at: int) -> Iterator[bytes]:
        packed = memoryview(data)[at : at + MOST_PACKED]
        if data[at] != 0x28:
            try:
                yield zlib.decompressobj(wbits=47).decompress(packed, MOST_UNPACKED)
            except zlib.error:
                return
            return
        for reader in self._readers:
            try:
                yield reader.stream_reader(packed).read(MOST_UNPACKED)
            except zstandard.ZstdError:
                continue
