"""The place in a resource where something is wrong, and the error that names it.

An element path is written as in the standard's own tables: `Observation.component[2].code`.
It never holds what stands at that place.
"""

import re
from collections.abc import Iterable

from chartkeep.errors import BadInputError

_ELEMENT_NAME = re.compile(r"_?[a-z][A-Za-z0-9]{0,63}(?:\[x\])?\Z")


class BadElementError(BadInputError):
    """A resource breaks the standard or a rule of this house at one element.

    `code`: of FHIR's value set IssueType, for a door that answers with an OperationOutcome.
    """

    def __init__(
        self, element: str, message: str, *, hint: str = "", code: str = "structure"
    ) -> None:
        super().__init__(f"{element}: {message}" if element else message, hint=hint)
        self.element = element
        self.reason = message
        self.code = code


def path_text(kind: str, steps: Iterable[str | int]) -> str:
    """Write a path; a name no standard element can have is content, and is left out."""
    text = kind
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{safe_name(step)}"
    return text


def safe_name(name: str) -> str:
    """Give back an element's name, or a question mark when it could hold content."""
    return name if _ELEMENT_NAME.match(name) else "?"
