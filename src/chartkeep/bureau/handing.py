"""What goes out of a case over HTTP: a copy of evidence, a bag, its STIX; each to a named reader.

Promises that the case says who has it and why before they have it, that no evidence which may name
patients is among it, and that the desk's memory bounds what is made: the rest by the command line.
"""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from chartkeep.bureau.asked import Answer, Asked
from chartkeep.errors import BadInputError, NotAllowedError, RefusedError
from chartkeep.incident.case.bag import export_bag
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.contents import Wish
from chartkeep.incident.case.events import Handed
from chartkeep.incident.case.stix import stix_bundle
from chartkeep.model import Millis

MOST: Final = 64 << 20
"""Bytes of evidence that go out this way; more by the command line."""
MOST_EVENTS: Final = 3_000
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, 0700
_STIX: Final = "application/stix+json;version=2.1"


def give_evidence(case: Case, asked: Asked) -> Answer:
    """Give a piece of evidence, after the case says to whom (`to`) and why (`why`)."""
    (whom, why), digest = _reader(asked), asked.path[3]
    kept = case.kept().get(digest)
    if kept is not None and kept.people:
        raise NotAllowedError(
            "this piece may name patients: one session does not open it",
            hint="chartkeep incident fetch, where the desk's key is",
        )
    if kept is not None and kept.size > MOST:
        raise BadInputError("this piece is too large for here", hint="chartkeep incident fetch")
    out = io.BytesIO()
    case.read(digest, out.write)
    case.add(Handed("a copy", whom, why), evidence=[digest])
    return Answer(200, out.getvalue(), kind="application/octet-stream")


def give_bag(case: Case, asked: Asked, now: Millis) -> Answer:
    """Give a bag of the case as a ZIP; `without=6,7` leaves events out. It lies in memory alone."""
    whom, why = _reader(asked)
    size = sum(each.size for each in case.kept().values() if not each.people)
    if size > MOST or case.book.size > MOST_EVENTS:
        raise RefusedError("this bag is too large for here", hint="chartkeep incident export")
    wish = Wish(whom, why, withhold=_numbers(asked.query.get("without", "")))
    out = io.BytesIO()
    with tempfile.TemporaryDirectory(dir=_SHARED_MEMORY) as folder:
        bag = export_bag(case, Path(folder) / case.id, wish, now).path
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(each for each in bag.rglob("*") if each.is_file()):
                packed.write(path, path.relative_to(folder))
    return Answer(200, out.getvalue(), kind="application/zip")


def give_stix(case: Case, asked: Asked) -> Answer:
    """Give the case as STIX 2.1, for a cyber agency: no patient, no free words of people."""
    whom, why = _reader(asked)
    case.add(Handed("its STIX 2.1", whom, why))
    return Answer(200, stix_bundle(case, case.events()), kind=_STIX)


def _reader(asked: Asked) -> tuple[str, str]:
    whom, why = asked.query.get("to", "").strip(), asked.query.get("why", "").strip()
    if not whom or not why:
        raise BadInputError("say who is to have it and why", hint="?to=…&why=…")
    return whom, why


def _numbers(words: str) -> frozenset[int]:
    found = words.split(",") if words else []
    if not all(each.isascii() and each.isdecimal() and len(each) < 10 for each in found):
        raise BadInputError("without names no events", hint="?without=6,7")
    return frozenset(map(int, found))
