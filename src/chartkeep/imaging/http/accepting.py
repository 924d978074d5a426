"""In which form an answer goes out: what Accept wants, what a stored object can be (PS3.18 8.7).

Each chooser gives the first form, in the caller's order, that can be had; when there is none it
raises UnacceptableError (406). What can be recoded is asked of `can`, so that nothing here decodes.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from chartkeep.errors import RefusedError
from chartkeep.imaging.http.media import Media

DICOM = "application/dicom"
JSON = "application/dicom+json"
OCTETS = "application/octet-stream"
JPEG, PNG = "image/jpeg", "image/png"

EXPLICIT = "1.2.840.10008.1.2.1"
PLAIN = frozenset({"1.2.840.10008.1.2", EXPLICIT, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"})
_JPEG = "1.2.840.10008.1.2.4."
_RLE = "1.2.840.10008.1.2.5"
MEDIA = {
    f"{_JPEG}50": JPEG,
    f"{_JPEG}51": JPEG,
    f"{_JPEG}57": JPEG,
    f"{_JPEG}70": JPEG,
    f"{_JPEG}80": "image/jls",
    f"{_JPEG}81": "image/jls",
    f"{_JPEG}90": "image/jp2",
    f"{_JPEG}91": "image/jp2",
    f"{_JPEG}92": "image/jpx",
    f"{_JPEG}93": "image/jpx",
    f"{_JPEG}201": "image/jphc",
    f"{_JPEG}202": "image/jphc",
    f"{_JPEG}203": "image/jphc",
    _RLE: "image/dicom-rle",
    f"{_JPEG}100": "video/mpeg2",
    f"{_JPEG}101": "video/mpeg2",
    f"{_JPEG}102": "video/mp4",
    f"{_JPEG}103": "video/mp4",
    f"{_JPEG}104": "video/mp4",
    f"{_JPEG}105": "video/mp4",
    f"{_JPEG}106": "video/mp4",
    f"{_JPEG}107": "video/H265",
    f"{_JPEG}108": "video/H265",
}
"""Transfer syntax of compressed pixels -> the media type of one frame (PS3.18 table 8.7.3-2)."""
READ = PLAIN | {
    f"{_JPEG}{code}" for code in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)
} | {_RLE}  # fmt: skip
"""Transfer syntaxes whose pixels can be decoded (`pixels.syntaxes`, which this must not load)."""
WRITTEN = frozenset({"1.2.840.10008.1.2", EXPLICIT, f"{_JPEG}80", f"{_JPEG}90", _RLE})
"""Those that frames, and files without loss, are written in."""
LOSSY = frozenset({f"{_JPEG}50"})
"""Those that frames alone are written in."""
DEFAULTS = {JPEG: f"{_JPEG}70", "image/jls": f"{_JPEG}80", "image/jp2": f"{_JPEG}90"}
DEFAULTS |= {"image/dicom-rle": _RLE}
"""What a media type means when it names no transfer syntax, and another is stored."""

Can = Callable[[str, str], bool]
"""Whether pixels stored in one transfer syntax can be written in another."""


def can_write_file(stored: str, wanted: str) -> bool:
    """Say whether a whole instance can be written so: nothing of it changes but its form."""
    return stored in READ and wanted in WRITTEN


def can_write_frame(stored: str, wanted: str) -> bool:
    """Say whether a frame can be written so."""
    return stored in READ and wanted in WRITTEN | LOSSY


class UnacceptableError(RefusedError):
    """An answer is asked for in a form this object cannot have (406)."""


class Form(NamedTuple):
    """The form of an answer, or of the parts of one. `syntax` is empty where there is none."""

    kind: str
    syntax: str = ""
    multipart: bool = False

    @property
    def part(self) -> str:
        """Write the Content-Type of one part, or of an answer that is one."""
        return f"{self.kind}; transfer-syntax={self.syntax}" if self.syntax else self.kind


class Wanted(NamedTuple):
    """How instances are asked for: transfer syntaxes in order, empty for the default."""

    syntaxes: tuple[str, ...]
    multipart: bool

    def syntax(self, stored: str, can: Can) -> str:
        """Choose the transfer syntax for one instance. Raises UnacceptableError.

        The default is explicit VR little endian; what cannot be written so goes as it is.
        """
        for wanted in self.syntaxes:
            if wanted in ("*", stored):
                return stored
            if wanted == "":
                return EXPLICIT if can(stored, EXPLICIT) else stored
            if can(stored, wanted):
                return wanted
        raise UnacceptableError(
            "this instance is not written in that transfer syntax", hint="transfer-syntax=*"
        )


def instances(ranges: Sequence[Media], *, one: bool) -> Wanted:
    """Choose how instances go out; a single one may go without parts. Raises UnacceptableError."""
    multipart = tuple(r.syntax for r in ranges if r.related and r.related.covers(DICOM))
    single = tuple(r.syntax for r in ranges if r.name == DICOM)
    first = next((r for r in ranges if (r.related or r).covers(DICOM)), None)
    if first is not None and first.name == DICOM and one:
        return Wanted(single, multipart=False)
    if multipart:
        return Wanted(multipart, multipart=True)
    if first is None or first.name == DICOM:
        raise UnacceptableError(
            "instances are written as DICOM only", hint=f'Accept: multipart/related; type="{DICOM}"'
        )
    return Wanted((first.syntax,), multipart=True)  # */* and the like


def frames(ranges: Sequence[Media], stored: str, can: Can, *, one: bool) -> Form:
    """Choose how frames stored in a transfer syntax go out. Raises UnacceptableError."""
    for each in ranges:
        kinds = each.related or each
        if each.related is None and not one and each.name != "*/*":
            continue
        multipart = each.related is not None or each.name == "*/*"
        if (found := _frame(kinds, each.syntax, stored, can)) is not None:
            return Form(*found, multipart)
    raise UnacceptableError(
        "these frames are not written in that form",
        hint=f'Accept: multipart/related; type="{OCTETS}"; transfer-syntax=*',
    )


def _frame(kinds: Media, wanted: str, stored: str, can: Can) -> tuple[str, str] | None:
    """Give media type and transfer syntax of a frame within a range, None when there is none."""
    own = OCTETS if stored in PLAIN else MEDIA.get(stored, OCTETS)
    plain = EXPLICIT if stored in PLAIN else stored
    if kinds.name == OCTETS:
        if wanted in ("*", stored):
            return OCTETS, plain
        target = wanted or EXPLICIT
        return (OCTETS, target) if target in PLAIN and can(stored, target) else None
    if kinds.covers(own) and wanted in ("", "*", stored):
        return own, plain
    target = wanted if wanted not in ("", "*") else DEFAULTS.get(kinds.name, "")
    if MEDIA.get(target) is not None and kinds.covers(MEDIA[target]) and can(stored, target):
        return MEDIA[target], target
    return None


def bulk(ranges: Sequence[Media], kind: str = OCTETS) -> Form:
    """Choose how bulk data goes out: its own kind, or octets, in parts or alone.

    What anything satisfies goes in one part: every client of the standard reads that.
    """
    for each in ranges:
        kinds = each.related or each
        for own in dict.fromkeys((kind, OCTETS)):
            if kinds.covers(own):
                return Form(own, "", each.related is not None or each.name == "*/*")
    raise UnacceptableError(
        "bulk data is not written in that form", hint=f'multipart/related; type="{OCTETS}"'
    )


def rendered(ranges: Sequence[Media], kinds: Sequence[str]) -> str:
    """Choose a media type of those something can be shown as, the first where all will do."""
    for each in ranges:
        for kind in kinds:
            if each.covers(kind):
                return kind
    raise UnacceptableError("this is not shown in that form", hint=f"Accept: {', '.join(kinds)}")


def metadata(ranges: Sequence[Media]) -> str:
    """Check that JSON is wanted; gives the name it is wanted by. Raises UnacceptableError."""
    return rendered(ranges, (JSON, "application/json"))
