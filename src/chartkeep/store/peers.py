"""Who may talk to the store, and what each may ask: `peers.json`, read again when it changes.

    {"ward-3": {"key": "<64 hex digits>", "may": ["write", "read"]}}

write: deposit. read: fetch what is sealed. keep: the keyholder's own verbs. pull: the whole
ledger, for a vault or a verifier. vault: say what is safe there. audit: who wrote what, of
every chart, nothing sealed. It proves nobody: the wire does.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from chartkeep.errors import DamagedError, NotAllowedError

Verb = Literal["write", "read", "keep", "pull", "vault", "audit"]


class Registered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instance: its Ed25519 public key in hex, and what it may do."""

    key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    may: list[Verb]


class Peers:
    """The registered instances; asked from the wire's loop only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._registered: dict[str, Registered] = {}
        self._read()

    def public_key(self, instance: str) -> bytes:
        """Give an instance's public key. Raises NotAllowedError for a stranger."""
        return bytes.fromhex(self._find(instance).key)

    def check(self, instance: str, verbs: frozenset[Verb]) -> None:
        """Raise NotAllowedError unless the instance may do one of these; empty: anybody may."""
        if verbs and verbs.isdisjoint(self._find(instance).may):
            raise NotAllowedError(
                f"{instance} may not {' or '.join(sorted(verbs))} here",
                hint="the store's peers.json says who may do what",
            )

    def _find(self, instance: str) -> Registered:
        self._read()
        found = self._registered.get(instance)
        if found is None:
            raise NotAllowedError(f"no instance {instance} is registered at this store")
        return found

    def _read(self) -> None:
        """Read the file if it is another one than last time."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if stamp == self._stamp:
                return
            found = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Registered])
        except (OSError, msgspec.MsgspecError) as error:
            raise DamagedError(
                "the store's peers.json cannot be read",
                hint="mend it; until then nobody is served",
            ) from error
        self._registered, self._stamp = found, stamp
