"""Conditions: `If-None-Exist`, and changes of what a search names (http.html#ccreate).

Without a release only an exact identifier is asked, a budgeted line; anything else is looked for
inside one open chart, or among the facility's own (DESIGN 6). What was made under a condition has
the condition as its name, so that two who ask at the same time make one.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, unquote

from chartkeep.clinical.deciding import FACILITY
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.references import conditional_form
from chartkeep.clinical.search import parse_search
from chartkeep.custody.finding import charts_with_identifier
from chartkeep.custody.names import DIRECT
from chartkeep.custody.release import faces_of
from chartkeep.errors import NotAllowedError
from chartkeep.fhir.http.asked import Pairs
from chartkeep.fhir.http.door import FACE, Door
from chartkeep.fhir.http.outcome import NotMetError
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Section, to_text
from chartkeep.web.caller import Caller

MOST = 100
"""Conditions of one bundle that are asked of the keyholder."""
_REFERENCE = re.compile(rb'"reference"\s*:\s*"([A-Z][A-Za-z]+\?identifier=[^"\\]*)"')


def match(door: Door, caller: Caller, kind: str, pairs: Pairs) -> list[str]:
    """Give the names (`Type/id`) of what a condition means. Raises NotMetError when it asks more.

    Nothing is opened for a Patient named by an exact identifier.
    """
    if kind == "Patient" and (identifier := _exact(pairs)):
        return _patients(door, caller, *identifier)
    wanted = parse_search(kind, pairs)
    patients = wanted.patients()
    if patients is not None and len(patients) == 1:
        chart = door.locate("Patient", next(iter(patients))).chart
    elif kind in FACILITY:
        chart = door.house.chart
    elif identifier := _exact(pairs):
        return _inside(door, caller, kind, pairs, identifier)
    else:
        raise NotMetError(
            "a condition is an exact identifier, or is about one patient's chart",
            hint=f"{kind}?identifier=system|value, or {kind}?patient=Patient/<id>&…",
        )
    return _names(door, caller, kind, pairs, chart)


def one(found: Sequence[str]) -> str:
    """Give the only match, or empty. Raises NotMetError when there are several."""
    if len(found) > 1:
        raise NotMetError("several match the condition", hint="name one by its id")
    return found[0] if found else ""


def condition(kind: str, pairs: Pairs) -> str:
    """Give the name something made under a condition has, empty when it is no exact identifier."""
    exact = _exact(pairs)
    return f"{kind}?identifier={exact[0]}|{exact[1]}" if exact else ""


def known(door: Door, caller: Caller, conditions: Iterable[str]) -> dict[str, str]:
    """Say what conditions (`Type?identifier=system|value`) mean here, when it is somebody.

    What concerns no patient and was made under the same condition needs no question: of people
    each is a budgeted line, or a bundle would try numbers for nothing. Raises NotMetError when one
    means several, or when there are too many to ask.
    """
    asked = sorted(set(conditions))
    heads = door.house.heads([door.house.entry_id(DIRECT, each) for each in asked])
    open_ends = [
        each
        for each, head in zip(asked, heads, strict=True)
        if not head.version or head.kind not in FACILITY
    ]
    if len(open_ends) > MOST:
        raise NotMetError(f"over {MOST} conditions to ask for", hint="send smaller bundles")
    found = {each: one(match(door, caller, *_parts(each))) for each in open_ends}
    return {each: name for each, name in found.items() if name}


def conditions_in(raw: bytes) -> set[str]:
    """Find the conditional references in a bundle's bytes (http.html#transaction)."""
    named = {text.decode(errors="replace") for text in _REFERENCE.findall(raw)}
    found = map(conditional_form, named)
    return {each for each in found if each}


def named_by(items: Iterable[Item]) -> set[str]:
    """Give the conditions that items name others by, however their bytes spell them."""
    return {name for item in items for name in item.unresolved if "?" in name}


def read_condition(text: str) -> Pairs:
    """Read a condition as it stands in a header."""
    return parse_qsl(text.removeprefix("?"), keep_blank_values=True)


def _parts(form: str) -> tuple[str, Pairs]:
    kind, _, token = form.partition("?identifier=")
    return kind, [("identifier", token)]


def _exact(pairs: Pairs) -> tuple[str, str] | None:
    """Give system and value of an exact identifier, when that is all that is asked."""
    if len(pairs) != 1 or pairs[0][0] != "identifier":
        return None
    system, bar, value = unquote(pairs[0][1]).partition("|")
    if not bar or not value or "," in value:
        return None
    return system, value


def _patients(door: Door, caller: Caller, system: str, value: str) -> list[str]:
    charts = charts_with_identifier(
        "Patient", system, value, caller.token, door.house, purpose=caller.purpose
    )
    if caller.rights.sections & mask(Section.FACE):
        return [f"Patient/{face.ident}" for face in faces_of(charts, caller.look(FACE), door.house)]
    return [f"Patient/{to_text(chart)}" for chart in charts]


def _inside(
    door: Door, caller: Caller, kind: str, pairs: Pairs, identifier: tuple[str, str]
) -> list[str]:
    """Look for the one in the charts that have it: which entry it is, only an open chart tells."""
    charts = charts_with_identifier(
        kind, *identifier, caller.token, door.house, purpose=caller.purpose
    )
    if len(charts) > 1:
        raise NotMetError("several match the condition", hint="name one by its id")
    try:
        return [name for chart in charts for name in _names(door, caller, kind, pairs, chart)]
    except NotAllowedError as error:
        raise NotMetError("it cannot be looked for: its chart is not open") from error


def _names(door: Door, caller: Caller, kind: str, pairs: Pairs, chart: ChartId) -> list[str]:
    wanted = parse_search(kind, pairs)
    pool = door.open_for(caller, chart, wanted.kinds())
    found = [f"{each.kind}/{each.id}" for each in wanted.run(pool).matches]
    asked = ",".join(sorted({name for name, _ in pairs}))
    door.note(caller, chart, "search", kind, query=asked[:500], count=len(found), held=pool)
    return found
