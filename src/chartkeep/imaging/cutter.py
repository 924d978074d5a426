"""Taking a DICOM file apart while its bytes pass by: the head is kept, bulk is only counted.

PS3.10 files, and datasets without file meta as DIMSE carries them. Memory is bounded by MOST_HEAD
whatever the size of the file, time by its bytes; what breaks the grammar is a BadInputError that
names the element. What lies inside sequences is not looked at before somebody reads it.
"""

import zlib
from collections.abc import Callable

from chartkeep.errors import BadInputError
from chartkeep.imaging.elements import (
    DEFLATED,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    ITEM,
    LONG,
    READERS,
    SEQUENCE_END,
    SHORT,
    UNDEFINED,
    Encoding,
    bad_element,
    encoding_of,
    end_of_undefined,
    is_vr,
)
from chartkeep.imaging.head import LONGEST_KEPT, Cut, Found, Head, is_bulk

MOST_HEAD = 32 << 20
"""Contours of a radiotherapy plan take 10 MB and more; nothing real takes this."""
MOST_META = 1 << 20
MOST_ELEMENTS = 65_536
MOST_FRAGMENTS = 1_000_000
MOST_INFLATED = 256 << 20
PIXELS = 0x7FE00010
_SYNTAX = 0x00020010
_PREAMBLE = 132

See = Callable[[memoryview], object]


def read_head(data: bytes, syntax: str = "") -> Head:
    """Take a whole file apart at once. Raises BadInputError."""
    cutter = Cutter(syntax)
    cutter.feed(data)
    return cutter.finish()


class Cutter:
    """Takes a file apart piece by piece; one for each file.

    `syntax`: the transfer syntax of a dataset that comes without preamble and file meta.
    `see`: hears the pixels (7FE0,0010) as they pass, of fragments what lies in them.
    `ready`: all that stands before the first bulk value above (0020,000E) has been seen.
    """

    def __init__(self, syntax: str = "", see: See | None = None) -> None:
        self.syntax = syntax
        self._see = see
        self._seen = False  # whether what is skipped is heard
        self.encoding = Encoding(implicit=False)
        self.found: dict[int, Found] = {}
        self.cuts: dict[int, Cut] = {}
        self.ready = False
        self._step = self._begin if not syntax else self._set_out
        self._inflate: zlib._Decompress | None = None
        self._rest = b""  # not understood yet; begins at `_at` of the dataset's file
        self._waiting: list[bytes] = []
        self._there = 0  # how much is in `_rest` and `_waiting`
        self._at = 0
        self._start = 0
        self._skip = 0  # bytes of a bulk value still to pass
        self._want = 0  # try again when so many bytes are there
        self._kept: list[bytes] = []
        self._length = 0
        self._last = 0
        self._open: tuple[int, int, list[int]] | None = None  # fragments: tag, at, lengths
        self._table = b""
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises BadInputError."""
        self._size += len(data)
        if self._inflate is None:
            self._take(data)
        else:
            self._feed_deflated(data)

    def finish(self) -> Head:
        """Give the head: no more bytes will come. Raises BadInputError when they end too early."""
        if self._step == self._begin:
            self._begin_at_end()
        if self._step == self._set_out:
            self._set_out(last=True)
        self._want = 0
        self._take(b"")  # what waited for more than it needs
        if self._open and not self._skip and not self._rest:
            self._end_fragments(self._at)  # some leave the last delimiter out
        if self._skip or self._rest or self._open:
            raise bad_element(self._last, "is cut short")
        if not self.found:
            raise BadInputError("the file holds no element", hint="send a DICOM file")
        self.ready = True
        data = self._kept[0] if len(self._kept) == 1 else b"".join(self._kept)
        return Head(
            self.syntax, self.encoding, data, self.found, self.cuts, self._start, self._size
        )

    def preview(self) -> Head:
        """Give what is known so far: of use when `ready`."""
        data = b"".join(self._kept)
        self._kept = [data]
        return Head(self.syntax, self.encoding, data, self.found, {}, self._start, self._size)

    def _feed_deflated(self, data: bytes) -> None:
        """Inflate in pieces, so that a bomb costs time and no memory."""
        inflate = self._inflate
        assert inflate is not None
        try:
            while data:
                self._take(inflate.decompress(data, 1 << 20))
                data = inflate.unconsumed_tail
                if self._at > MOST_INFLATED:
                    raise BadInputError(
                        "the dataset inflates to over 256 MiB", hint="send it plain"
                    )
        except zlib.error as error:
            raise BadInputError("the dataset is not deflated as its file meta says") from error

    def _take(self, data: bytes) -> None:
        if self._skip:
            gone = min(self._skip, len(data))
            self._skip -= gone
            self._at += gone
            if self._seen and self._see:
                self._see(memoryview(data)[:gone])
            if gone == len(data):
                return
            data = data[gone:]
        self._waiting.append(data)
        self._there += len(data)
        if self._there < self._want:  # joined once, not again with each piece
            return
        if len(self._rest) != self._there:
            self._rest = b"".join((self._rest, *self._waiting))
        self._waiting.clear()
        while len(self._rest) >= max(self._want, 1) and self._step():
            pass
        self._there = len(self._rest)

    def _drop(self, count: int, pixels: int = 0) -> None:
        """Go on `count` bytes further, beyond what is there too; the last are `pixels`."""
        there = len(self._rest)
        self._seen = pixels > 0
        if self._see and pixels and there > count - pixels:
            self._see(memoryview(self._rest)[count - pixels : count])
        self._at += min(count, there)
        self._skip = max(count - there, 0)
        self._rest = self._rest[count:]
        self._want = 0

    def _wait(self, tag: int) -> bool:
        """Wait until there is twice as much, so that a long value is not walked again and again."""
        self._last = tag
        if len(self._rest) + self._length > MOST_HEAD:
            raise bad_element(tag, f"makes the head longer than {MOST_HEAD >> 20} MiB")
        self._want = len(self._rest) * 2
        return False

    def _begin(self) -> bool:
        """Read preamble and file meta (PS3.10 7.1), or a file meta that stands at the front."""
        if len(self._rest) < _PREAMBLE + 12:
            return False
        return self._read_meta(_PREAMBLE if self._rest[128:_PREAMBLE] == b"DICM" else 0)

    def _begin_at_end(self) -> None:
        """Read a file so short that it ended before its file meta did."""
        start = _PREAMBLE if self._rest[128:_PREAMBLE] == b"DICM" else 0
        self._read_meta(start, last=True)

    def _read_meta(self, at: int, *, last: bool = False) -> bool:
        data, reader = self._rest, READERS[False]
        if at == 0 and data[:2] == b"\x08\x00":  # a dataset alone, as ACR-NEMA wrote them
            self._step = self._set_out
            return True
        if at == 0 and data[:2] != b"\x02\x00":
            raise BadInputError(
                "not a DICOM file: no DICM at byte 128", hint="send a file of PS3.10"
            )
        while True:
            if at + 12 > len(data) and not (last and at == len(data)):
                return self._wait_meta(last=last)
            if data[at : at + 2] != b"\x02\x00":
                break
            group, element = reader.pair(data, at)
            vr = data[at + 4 : at + 6]
            if not is_vr(vr):
                raise bad_element(group << 16 | element, "has no VR")
            wide = vr in LONG
            length = reader.long(data, at + 8)[0] if wide else reader.short(data, at + 6)[0]
            at += 12 if wide else 8
            if at + length > MOST_META:
                raise bad_element(group << 16 | element, "makes the file meta over 1 MiB")
            if at + length > len(data):
                return self._wait_meta(last=last)
            if group << 16 | element == _SYNTAX:
                self.syntax = data[at : at + length].rstrip(b"\0 ").decode("ascii", "replace")
            at += length
        self._drop(at)
        self._start = self._at
        self._step = self._set_out
        return True

    def _wait_meta(self, *, last: bool) -> bool:
        if last:
            raise BadInputError("the file ends in its file meta", hint="send it again")
        self._want = len(self._rest) + 1
        return False

    def _set_out(self, *, last: bool = False) -> bool:
        """Begin the dataset: how it is written is known from here on."""
        if self.syntax == DEFLATED and self._inflate is None:
            deflated, self._rest, self._there = self._rest, b"", 0
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            self._feed_deflated(deflated)
            return False
        if len(self._rest) < 8 and not last:
            return False
        self.encoding = encoding_of(self.syntax, self._rest[:8])
        self.syntax = self.syntax or (
            IMPLICIT_LITTLE if self.encoding.implicit else EXPLICIT_LITTLE
        )
        self._step = self._elements
        return True

    def _elements(self) -> bool:  # noqa: C901, PLR0912 - the hot loop, once for each file
        """Walk the top level as far as the bytes reach; False when more are needed."""
        data, found, base = self._rest, self.found, self._length
        reader, implicit = READERS[self.encoding.big], self.encoding.implicit
        whole, long = reader.whole, reader.long
        end, room, at, vr = len(data), MOST_ELEMENTS - len(found), 0, b""
        while at + 8 <= end:
            group, element, vr, length = whole(data, at)
            tag = group << 16 | element
            value = at + 8
            if implicit or vr not in SHORT:
                if vr in LONG and not implicit:
                    if at + 12 > end:
                        break
                    value = at + 12
                elif implicit or not is_vr(vr):
                    vr = b""
                if value != at + 8 or not vr:
                    length = long(data, value - 4)[0]
            if (length > LONGEST_KEPT or group == 0x7FE0) and is_bulk(tag, vr, length):
                return self._cut(tag, vr, value, length)
            if group == 0xFFFE:
                raise bad_element(tag, "is a delimiter out of place")
            if length == UNDEFINED:
                stop = end_of_undefined(data, value, tag, self.encoding, vr or b"SQ")
                if stop < 0:
                    break
            else:
                stop = value + length
                if stop > end:
                    break
            found[tag] = vr, base + value, stop - value
            at = stop
            room -= 1
            if room < 0:
                raise bad_element(tag, f"is one of more than {MOST_ELEMENTS}")
        self._keep(at)
        if not self._rest:
            return False
        group, element = reader.pair(self._rest.ljust(4, b"\0"), 0)
        return self._wait(group << 16 | element)

    def _keep(self, count: int, cut: int = 0, tag: int = 0) -> None:
        """Add bytes to the head, and go on behind them and `cut` bytes more, the value of `tag`."""
        if self._length + count > MOST_HEAD:
            raise bad_element(self._last, f"makes the head longer than {MOST_HEAD >> 20} MiB")
        if count:
            self._kept.append(self._rest[:count])
            self._length += count
        self._drop(count + cut, cut if tag == PIXELS else 0)

    def _cut(self, tag: int, vr: bytes, value: int, length: int) -> bool:
        """Keep the header of a bulk value, and pass the value by."""
        self._last = tag
        if tag in self.cuts:
            raise bad_element(tag, "comes twice")
        self.ready = self.ready or tag > 0x0020000E
        self.found[tag] = vr, self._length + value, 0
        if len(self.found) > MOST_ELEMENTS:
            raise bad_element(tag, f"is one of more than {MOST_ELEMENTS}")
        at = self._at + value
        if length == UNDEFINED:
            self._keep(value)
            self._open = tag, at, []
            self._step = self._fragments
        else:
            self._keep(value, length, tag)
            self.cuts[tag] = Cut(at, length)
        return bool(self._rest)

    def _fragments(self) -> bool:
        """Step from fragment to fragment (PS3.5 A.4)."""
        assert self._open is not None
        tag, _, lengths = self._open
        data, reader = self._rest, READERS[False]
        at, end, heard = 0, len(data), False
        while at + 8 <= end:
            group, element = reader.pair(data, at)
            length = reader.long(data, at + 4)[0]
            kind = group << 16 | element
            if kind == SEQUENCE_END:
                self._drop(at + 8)
                self._end_fragments(self._at)
                return bool(self._rest)
            if kind != ITEM or length == UNDEFINED:
                raise bad_element(tag, "has fragments that are not delimited")
            if not lengths and length <= MOST_META:
                if at + 8 + length > end:
                    break
                self._table = data[at + 8 : at + 8 + length]
            lengths.append(length)
            heard = tag == PIXELS and len(lengths) > 1
            if heard and self._see:
                self._see(memoryview(data)[at + 8 : at + 8 + length])
            if len(lengths) > MOST_FRAGMENTS:
                raise bad_element(tag, f"has more than {MOST_FRAGMENTS} fragments")
            at += 8 + length
        self._drop(at)
        self._seen = heard
        self._want = 0 if self._skip else len(self._rest) + 1
        return False

    def _end_fragments(self, at: int) -> None:
        assert self._open is not None
        tag, start, lengths = self._open
        self.cuts[tag] = Cut(start, at - start, tuple(lengths), self._table)
        self._open = None
        self._step = self._elements
