"""Hold every case against the register, note where it stands now, and have a witness see it."""

from collections.abc import Callable
from typing import Final

from chartkeep.errors import ChartkeepError
from chartkeep.incident.case.book import Book
from chartkeep.incident.case.case import Case, Now, case_ids, open_case
from chartkeep.incident.case.register import Register
from chartkeep.incident.desk import Desk
from chartkeep.witness.client import Witness

LETTERS: Final = " letters"
"""What the head of a register of letters is noted as, after its case."""
Opens = Callable[[Case], Book]


def anchor(
    desk: Desk, witness: Witness | None, clock: Now, letters: Opens | None = None
) -> list[str]:
    """Check and note all cases and their letters; a sentence for each that is not what it was.

    `letters`: opens the register of a case's letters. What is not what it was is not noted. Raises
    what `Register.cosign` raises where nothing else is wrong; else that is the last sentence.
    """
    register = Register(desk)
    heads, troubles = register.heads(), []
    cases = {ident.removesuffix(LETTERS) for ident in heads}
    for ident in sorted({*cases, *case_ids(desk)}):
        try:
            case = open_case(desk, ident, "", clock)
            books = {ident: case.book}
            if letters is not None:
                books[ident + LETTERS] = letters(case)
            for name, book in books.items():
                if name in heads and not book.follows(heads[name]):
                    troubles.append(f"the case {name} was cut or written anew")
                else:
                    register.note(name, book.checkpoint)
        except ChartkeepError as error:
            troubles.append(f"the case {ident}: {error}")
    try:
        if witness is not None:
            register.cosign(witness)
    except ChartkeepError as error:
        if not troubles:
            raise
        troubles.append(f"the witness: {error}")
    return troubles
