"""The checks every sealed header starts with: its magic, its section.

Unknown is an error, never a guess. Lengths are checked by each format itself.
"""

from chartkeep.errors import SealBrokenError, UnknownFormatError
from chartkeep.model import Section

MAGIC_BYTES = 4
SECTIONS = {int(section): section for section in Section}


def expect_magic(sealed: bytes, magic: bytes, thing: str) -> None:
    """Refuse bytes that are not this format. Raises UnknownFormatError naming the thing."""
    if sealed[:MAGIC_BYTES] != magic:
        raise UnknownFormatError(
            f"this is no {thing} of a version known here",
            hint="a newer chartkeep may have written it; never convert it by hand",
        )


def section_of(code: int) -> Section:
    """Name a section code. Raises SealBrokenError if no section has it."""
    section = SECTIONS.get(code)
    if section is None:
        raise SealBrokenError(f"section code {code} does not exist")
    return section
