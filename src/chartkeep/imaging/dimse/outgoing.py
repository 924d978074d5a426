"""Pictures on their way to a peer: in which transfer syntax, and their data sets in it.

As they are wherever the peer takes that; else written uncompressed, a frame at a time, in a process
of its own (`imaging.pixels`). Every peer takes implicit little endian (PS3.5 10.1).
"""

from collections.abc import Iterator, Mapping, Sequence

from chartkeep.custody.house import House
from chartkeep.imaging.dimse.negotiating import Context, Proposal
from chartkeep.imaging.dimse.requesting import MOST_PROPOSED
from chartkeep.imaging.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from chartkeep.imaging.opening import Picture
from chartkeep.imaging.pixels.pool import Pixels
from chartkeep.imaging.reading import Lease, read_files, read_frames, read_front

PLAIN = (EXPLICIT_LITTLE, IMPLICIT_LITTLE)
_META = 132 + 12
"""Where file meta begin behind the preamble, and the element that tells their length."""


def propose(shown: Sequence[Picture]) -> list[Proposal]:
    """Propose each class in the syntaxes its pictures have, then in the plain ones they have not.

    What passes 128 contexts is left out; those pictures fail.
    """
    kinds: dict[str, dict[str, None]] = {}
    for each in shown:
        kinds.setdefault(each.instance.sop_class, {})[each.instance.syntax] = None
    own = [Proposal(kind, (syntax,)) for kind, have in kinds.items() for syntax in have]
    plain = [(kind, [each for each in PLAIN if each not in have]) for kind, have in kinds.items()]
    other = [Proposal(kind, (syntax,)) for kind, rest in plain for syntax in rest]
    return (own + other)[:MOST_PROPOSED]


def context_for(picture: Picture, contexts: Mapping[tuple[str, str], Context]) -> Context | None:
    """Choose among the contexts a peer took, by class and syntax; None when none will do."""
    instance = picture.instance
    asked = ((instance.sop_class, syntax) for syntax in (instance.syntax, *PLAIN))
    return next((contexts[each] for each in asked if each in contexts), None)


def dataset(
    picture: Picture, syntax: str, house: House, lease: Lease, pixels: Pixels
) -> Iterator[bytes]:
    """Give a picture's data set in a syntax, without preamble and file meta.

    Raises at its first piece what cannot be read or written so.
    """
    instance = picture.instance
    if syntax == instance.syntax:
        return _behind(instance.start, next(read_files([picture], house, lease)))
    front = read_front(picture, house, lease)
    frames = read_frames(picture, range(1, instance.frames + 1), house, lease)
    pieces = pixels.transcode_file(front, instance.syntax, frames, instance.frames, syntax)
    first = next(pieces)
    start = _META + int.from_bytes(first[_META - 4 : _META], "little")
    return _behind(start, _chained(first, pieces))


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _behind(start: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Leave out what an association has said already."""
    for piece in pieces:
        if start < len(piece):
            yield piece[start:]
        start = max(start - len(piece), 0)
