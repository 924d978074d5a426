"""Where a value that a BulkDataURI names lies in its file."""

import re

from chartkeep.errors import NotFoundError
from chartkeep.imaging.elements import Encoding, each_element, each_item, inside
from chartkeep.imaging.head import is_bulk
from chartkeep.imaging.instance import Instance, Range

_PATH = re.compile(r"[0-9A-F]{8}(/[0-9]{1,6}/[0-9A-F]{8}){0,48}")


def value_range(instance: Instance, head: bytes, path: str) -> Range:
    """Give where the value at `path` lies in the file (in the inflated file, if it is deflated).

    `path`: as `dicom_json` writes it, tags and item numbers from 0 in turns; `head` is the
    instance's. Raises NotFoundError when there is none, BadInputError where the head is broken.
    """
    if not _PATH.fullmatch(path):
        raise _nothing()
    steps = path.split("/")
    tag = int(steps[0], 16)
    for each in instance.bulk:
        if each.tag == tag and len(steps) == 1:
            return each.at, each.length
    at, length = _find(head, steps, instance.encoding)
    return _in_file(instance, at), length


def _find(head: bytes, steps: list[str], encoding: Encoding) -> Range:
    at, stop, top = 0, len(head), True
    while True:
        tag = int(steps.pop(0), 16)
        at, length, vr = _element(head, at, stop, tag, encoding, top=top)
        if not steps:
            return at, length
        encoding, top = inside(vr or b"SQ", encoding), False
        wanted = int(steps.pop(0))
        items = each_item(head, at, at + length, tag, encoding)
        found = next((item for n, item in enumerate(items) if n == wanted), None)
        if found is None:
            raise _nothing()
        at, stop = found


def _element(
    head: bytes, at: int, stop: int, tag: int, encoding: Encoding, *, top: bool
) -> tuple[int, int, bytes]:
    """Find an element between two places; of a bulk value only the header stands in the head."""
    while at < stop:
        each = next(each_element(head, at, stop, encoding, cut=is_bulk if top else None))
        if each.tag == tag:
            return each.at, each.length, each.vr
        at = each.at + each.length
    raise _nothing()


def _in_file(instance: Instance, at: int) -> int:
    """Turn a place in the head into a place in the file."""
    place = instance.start + at
    for each in sorted(instance.bulk, key=lambda value: value.at):
        if each.at <= place:
            place += each.length
    return place


def _nothing() -> NotFoundError:
    return NotFoundError("the instance has no such value", hint="ask for one its metadata name")
