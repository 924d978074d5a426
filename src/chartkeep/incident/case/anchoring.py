"""Hold every case against the register, note where it stands now, and have a witness see it."""

from chartkeep.errors import ChartkeepError
from chartkeep.incident.case.case import Now, case_ids, open_case
from chartkeep.incident.case.register import Register
from chartkeep.incident.desk import Desk
from chartkeep.witness.client import Witness


def anchor(desk: Desk, witness: Witness | None, clock: Now) -> list[str]:
    """Check and note all cases; gives a sentence for each that is not what it was.

    What is not what it was is not noted. Raises what `Register.cosign` raises, after all else.
    """
    register = Register(desk)
    heads, troubles = register.heads(), []
    for ident in sorted({*heads, *case_ids(desk)}):
        try:
            book = open_case(desk, ident, "", clock).book
            if ident in heads and not book.follows(heads[ident]):
                troubles.append(f"the case {ident} was cut or written anew")
            else:
                register.note(ident, book.checkpoint)
        except ChartkeepError as error:
            troubles.append(f"the case {ident}: {error}")
    if witness is not None:
        register.cosign(witness)
    return troubles
