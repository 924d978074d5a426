"""An act in words, for the second person: what it does, and what it replaces.

Secrets are left out. Bits, milliseconds and bytes become names, times and ids, so that who
approves reads what they approve.
"""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from chartkeep.keyholder import actions
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.consents import tell_consent
from chartkeep.keyholder.standing import Standing
from chartkeep.model import Section, to_text
from chartkeep.sealing.assertion import read_program_key

_SECRET: Final = {"secret", "totp"}
_HOUR: Final = 3_600_000


def tell_action(standing: Standing, action: Actions) -> str:
    """Say what an act does; secrets are left out, and what it replaces is said."""
    shown = {
        name: _say(name, value)
        for name, value in msgspec.structs.asdict(action).items()
        if name not in _SECRET
    }
    match action:
        case actions.LoosenConsent(consents=consents):
            shown["consents"] = "; ".join(map(tell_consent, consents)) or "nothing is denied"
        case actions.AddProgram(key=key):
            shown["key"] = read_program_key(key).fingerprint()
        case actions.GrantPacks(wards=[]):
            shown["wards"] = "all"
        case _:
            pass
    words = ", ".join(f"{name} {value}" for name, value in shown.items())
    return f"{type(action).__name__}: {words}{_replaced(standing, action)}"


def _say(name: str, value: Any) -> str:  # noqa: PLR0911 - a table, a line each
    match name, value:
        case "sections", int():
            return " ".join(each.name.lower() for each in Section if value >> each & 1)
        case "until", int():
            return _time(value)
        case "window", int():
            return f"{value / _HOUR:g} hours"
        case "chart", bytes():
            return to_text(value)
        case _, bytes():
            return value.hex()
        case _, list():
            return " and ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _time(millis: int) -> str:
    """Write a time; one beyond all calendars, as the number it is."""
    try:
        return f"{datetime.fromtimestamp(millis / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{millis} ms since 1970"


def _replaced(standing: Standing, action: Actions) -> str:
    match action:
        case actions.AddPerson(name=name) | actions.AddProgram(name=name):
            known = standing.people.get(name)
            return f"; REPLACES {known.name}, {known.role}" if known else ""
        case actions.SetWardKey(ward=ward) if ward in standing.packs.keys:
            return "; REPLACES its code: envelopes printed before open no later pack"
        case actions.SetSafe() if standing.safes:
            return "; REPLACES what lies there: it opens no more, indexes are made anew"
        case _:
            return ""
