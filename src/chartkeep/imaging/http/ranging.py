"""One range of an answer that is one part (RFC 9110, 14)."""

import re

from chartkeep.imaging.http.asked import Answer, Asked

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


def read_span(asked: Asked, size: int) -> tuple[int, int] | None:
    """Give start and length of the range asked for, None for the whole; a bad one is ignored.

    An empty length says that nothing of it is there (416).
    """
    found = _RANGE.fullmatch(asked.header("range").strip())
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        length = min(int(found[2]), size)
        return size - length, length
    start = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < start:
        return None
    return start, max(last - start + 1, 0)


def headers(span: tuple[int, int] | None, size: int) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Give the status and headers of an answer with such a range."""
    if span is None:
        return 200, (("Accept-Ranges", "bytes"),)
    start, length = span
    told = f"bytes {start}-{start + length - 1}/{size}"
    return 206, (("Accept-Ranges", "bytes"), ("Content-Range", told))


def nothing(size: int) -> Answer:
    """Answer a range that lies outside."""
    return Answer(416, headers=(("Content-Range", f"bytes */{size}"),))
