"""What may be posted to the desk's door: a struct for each body, and what reads it."""

from msgspec import Struct
from msgspec.json import Decoder

from chartkeep.incident.case.events import (
    Aware,
    Clock,
    Concerned,
    Decision,
    Known,
    Note,
    Report,
    Task,
    Window,
)
from chartkeep.model import Millis

Said = Note | Aware | Window | Concerned | Decision | Known | Clock | Report | Task
"""What may be written: what people say, and nothing that a part of the desk finds or makes."""


class Beginning(Struct, frozen=True, forbid_unknown_fields=True):
    """A case to begin."""

    title: str
    where: tuple[str, ...] = ()


class Saying(Struct, frozen=True, forbid_unknown_fields=True):
    """An event to write."""

    what: Said
    supersedes: int | None = None
    evidence: tuple[str, ...] = ()


class Ending(Struct, frozen=True, forbid_unknown_fields=True):
    """That a case is over; `despite` what is open, which the event names."""

    why: str
    despite: bool = False


class Sending(Struct, frozen=True, forbid_unknown_fields=True):
    """That the newest draft of a duty, or letters, went to somebody; `when` None: now."""

    duty: str
    to: str
    when: Millis | None = None


class Login(Struct, frozen=True, forbid_unknown_fields=True):
    """A person who logs in; a program proves itself by `assertion` alone."""

    person: str = ""
    password: str = ""
    code: str = ""
    assertion: str = ""


LOGIN, BEGINNING, SAYING = Decoder(Login), Decoder(Beginning), Decoder(Saying)
ENDING, SENDING = Decoder(Ending), Decoder(Sending)
