"""A request's path as the access log may hold it: words of the standard, never what was typed.

An id names a patient's record and a type that is none may be a name: both are replaced.
"""

from chartkeep.clinical.schema import is_type

WORDS = frozenset(
    {
        "metadata", "_search", "_history", "token", "revoke",
        "$everything", "$summary", "$disclosures", "$validate", "$export",
    }
)  # fmt: skip
_PLACES = ("{type}", "{id}", "{word}", "{version}")


def template(path: tuple[str, ...]) -> str:
    """Write a path below a base: `("Observation", "1")` is `/Observation/{id}`."""
    parts = [_part(place, part) for place, part in zip(_PLACES, path, strict=False)]
    return "/" + "/".join(parts + ["…"] * (len(path) > len(_PLACES)))


def _part(place: str, part: str) -> str:
    known = part in WORDS or (place == "{type}" and is_type(part))
    return part if known else place
