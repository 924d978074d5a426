"""The body of fuzz/dicom.py: any bytes as a DICOM file."""

from collections.abc import Callable
from typing import TypeVar

from chartkeep.errors import BadInputError
from chartkeep.imaging.cutter import Cutter
from chartkeep.imaging.elements import IMPLICIT_LITTLE
from chartkeep.imaging.facts import read_facts, read_pixels, read_subject
from chartkeep.imaging.head import Head
from chartkeep.imaging.instance import describe, encode_instance, frame_ranges, read_instance

T = TypeVar("T")
WORD = b"ZYXKANARIYA"


def feed(data: bytes) -> None:
    """Take it apart at once and in pieces: the same, or an error of ours that says nothing."""
    for syntax in ("", IMPLICIT_LITTLE):
        whole = _outcome(lambda syntax=syntax: _in_pieces(data, syntax, len(data) or 1))
        pieces = _outcome(lambda syntax=syntax: _in_pieces(data, syntax, 61))
        assert whole == pieces or isinstance(whole, str)
        if not isinstance(whole, str):
            _outcome(lambda head=whole[0]: _describe(head))


def _describe(head: Head) -> None:
    read_pixels(head)
    read_subject(head)
    instance = describe(head, read_facts(head), bytes(32))
    assert read_instance(encode_instance(instance)) == instance
    frame_ranges(instance, instance.frames)


def _in_pieces(data: bytes, syntax: str, size: int) -> tuple[Head, bytes]:
    """Give the head, and the pixels that passed."""
    heard: list[memoryview] = []
    cutter = Cutter(syntax, heard.append)
    for at in range(0, len(data), size):
        cutter.feed(data[at : at + size])
    return cutter.finish(), b"".join(heard)


def _outcome(run: Callable[[], T]) -> T | str:
    try:
        return run()
    except BadInputError as error:
        said = f"{error}{error.hint}"
    assert WORD.decode() not in said
    return said
