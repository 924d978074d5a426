"""Where the command line keeps a person's session between commands: a file only they can read.

Never under a house's data folder: a thief of the folder must not find a live session.
"""

import os
from pathlib import Path

import msgspec

from chartkeep.errors import NotAllowedError


class Kept(msgspec.Struct):
    """A session as kept: the program it is bound to, its token, its end."""

    person: str
    instance: str
    session: str
    token: str
    expires: int


def _path() -> Path:
    named = os.environ.get("CHARTKEEP_SESSION")
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(named) if named else Path(state) / "chartkeep" / "session.json"


def keep_session(kept: Kept) -> Path:
    """Write a session, replacing the one before."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(kept))
    return path


def kept_session() -> Kept:
    """Read the session. Raises NotAllowedError when nobody is logged in."""
    try:
        return msgspec.json.decode(_path().read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError) as error:
        raise NotAllowedError("nobody is logged in", hint="run chartkeep login NAME") from error


def drop_session() -> None:
    """Forget the session."""
    _path().unlink(missing_ok=True)
