"""The house's own programs: what each may ask, and how they come to be known to both keepers.

A house founded by an older version lacks some: `chartkeep program complete` makes them.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.errors import RefusedError
from chartkeep.keyholder.actions import AddInstance
from chartkeep.sealing.keys import fresh_secret
from chartkeep.store.peers import Registered, Verb
from chartkeep.wiring.home import (
    key_of_instance,
    read_peers,
    read_signing_key,
    write_peers,
    write_secret,
)


class Program(NamedTuple):
    """A program of a house: what the keyholder and the store let it ask."""

    may: list[str]
    store: list[Verb]


PROGRAMS: Final = {
    "desk": Program(["open", "administer"], ["read", "audit"]),
    "second desk": Program(["open"], ["read", "audit"]),
    "serve": Program(["open", "seal", "match", "administer"], ["read", "write", "audit"]),
    "intake": Program(["seal", "place", "match"], ["write"]),
    "query": Program(["open", "seal"], ["read", "write"]),
    "packs": Program(["open", "note"], ["read", "write"]),
    "incident": Program(["note"], ["write"]),
    "loader": Program(["seal", "place"], ["write"]),
    "host": Program(["host", "seal"], ["write", "read", "keep"]),
    "keyholder": Program([], ["keep"]),
    "verifier": Program([], ["pull", "read"]),
    "vault": Program([], ["pull", "vault"]),
}


def lacking(root: Path) -> list[str]:
    """Name the programs a house founded today has, and whose keys are not in this folder."""
    return [name for name in PROGRAMS if not key_of_instance(root, name).exists()]


def make_programs(root: Path, names: Iterable[str]) -> list[AddInstance]:
    """Make keys for programs that have none, and tell the store; gives what tells the keyholder.

    Raises RefusedError for a program no house has.
    """
    wanted = list(names)
    if unknown := [name for name in wanted if name not in PROGRAMS]:
        raise RefusedError(
            f"no house has a program {unknown[0]}", hint=f"one of {', '.join(PROGRAMS)}"
        )
    for name in wanted:
        if not (path := key_of_instance(root, name)).exists():
            write_secret(path, fresh_secret().hex())
    keys = {name: read_signing_key(key_of_instance(root, name)).public for name in wanted}
    peers = {name: Registered(key.hex(), PROGRAMS[name].store) for name, key in keys.items()}
    write_peers(root, read_peers(root) | peers)
    return [AddInstance(name, key, PROGRAMS[name].may) for name, key in keys.items()]
