"""Who may do what: one readable table of roles, and what a program may ask.

A role says which sections its people open and for which of them they need a relation with the
patient (their ward, an appointment, a registered relation); without one it is break-glass.
"""

from enum import StrEnum
from typing import NamedTuple

from chartkeep.keyholder import actions
from chartkeep.keyholder.actions import Action
from chartkeep.model import Section

S = Section


def mask(*sections: Section) -> int:
    """Write a set of sections as bits."""
    return sum(1 << section for section in sections)


CARE_FLOOR = mask(S.FACE, S.CLINICAL, S.RESULTS)
"""What neither budget nor freeze refuses to the own ward's staff of a current inpatient."""

_CARE = mask(S.FACE, S.CLINICAL, S.RESULTS, S.IMAGING, S.DOCUMENTS)
_ALL = _CARE | mask(S.IDENTITY, S.RESTRICTED)


class Ability(StrEnum):
    """What an instance may ask for."""

    OPEN = "open"
    SEAL = "seal"
    NOTE = "note"
    """To write what the house itself makes: its ordinary section, journal, safe, and charts'
    fingerprints; nothing that anybody is treated by."""
    PLACE = "place"
    MATCH = "match"
    ADMINISTER = "administer"
    HOST = "host"


class Role(NamedTuple):
    """Sections a role opens, those among them that need no relation, and its other rights.

    `care`: its people treat patients, so wards and relations count for them, they stand on the
    care floor, and they may break glass. `writes`: the application takes resources from them; the
    keyholder cannot see for whom a program writes. `program`: held by programs, by no person.
    `exact`: asks which chart carries an exact number, though it opens none. `finds`: searches
    for patients where it opens anybody's face.
    """

    sections: int
    unrelated: int = 0
    care: bool = False
    audit: bool = False
    program: bool = False
    exact: bool = False
    finds: bool = True
    acts: tuple[type[Action], ...] = ()
    writes: bool = False


_PEOPLE_ACTS = (
    actions.AddPerson, actions.AddProgram, actions.RemovePerson, actions.AddInstance,
    actions.Relate, actions.SetLimit, actions.Place, actions.Detach, actions.Attach,
    actions.AcceptHead, actions.EndGrant,
)  # fmt: skip
_PRIVACY_ACTS = (
    actions.Freeze, actions.Unfreeze, actions.Grant, actions.Shred, actions.StopShred,
    actions.RemovePerson, actions.Relate, actions.Detach, actions.AcceptHead, actions.SetLimit,
    actions.EndSession, actions.Review, actions.LoosenConsent, actions.GrantPacks,
    actions.EndGrant, actions.SetWardKey, actions.SetSafe, actions.Vouch,
)  # fmt: skip
_INQUIRY_ACTS = (actions.Freeze, actions.SetSafe, actions.Vouch)

ROLES = {
    "nurse": Role(_ALL & ~mask(S.IDENTITY), mask(S.FACE), care=True, writes=True),
    "clinician": Role(_ALL, mask(S.FACE), care=True, acts=(actions.Relate,), writes=True),
    "radiologist": Role(_CARE, mask(S.FACE, S.IMAGING), care=True, writes=True),
    "registrar": Role(mask(S.FACE, S.INBOX), mask(S.FACE, S.INBOX), writes=True),
    "clerk": Role(mask(S.FACE, S.IDENTITY), mask(S.FACE, S.IDENTITY), writes=True),
    "privacy officer": Role(mask(S.FACE), mask(S.FACE), audit=True, acts=_PRIVACY_ACTS),
    "investigator": Role(mask(S.FACE), mask(S.FACE), audit=True, acts=_INQUIRY_ACTS),
    "administrator": Role(0, acts=(*_PEOPLE_ACTS, actions.Freeze, actions.StopShred)),
    "archivist": Role(_ALL, acts=(actions.Shred, actions.StopShred)),
    "interface": Role(0, program=True, exact=True, writes=True),
    "backend program": Role(_ALL, program=True, writes=True),
    "modality": Role(mask(S.FACE), mask(S.FACE), program=True),
    "packer": Role(0, program=True),
    "viewing station": Role(mask(S.FACE, S.IMAGING), mask(S.FACE, S.IMAGING), program=True),
    "letter page": Role(mask(S.FACE), mask(S.FACE), program=True, finds=False),
}
"""The administrator administers and opens nothing; archivist and backend program open only under
a grant; an interface writes, asks whether an exact number is known, and opens nothing. A
modality is a machine that asks whom to image; a packer makes ward packs and opens only under a
standing grant for them (packs); a viewing station one that finds and fetches
pictures, whoever sits before it (imaging/dimse); a letter page compares what somebody with an
incident's letter says of themselves with a face, and finds nobody (bureau/page).
"""

EVERYONE_STOPS = (actions.StopShred, actions.Freeze, actions.EndSession)
"""Acts anyone who is logged in may do: stop a shredding, freeze and end what is their own."""
