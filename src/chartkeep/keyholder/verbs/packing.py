"""`pack_ward`, `note_pack`: what a ward's pack is made with, and that it is where it belongs.

The charts themselves are opened as any others are (`opening.open_keys`), a line each.
"""

from chartkeep.errors import RefusedError
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.actions import GrantPacks
from chartkeep.keyholder.asking import FACE, check_live
from chartkeep.keyholder.consents import Asker
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.decide import denied_on_ward
from chartkeep.keyholder.packs import covers
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, session_of
from chartkeep.keyholder.verbs.people import ward_place
from chartkeep.model import Purpose
from chartkeep.sealing.box import open_box
from chartkeep.wire.frames import Done


def pack_ward(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a packer a ward's census and key. Whoever's face is denied on the ward is not in it.

    Raises NotAllowedError for a grant that does not hold or is for other wards, RefusedError for
    a ward without a code, FrozenError.
    """
    session, grant = _grant_of(keyholder, turn, call)
    keyholder.check_guarded(spared=False)
    ward: str = call.request.ward
    sealed = keyholder.standing.packs.keys.get(ward)
    if sealed is None:
        raise RefusedError("this ward has no code for its packs", hint="see chartkeep ward-code")
    inpatients = _census(keyholder, session, ward, turn.now)
    told = details.Packed(ward, call.request.grant, len(inpatients))
    turn.line("pack", told, peer=call.peer, session=session)

    def after() -> protocol.WardTerms:
        key = open_box(keyholder.ring.people, ward_place(ward), sealed)
        return protocol.WardTerms(grant.sections, grant.until, key, inpatients)

    return after


def note_pack(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Write down that a ward's pack lies in its folders: `status` is red when that is long ago."""
    request: protocol.NotePack = call.request
    session, _ = _grant_of(keyholder, turn, call)
    told = details.Packed(
        request.ward, request.grant, request.charts, request.pack, request.expires
    )
    turn.line("packed", told, peer=call.peer, session=session)
    return Done


def _grant_of(keyholder: Keyholder, turn: Turn, call: Asked) -> tuple[Session, GrantPacks]:
    check_ability(keyholder, call, Ability.OPEN)
    session = session_of(keyholder, turn, call)
    standing = keyholder.standing
    grant = standing.packs.grant(call.request.grant, session.person, turn.now)
    check_live(standing, session)
    if not covers(grant, call.request.ward):
        raise RefusedError("the grant is for other wards", hint="stay in its words")
    return session, grant


def _census(
    keyholder: Keyholder, session: Session, ward: str, now: int
) -> list[protocol.Inpatient]:
    standing = keyholder.standing
    asker = Asker(session.person, standing.people[session.person].role, Purpose.TREATMENT, now)
    there = sorted(
        (standing.places[chart][1], chart)
        for chart in standing.census.get(ward, ())
        if not (standing.consents.denied(chart, asker) | denied_on_ward(standing, chart, now))
        & FACE
    )
    return [protocol.Inpatient(chart, bed) for bed, chart in there]
