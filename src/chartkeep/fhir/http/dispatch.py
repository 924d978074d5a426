"""Which interaction a request is: one table of methods and paths (http.html#summary)."""

import re
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qsl

from chartkeep.clinical.schema import is_type
from chartkeep.errors import BadInputError, ChartkeepError, NotFoundError, UnavailableError
from chartkeep.fhir.http import (
    auditing,
    batching,
    capability,
    operations,
    reading,
    searching,
    writing,
)
from chartkeep.fhir.http.asked import EXPORT, Answer, Asked, check_forms
from chartkeep.fhir.http.door import Door
from chartkeep.fhir.http.outcome import NotSupportedError, refuse
from chartkeep.model import ChartId
from chartkeep.web.caller import Caller, read_caller

MOST_FIELDS = 100

Handler = Callable[[Door, Caller, Asked], Answer]
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


class Dispatch:
    """Answers every request; it is safe to share between threads."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def answer(self, asked: Asked) -> Answer:
        """Answer a request; whatever is wrong becomes an OperationOutcome."""
        caller: Caller | None = None
        try:
            asked = asked._replace(pairs=check_forms(asked))
            if asked.path == ("metadata",) and asked.method == "GET":
                return capability.metadata(asked)
            caller = read_caller(asked.header, self._door.sessions)
            if asked.method == "POST" and not asked.path:
                return self._bundle(caller, asked)
            return _find(asked, caller)(self._door, caller, _with_form(asked))
        except ChartkeepError as error:
            if caller is not None and not isinstance(error, UnavailableError):
                self._note_refusal(caller, asked, error)
            return refuse(error)

    def _note_refusal(self, caller: Caller, asked: Asked, error: ChartkeepError) -> None:
        """Write down that a change was refused; a look that was refused is a line already."""
        what = _CHANGES.get(asked.method) if asked.path else "transaction"
        if what and not any(part.startswith(("_", "$")) for part in asked.path):
            kind, ident = (*asked.path, "", "")[:2]
            known = kind if is_type(kind) else ""
            with suppress(ChartkeepError):  # the answer is a refusal whatever becomes of the note
                self._door.note(
                    caller, ChartId(b""), what, known, ident[:64] if known else "",
                    refused=type(error).__name__,
                )  # fmt: skip

    def _bundle(self, caller: Caller, asked: Asked) -> Answer:
        def single(each: Asked) -> Answer:
            try:
                if not each.path:
                    raise BadInputError("request.url: a bundle holds no bundles")
                if EXPORT in each.path:
                    raise NotSupportedError("an export is asked for alone, not in a bundle")
                return _find(each, caller)(self._door, caller, each)
            except ChartkeepError as error:
                return refuse(error)

        return batching.perform(self._door, caller, asked, single)


def _find(asked: Asked, caller: Caller) -> Handler:
    return auditing.find(asked, caller) or _handler(asked)


def _handler(asked: Asked) -> Handler:
    """Find the interaction. Raises NotFoundError or NotSupportedError when there is none."""
    if len(asked.path) > 1 and not asked.path[1].startswith(("_", "$")):
        _check_id(asked.path[1])
    match asked.method, asked.path:
        case _, (first, *_, last) if "$" in (first[:1], last[:1]):
            return operations.find(asked.method, asked.path)
        case "POST", (_, "_search"):
            return searching.search
        case method, (kind,) if method in _TYPE and kind != "_history":
            return _TYPE[method]
        case method, (_, ident) if method in _ONE and ident != "_history":
            return _ONE[method]
        case "GET", (_, _, "_history", *version) if len(version) < 2:
            return reading.vread if version else reading.history
    raise _nothing(asked)


def _nothing(asked: Asked) -> ChartkeepError:
    """Say why there is no such interaction."""
    if asked.path[-1:] == ("_history",):
        words = "the history of a type or of all is a bulk read"
        return NotSupportedError(words, hint="ask two people for a grant")
    if len(asked.path) <= 2:
        return NotSupportedError("this method is not for this address")
    return NotFoundError("there is no such address", hint="see /metadata")


_TYPE: dict[str, Handler] = {
    "GET": searching.search, "POST": writing.create, "PUT": writing.update_if,
    "PATCH": writing.change_if, "DELETE": writing.change_if,
}  # fmt: skip
_CHANGES = {"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
_ONE: dict[str, Handler] = {
    "GET": reading.read, "PUT": writing.update, "PATCH": writing.patch, "DELETE": writing.delete,
}  # fmt: skip


def _check_id(ident: str) -> None:
    if not _ID.fullmatch(ident):
        raise BadInputError("this is no logical id", hint="letters, digits, - and . up to 64")


def _with_form(asked: Asked) -> Asked:
    """Add the parameters of a POST _search (http.html#search)."""
    if asked.path[-1:] != ("_search",) or asked.method != "POST":
        return asked
    try:
        form = parse_qsl(asked.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadInputError("the form is not UTF-8, or has too many fields") from error
    return asked._replace(path=asked.path[:-1], pairs=[*asked.pairs, *form], body=b"")
