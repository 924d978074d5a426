"""Text in pictures, by Tesseract where it is installed: its library, in the process that reads.

    ocr.load()                      before the process gives up its files
    for line in ocr.lines(image): …

No program is started and no picture written anywhere: the library is given grey pixels. It and its
languages are loaded once; without them (`is_there`) pictures are named and not read.
"""

import ctypes
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from PIL.Image import Image, Resampling

LIBRARIES: Final = ("libtesseract.so.5", "libtesseract.so.4")
LANGUAGES: Final = ("eng", "fra", "ind", "jpn")
"""Those of them that are installed are read."""
MOST_PIXELS: Final = 80_000_000
MOST_MILLIS: Final = 20_000
"""Of looking at one picture: a page takes 3 s, a photograph of leaves would take minutes."""
LEAST_SIDE: Final = 24
_LONGEST: Final = 3_600
"""A page of A4 at 300 dots an inch."""
_SHORT: Final = 1_600
"""Of a picture smaller than this, a screen's perhaps, letters are too small for Tesseract."""
_RESOLUTION: Final = 200
_LSTM: Final = 1


class _Tesseract:
    """The library, loaded, with its languages."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        for name in ("Create", "GetUTF8Text"):
            self._call(name).restype = ctypes.c_void_p
        library.TessMonitorCreate.restype = ctypes.c_void_p
        self._base = ctypes.c_void_p(self._call("Create")())
        there = [each for each in LANGUAGES if self._begin(each)]
        self.works = bool(there) and self._begin("+".join(there))

    def read(self, grey: Image) -> str:
        width, height = grey.size
        pixels = grey.tobytes()
        self._call("SetImage")(self._base, pixels, width, height, 1, width)
        self._call("SetSourceResolution")(self._base, _RESOLUTION)
        monitor = ctypes.c_void_p(self._library.TessMonitorCreate())
        self._library.TessMonitorSetDeadlineMSecs(monitor, MOST_MILLIS)
        self._call("Recognize")(self._base, monitor)
        self._library.TessMonitorDelete(monitor)
        told = self._call("GetUTF8Text")(self._base)
        if not told:
            return ""
        text = ctypes.string_at(told).decode("utf-8", "replace")
        self._library.TessDeleteText(ctypes.c_void_p(told))
        self._call("Clear")(self._base)
        return text

    def _begin(self, languages: str) -> bool:
        return not self._call("Init2")(self._base, None, languages.encode(), _LSTM)

    def _call(self, name: str) -> "ctypes._NamedFuncPointer":
        found: ctypes._NamedFuncPointer = getattr(self._library, f"TessBaseAPI{name}")
        return found


_loaded: list[_Tesseract] = []


def load() -> None:
    """Load library and languages, if they are installed."""
    for name in LIBRARIES:
        with suppress(OSError, AttributeError):
            found = _Tesseract(ctypes.CDLL(name))
            if found.works:
                _loaded[:] = [found]
            return


def is_there() -> bool:
    """Say whether pictures can be read here."""
    return bool(_loaded)


def lines(image: Image) -> Iterator[str]:
    """Yield the lines of text in a picture, from its top; none where there is no Tesseract."""
    if not _loaded or min(image.size) < LEAST_SIDE:
        return
    for line in _loaded[0].read(_prepared(image)).splitlines():
        if line.strip():
            yield line.strip()


def _prepared(image: Image) -> Image:
    """Make a picture grey and as large as Tesseract reads best; what is clear becomes white."""
    longest = max(image.size)
    if image.has_transparency_data:
        held = image.convert("LA")
        grey = held.getchannel("L")
        grey.paste(255, mask=held.getchannel("A").point(lambda value: 255 - value))
    else:
        grey = image.convert("L")
    scale = 2.0 if longest < _SHORT else min(1.0, _LONGEST / longest)
    if scale == 1.0:
        return grey
    width, height = (max(1, round(side * scale)) for side in image.size)
    return grey.resize((width, height), Resampling.BICUBIC)
