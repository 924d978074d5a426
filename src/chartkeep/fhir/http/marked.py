"""The lines of one file of an export with the mark it carries.

An invented Patient has the shape of the real one beside it: the same elements, the same systems of
identifiers, a name of the same script. Only what says who somebody is, is in it; nothing clinical
was ever invented about it, and its line stands in no chart.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from chartkeep.custody.marking import Mark
from chartkeep.fhir.http.records import Served
from chartkeep.fhir.rendering import instant
from chartkeep.inventor.names import Origin
from chartkeep.inventor.people import Patient
from chartkeep.model import ChartId, Millis

_DAY = 86_400_000
_CJK = "\u2e80"
"""From here on a name is written in Japanese letters."""


class Marked:
    """One file: `charts` in the export's own order; `listed` are all charts of the export."""

    def __init__(self, mark: Mark, charts: Sequence[ChartId], listed: Sequence[ChartId]) -> None:
        self._mark = mark
        self.charts = mark.arrange(charts)
        first = bisect_left(listed, min(charts)) if charts and listed else 0
        self._beside = mark.beside(first, len(charts))
        self._at = 0

    def lines(self, resources: Iterable[Served]) -> Iterator[bytes]:
        """Mark each line, and put in the invented Patients."""
        for one in resources:
            yield self._mark.line(one.json)
            if one.kind != "Patient":
                continue
            number = self._beside.get(self._at)
            self._at += 1
            if number is not None:
                yield self._mark.line(orjson.dumps(_invent(one.body, one.time, self._mark, number)))


def _invent(like: dict[str, Any], time: Millis, mark: Mark, number: int) -> dict[str, Any]:
    """Invent a Patient of the shape of another."""
    who = mark.patient(number, _origin(like))
    ago = int(mark.like(number, "00000000"))
    written = instant(Millis(time - ago % _DAY)).decode()
    made: dict[str, Any] = {
        "resourceType": "Patient",
        "id": who.full_url.removeprefix("urn:uuid:"),
        "meta": like["meta"] | {"versionId": "1", "lastUpdated": written},
        "identifier": [
            {
                name: mark.like(number, value) if name == "value" else value
                for name, value in each.items()
                if name in ("use", "type", "system", "value")
            }
            for each in like.get("identifier", ())
        ],
        "active": True,
        "name": [_name(who)],
        "telecom": [{"system": "phone", "value": who.phone}],
        "gender": str(who.sex),
        "birthDate": who.birth.isoformat(),
        "address": [
            {
                "text": who.address.text,
                "line": [who.address.line],
                "city": who.address.city,
                "state": who.address.state,
                "postalCode": who.address.postcode,
                "country": str(who.address.country),
            }
        ],
    }
    return {name: made[name] for name in like if name in made}


def _name(who: Patient) -> dict[str, Any]:
    name = who.names.official
    family = {"family": name.family} if name.family else {}
    return {"use": "official", "text": name.text} | family | {"given": [name.given]}


def _origin(like: dict[str, Any]) -> Origin:
    """Guess from a Patient where people here have their names from."""
    name = str(like.get("name", ""))
    if any(sign >= _CJK for sign in name):
        return Origin.JAPAN
    countries = {str(each.get("country")) for each in like.get("address", ())}
    return Origin.INDONESIA if "ID" in countries else Origin.WEST
