"""Searches across charts: what the encrypted keywords answer, and faces is all they show.

Faces count as faces (DESIGN 6). A search of another type than Patient leads to people: it shows
whose chart to open, not what is in it.
"""

from collections.abc import Sequence
from datetime import date
from typing import cast

from chartkeep.clinical.keywords import Query, identifier_keyword, query_keywords
from chartkeep.clinical.search import parse_search
from chartkeep.clinical.visits import person_query, place_query
from chartkeep.custody.finding import find_charts
from chartkeep.custody.release import Face, find_patients
from chartkeep.errors import BadInputError, NotAllowedError
from chartkeep.fhir.http.asked import Pairs
from chartkeep.fhir.http.door import FACE, Door
from chartkeep.fhir.http.faces import face_resource
from chartkeep.fhir.http.records import Served, Shown
from chartkeep.web.caller import Caller

NARROW = "name one patient, as patient=Patient/<id>; docs/fhir.md says what is found across charts"
_VISITS = frozenset({"Encounter", "Appointment"})
_PLACES = frozenset({"location"})
_PEOPLE = frozenset({"practitioner", "participant", "actor"})


def patients(door: Door, caller: Caller, pairs: Pairs) -> list[Served]:
    """Find patients by keyword and show their faces.

    Raises NotAllowedError for what a face cannot tell.
    """
    _check_face(pairs)
    query = _query(pairs)
    if not query_keywords(query):
        raise BadInputError("nothing to find patients by", hint="name, birthdate or identifier")
    faces = find_patients(query, caller.look(FACE), door.house)
    shown = [_shown(door, face) for face in faces]
    hidden = [pair for pair in pairs if pair[0] in _OUTSIDE_FACE]
    again = parse_search("Patient", [pair for pair in pairs if pair not in hidden])
    return cast("list[Served]", again.run(Faces(shown)).matches)


def led_to(door: Door, caller: Caller, kind: str, pairs: Pairs) -> list[Served]:
    """Show whose charts hold something of a type: by identifier, or visits by place or person.

    Which of a chart's entries it is, only the open chart tells. Raises NotAllowedError for any
    other question.
    """
    found = [pair for pair in pairs if pair[0] not in _CONTROLS]
    asked = dict(found)
    if any(":" in name or "," in value for name, value in found) or len(
        [name for name, _ in found if name != "date"]
    ) > len(asked.keys() - {"date"}):
        raise NotAllowedError("across charts each is asked once, and exactly", hint=NARROW)
    keywords = _keywords(kind, asked, pairs)
    if not keywords:
        raise NotAllowedError(f"{kind} is not searched across charts", hint=NARROW)
    faces = find_charts(keywords, caller.look(FACE), door.house)
    return [_shown(door, face) for face in faces]


def _keywords(kind: str, asked: dict[str, str], pairs: Pairs) -> list[str]:
    if asked.keys() == {"identifier"} and "|" in asked["identifier"]:
        system, _, value = asked["identifier"].partition("|")
        return [identifier_keyword(kind, system, value)]
    where, whom = asked.keys() & _PLACES, asked.keys() & _PEOPLE
    if kind not in _VISITS or len(where | whom) != 1 or asked.keys() - where - whom != {"date"}:
        return []
    first, last = _days([value for name, value in pairs if name == "date"])
    name = asked[(where | whom).pop()]
    return (place_query if where else person_query)(kind, name, first, last)


def _days(values: list[str]) -> tuple[date, date]:
    """Read a day, or a span from `ge` to `le`. Raises BadInputError when it is neither."""
    try:
        days = {v[:2] if v[:1].isalpha() else "eq": v.lstrip("eqgl") for v in values}
        first = date.fromisoformat(days.get("eq") or days["ge"])
        return first, date.fromisoformat(days.get("eq") or days["le"])
    except (ValueError, KeyError) as error:
        raise BadInputError(
            "date: across charts a day is asked for, or up to seven",
            hint="date=2026-11-22, or date=ge2026-11-20&date=le2026-11-22",
        ) from error


class Faces:
    """The pool of a search across charts: faces, and nothing behind them."""

    def __init__(self, shown: Sequence[Shown]) -> None:
        self._shown = shown

    def of(self, kind: str) -> Sequence[Shown]:
        """List the faces."""
        return self._shown if kind == "Patient" else ()

    def get(self, kind: str, ident: str) -> Shown | None:
        """Give one face."""
        return next((one for one in self.of(kind) if one.id == ident), None)


_NAMES = frozenset({"name", "family", "given"})
_IN_FACE = _NAMES | {"_id", "identifier", "gender", "birthdate", "deceased", "phone", "telecom"}
_CONTROLS = frozenset({"_count", "_sort", "_total", "_summary", "_elements"})
_OUTSIDE_FACE = frozenset({"phone", "telecom"})


def _query(pairs: Pairs) -> Query:
    """Turn parameters into keywords; whatever else is asked narrows what they found."""
    names = [value for name, value in pairs if name.partition(":")[0] in _NAMES]
    given: dict[str, str] = {}
    for name, value in pairs:
        given.setdefault(name.partition(":")[0], value)
    born = given.get("birthdate", "").removeprefix("eq")
    phone = (given.get("phone") or given.get("telecom") or "").rpartition("|")[2]
    return Query(
        name=" ".join(names),
        birthdate=born if born[:1].isdigit() else "",
        identifier=given.get("identifier", ""),
        phone=phone,
    )


def _check_face(pairs: Pairs) -> None:
    """Refuse what a face cannot tell. Raises NotAllowedError: nobody found would be a lie."""
    for name, _ in pairs:
        if name.partition(":")[0] not in _IN_FACE | _CONTROLS:
            known = ", ".join(sorted(_IN_FACE))
            raise NotAllowedError("patients are found by what a face shows", hint=f"by {known}")


def _shown(door: Door, face: Face) -> Shown:
    ident = face.ident
    return Shown("Patient", ident, 1, door.house.clock(), face_resource(ident, face.person))
