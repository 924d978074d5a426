"""What the house knows of resources that came before: the mates of one that comes alone."""

from chartkeep.clinical.ownership import ORDINARY, RESTRICTED, Owner
from chartkeep.clinical.references import kind_in, relative_form
from chartkeep.fhir.http.door import Door
from chartkeep.model import Section, to_text


class StoredMates:
    """Resources already kept: whose they are is asked of the store; nothing of them is opened."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def kind(self, reference: str) -> str:
        """Read the type out of the reference."""
        return kind_in(reference)

    def key(self, reference: str) -> str:  # noqa: ARG002 - it came alone
        """Know nobody that came with it."""
        return ""

    def owner(self, reference: str) -> Owner | None:
        """Say whose a kept resource is."""
        kind, _, ident = relative_form(reference).partition("/")
        if not ident:
            return None
        where = self._door.locate(kind, ident)
        if not where.version:
            return None
        if where.chart != self._door.house.chart:
            return Owner(f"Patient/{to_text(where.chart)}")
        return RESTRICTED if where.section == Section.RESTRICTED else ORDINARY
