"""Whose charts an order is about: those a grant lets, a Group's members, or patients by name."""

from collections.abc import Iterable

from chartkeep.clinical.references import relative_form
from chartkeep.custody.bulk import Wanted, fetch, open_batch
from chartkeep.custody.exports import Order
from chartkeep.custody.names import DIRECT, candidates
from chartkeep.custody.release import Look
from chartkeep.errors import NotAllowedError, NotFoundError
from chartkeep.fhir.http.door import ORDINARY, Door
from chartkeep.fhir.http.exports import Listed
from chartkeep.fhir.http.reading import ABSENT
from chartkeep.fhir.http.records import Served, resources
from chartkeep.model import ChartId, Millis, Section
from chartkeep.web.caller import Caller

ROLL = 5_000


def list_charts(door: Door, caller: Caller, order: Order) -> Listed:
    """List the charts of an order, in the order of their ids. Nothing but a Group is opened.

    Raises NotAllowedError when the grant has ended.
    """
    if not order.group and not order.patients:
        return _roll(door, caller)
    named = members(door, caller, order) if order.group else order.patients
    if order.group and order.patients:
        named = sorted({*named}.intersection(order.patients))
    charts = _named(door, named)
    return Listed(sorted(charts), missing=len(named) - len(charts))


def members(door: Door, caller: Caller, order: Order) -> list[str]:
    """Open a Group and give the logical ids of its patients.

    It lies in the facility's restricted section, which opens under the grant only; a Group that is
    not there is refused like one that the grant does not carry.
    """
    where = door.locate("Group", order.group)
    if where.version and where.section == Section.ORDINARY:
        look = caller._replace(grant=b"").look(ORDINARY)
    else:
        look = caller.look(frozenset({Section.RESTRICTED}))
        terms = door.house.keyholder.read_grant(caller.token, order.grant)
        if not terms.sections >> Section.RESTRICTED & 1:
            raise NotAllowedError("the grant does not carry this", hint="a Group is restricted")
    group = _open_one(door, look, Wanted("Group", Millis(0), Millis(order.moment), (where.entry,)))
    if group is None:
        raise NotFoundError(ABSENT, hint="is it a Group of this house, and is the grant used up?")
    found = [
        relative_form(each.get("entity", {}).get("reference", "")).partition("/")
        for each in group.body.get("member", [])
        if not each.get("inactive")
    ]
    return sorted({ident for kind, _, ident in found if kind == "Patient"})


def _roll(door: Door, caller: Caller) -> Listed:
    charts: list[ChartId] = []
    while True:
        after = charts[-1] if charts else b""
        terms = door.house.keyholder.read_grant(caller.token, caller.grant, after, ROLL)
        charts += map(ChartId, terms.roll)
        if terms.beyond or len(terms.roll) < ROLL:
            return Listed(charts, beyond=terms.beyond)


def _named(door: Door, idents: Iterable[str]) -> list[ChartId]:
    """Give the charts of Patients by their logical ids; names nobody gave are left out."""
    tried = {ident: candidates(f"Patient/{ident}", DIRECT, door.house) for ident in idents}
    asked = [entry for entries in tried.values() for entry in entries]
    heads = dict(zip(asked, door.house.heads(asked), strict=True))
    there = (
        next((e for e in entries if heads[e].version and heads[e].kind == "Patient"), None)
        for entries in tried.values()
    )
    return [ChartId(entry) for entry in there if entry is not None]


def _open_one(door: Door, look: Look, wanted: Wanted) -> Served | None:
    found = fetch(door.house.chart, wanted, look, door.house)
    if not found.wraps:
        return None
    return next(resources(open_batch([found], look, door.house).entries), None)
