"""Open a sealed entry without chartkeep: a second reader of docs/formats/entry.md and wrap.md.

    python open_entry.py --kek KEK.hex --dictionary dictionary-1.zstd CHART.ckc WRAP.ckw ENTRY.cke

Writes the plaintext to standard output. KEK.hex holds the key-encryption key in hex; the
dictionary is the one the magic CKE1 names. Needs only `cryptography` and `zstandard`.
"""

# ruff: noqa: INP001 - a script to be copied away, not a package
import argparse
import sys
from pathlib import Path

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECTIONS = {1, 2, 3, 4, 5, 6, 7, 16, 17}
LIMIT = 64 * 1024 * 1024
ChartKey = tuple[bytes, bytes, int, bytes]
SectionKey = tuple[tuple[bytes | int, ...], int, bytes]


class SealBrokenError(Exception):
    """The bytes are not what was sealed there."""


class UnknownFormatError(Exception):
    """The bytes are of a format or version this reader does not know."""


class Fields:
    """Take fields from the front of a sealed object."""

    def __init__(self, raw: bytes, magic: bytes, what: str) -> None:
        if raw[:4] != magic:
            raise UnknownFormatError(f"{what}: no {magic.decode()}")
        self.raw, self.at, self.what = raw, 4, what

    def take(self, size: int) -> bytes:
        """Take a field of so many bytes."""
        piece = self.raw[self.at : self.at + size]
        if len(piece) != size:
            raise SealBrokenError(f"{self.what}: cut short")
        self.at += size
        return piece

    def number(self, size: int) -> int:
        """Take a big-endian number."""
        return int.from_bytes(self.take(size), "big")

    def section(self) -> int:
        """Take a section code."""
        code = self.number(1)
        if code not in SECTIONS:
            raise SealBrokenError(f"{self.what}: section {code} does not exist")
        return code

    def unseal(self, key: bytes) -> bytes:
        """Open the rest, nonce first, with everything taken so far as associated data."""
        clear = self.raw[: self.at]
        nonce = self.take(12)
        try:
            return AESGCM(key).decrypt(nonce, self.raw[self.at :], clear)
        except InvalidTag:
            raise SealBrokenError(f"{self.what}: does not open") from None


def open_chart_key(raw: bytes, kek: bytes) -> ChartKey:
    """Return facility, chart, generation and the 32-byte chart key."""
    fields = Fields(raw, b"CKC1", "chart key")
    facility, chart, generation = fields.take(16), fields.take(16), fields.number(4)
    fields.take(16)  # the id of the key-encryption key: who calls has chosen it
    return facility, chart, generation, fields.unseal(kek)


def open_section_key(raw: bytes, chart_key: ChartKey) -> SectionKey:
    """Return what an entry must name (facility to writer), the lease end, the section key."""
    fields = Fields(raw, b"CKW1", "section key")
    facility, chart, generation = fields.take(16), fields.take(16), fields.number(4)
    if (facility, chart, generation) != chart_key[:3]:
        raise SealBrokenError("section key: of another chart or generation")
    section, key_id, writer = fields.section(), fields.take(16), fields.take(16)
    lease_end = fields.number(8)
    key = fields.unseal(chart_key[3])
    return (facility, chart, section, key_id, writer), lease_end, key


def open_entry(raw: bytes, section_key: SectionKey, dictionary: bytes) -> bytes:
    """Return the plaintext of an entry that its section key covers."""
    covered, lease_end, key = section_key
    fields = Fields(raw, b"CKE1", "entry")
    place = fields.take(16), fields.take(16), fields.section(), fields.take(16)
    fields.take(16 + 4)  # entry id, version
    time, writer = fields.number(8), fields.take(16)
    kind = fields.take(fields.number(1))
    if not 1 <= len(kind) <= 64 or any(not 0x21 <= byte <= 0x7E for byte in kind):
        raise SealBrokenError("entry: its kind is not 1 to 64 printable characters")
    if (*place, writer) != covered:
        raise SealBrokenError("entry: does not belong to its key")
    if time > lease_end:
        raise SealBrokenError("entry: later than its lease")
    return decompress(unpad(fields.unseal(key)), dictionary)


def unpad(padded: bytes) -> bytes:
    """Return the frame; length, zeros and bucket must be as the format says."""
    size = 4 + int.from_bytes(padded[:4], "big")
    exponent = max(size, 64).bit_length() - 1
    grain = 2 ** (exponent - exponent.bit_length())
    expected = max(64, -(-size // grain) * grain)
    if len(padded) != expected or padded[size:].strip(b"\0"):
        raise SealBrokenError("entry: padding is not what the format says")
    return padded[4:size]


def decompress(frame: bytes, dictionary: bytes) -> bytes:
    """Decompress one zstd frame that states its size."""
    try:
        if not 0 <= zstandard.frame_content_size(frame) <= LIMIT:
            raise SealBrokenError("entry: frame states no size, or too much")
        reader = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(dictionary))
        return reader.decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError:
        raise SealBrokenError("entry: frame does not decompress") from None


def open_chain(kek: bytes, chart_wrap: bytes, wrap: bytes, entry: bytes, words: bytes) -> bytes:
    """Open an entry from the key-encryption key down."""
    return open_entry(entry, open_section_key(wrap, open_chart_key(chart_wrap, kek)), words)


def main() -> None:
    """Open what the arguments name."""
    parser = argparse.ArgumentParser(description="open a sealed entry without chartkeep")
    parser.add_argument("--kek", type=Path, required=True, help="file with the key in hex")
    parser.add_argument("--dictionary", type=Path, required=True, help="dictionary-1.zstd")
    parser.add_argument("files", type=Path, nargs=3, metavar="FILE", help="chart key, wrap, entry")
    given = parser.parse_args()
    kek, files = bytes.fromhex(given.kek.read_text()), [path.read_bytes() for path in given.files]
    try:
        sys.stdout.buffer.write(open_chain(kek, *files, given.dictionary.read_bytes()))
    except (SealBrokenError, UnknownFormatError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
