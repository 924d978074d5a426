"""A ward pack: the sheets of everybody who lies on a ward now, and what the pack is.

It is what is sealed into a ward's file (`page`) and what its paper is printed from. Holds values
only; who may make one, and where it goes, is `making`.
"""

from chartkeep.continuity.forms import FormRange
from chartkeep.continuity.sheet import PatientSheet, Shown


class WardPack(Shown, frozen=True, kw_only=True):
    """Times are Millis. `pack`: its id, a UUID; the order behind it and its lines carry it too.

    `data_time`: charts are as they stood then. `expires`: it is no longer shown without a warning
    and is removed. `sheets`: in the order of the beds. `unopened`: inpatients of the census whose
    chart gave no sheet: nobody here is told why.
    """

    pack: str
    ward: str
    facility: str
    name: str
    """What the facility is called."""
    data_time: int
    made: int
    expires: int
    sheets: list[PatientSheet]
    forms: tuple[FormRange, ...] = ()
    """One of each kind of form at most; no other pack has these numbers."""
    unopened: int = 0
