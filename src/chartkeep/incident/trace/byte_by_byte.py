"""A file that is one of ours byte by byte, or a picture whose pixels are, whatever its header says.

A picture that is not may still be of somebody its header names. What a header says was written when
the picture was taken, and is not what stood in the chart when it was copied: it dates nothing.

Where one chart has it, that is certain, and our record's copy; where several do, they are its
candidates, and none is chosen: a leaflet, a test chart, a picture filed for two people. Pure.
"""

from typing import Final

from chartkeep.fingerprint.keys import LookUp
from chartkeep.incident.trace.found import Kind, Picture, Row, Source
from chartkeep.incident.trace.index import OPEN_END, Lain
from chartkeep.incident.trace.labelling import Labels
from chartkeep.incident.trace.matching import MOST_SHOWN, Candidate, Matched, Matcher
from chartkeep.incident.trace.weighing import Agreement, Weighed
from chartkeep.model import Section

FILE: Final = "file"
PIXELS: Final = "pixels"
EXACT: Final = frozenset({FILE, PIXELS})
"""What only our record could have given, of a file."""
_HEADER: Final = Labels(names=((1,),), births=(2,), sexes=(3,), numbers=(0, 4))
"""Of a picture's header, whose fields are `found.PICTURE_FIELDS`."""


def match_exactly(found: Picture | Source, matcher: Matcher, number: int) -> Matched | None:
    """Say whose file it is by its bytes alone; None for nobody's. `number`: the row it is told as.

    A picture's own source says nothing more than the picture.
    """
    if isinstance(found, Picture):
        sums = [(FILE, found.file_sha256), (PIXELS, found.pixel_sha256)]
    else:
        sums = [(FILE, found.sha256)] if found.kind is not Kind.DICOM else []
    for word, each in sums:
        if each and (lain := matcher.index.lain(matcher.key.look_up(LookUp.FILE, each.hex()))):
            return _matched(lain, word, matcher, number)
    return None


def match_picture(found: Picture, matcher: Matcher, number: int, share: float) -> Matched:
    """Say whose picture it is, by its bytes, or else by its header. `share`: `Matcher.share`."""
    if exact := match_exactly(found, matcher, number):
        return exact
    row = Row(number, tuple(value.replace("^", " ") for value in found.fields))
    (matched,) = matcher.match([row], _HEADER, share)
    return matched._replace(window=(), section=Section.IMAGING)


def _matched(lain: list[Lain], word: str, matcher: Matcher, number: int) -> Matched:
    first = lain[0]
    agreed = Weighed(0.0, (Agreement(0.0, first.section.name.lower()),))
    candidates = tuple(
        Candidate(matcher.index.chart(each.chart), agreed, 1 / len(lain))
        for each in lain[:MOST_SHOWN]
    )
    window = ((first.since, OPEN_END),)
    return Matched(number, candidates, (word,), window, section=first.section)
