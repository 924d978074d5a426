"""Which transaction a request is: one table of methods and paths (PS3.18 10.3)."""

from collections.abc import Callable
from contextlib import suppress

from chartkeep.errors import ChartkeepError, NotFoundError, UnavailableError
from chartkeep.imaging.http import (
    bulkdata,
    framing,
    rendering,
    retrieving,
    searching,
    storing,
    telling,
)
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.crossing import allow, preflight
from chartkeep.imaging.http.door import Door
from chartkeep.imaging.http.outcome import NotSupportedError, refuse
from chartkeep.imaging.http.place import WORDS, Place, read_place
from chartkeep.model import ChartId
from chartkeep.web.caller import Caller, read_caller

Handler = Callable[[Door, Caller, Asked, Place], Answer]


class Dispatch:
    """Answers every request; it is safe to share between threads."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def answer(self, asked: Asked) -> Answer:
        """Answer a request; whatever is wrong becomes a status and words."""
        found = self._answer(asked)
        let = allow(asked, self._door.origins)
        return found._replace(headers=(*found.headers, *let)) if let else found

    def _answer(self, asked: Asked) -> Answer:
        caller: Caller | None = None
        try:
            if asked.method == "OPTIONS":
                return preflight()
            caller = read_caller(asked.header, self._door.sessions)
            place = _store_place(asked) or read_place(asked.path)
            return _find(asked.method, place)(self._door, caller, asked, place)
        except ChartkeepError as error:
            if caller is not None and not isinstance(error, UnavailableError):
                self._note_refusal(caller, asked, error)
            return refuse(error)

    def _note_refusal(self, caller: Caller, asked: Asked, error: ChartkeepError) -> None:
        """Write down that storing was refused; a look that was refused is a line already."""
        if asked.method == "POST":
            with suppress(ChartkeepError):  # the answer is a refusal whatever becomes of the note
                self._door.note(caller, ChartId(b""), "create", refused=type(error).__name__)


def _store_place(asked: Asked) -> Place | None:
    """Read where something is to be stored: studies, or one study."""
    if asked.method != "POST":
        return None
    if asked.path == ("studies",):
        return Place(many="studies")
    place = read_place(asked.path)
    if place.study and not place.series and not place.many and not place.rest:
        return place
    raise NotSupportedError("instances are stored at studies, or at one study")


def _find(method: str, place: Place) -> Handler:
    """Find the transaction. Raises NotFoundError or NotSupportedError when there is none."""
    if method == "POST":
        return storing.store
    if method != "GET":
        raise NotSupportedError("this door reads, searches and stores", hint="GET or POST")
    if place.many:
        return searching.search
    pattern = tuple(part if part in WORDS else "*" for part in place.rest)
    handler = _PARTS.get(pattern[:1] if pattern[:1] == ("bulkdata",) else pattern)
    if handler is None or (pattern[:1] == ("frames",) and not place.instance):
        raise NotFoundError("there is no such address", hint="metadata, rendered, frames, bulkdata")
    return handler


_PARTS: dict[tuple[str, ...], Handler] = {
    (): retrieving.retrieve,
    ("metadata",): telling.tell,
    ("rendered",): rendering.render,
    ("thumbnail",): rendering.thumbnail,
    ("bulkdata",): bulkdata.give,
    ("frames", "*"): framing.give,
    ("frames", "*", "rendered"): rendering.render,
    ("frames", "*", "thumbnail"): rendering.thumbnail,
}
"""What may be asked of the instances at a place; a star stands for a list of frames."""
