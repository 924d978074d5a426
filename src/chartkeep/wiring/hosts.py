"""The hosts of a rehearsed house, as folders beside each other: what one intruder takes is one.

minato/     the hospital's own: keyholder, store, doors
standby/    the keyholder's follower
vault/      the vault and what it keeps
outside/    the witness: another organisation
ward-pc/    where packs are pushed to
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from chartkeep.custody.house import House
from chartkeep.keyholder import actions
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import Section
from chartkeep.sealing.assertion import fresh_program_key
from chartkeep.sealing.pack import derive_ward_key
from chartkeep.sealing.ward_code import fresh_code
from chartkeep.wiring import packing
from chartkeep.wiring.home import Home, write_secret
from chartkeep.wiring.launch import Running
from chartkeep.wiring.packing import PacksFile, WardPlace
from chartkeep.wiring.rehearsal import Cast, found_rehearsal
from chartkeep.wiring.running import now
from chartkeep.wiring.standby import found_follower, name_operators
from chartkeep.wiring.vaulting import VaultHome, found_vault

OPERATORS = ("erik", "fumi", "dewi")
ENOUGH = 2
PACKER = "packer-1"
FORMS = {"vitals": 12, "medication": 12, "orders": 6, "notes": 6}
MONTH = 30 * 86_400_000
SECTIONS = mask(Section.FACE, Section.IDENTITY, Section.CLINICAL, Section.RESULTS)


class Hosts(NamedTuple):
    """A rehearsed house with all its hosts; `shares` are the operators', on paper."""

    home: Home
    standby: Path
    vault: VaultHome
    outside: Path
    ward_pc: Path
    shares: list[str]

    def start(self, house: Running) -> None:
        """Start every host's processes."""
        house.start("witness", root=self.outside)
        house.start("follower", root=self.standby)
        house.start("store")
        house.start("keyholder")
        house.start("vault", root=self.vault.root)


def found_hosts(folder: Path, key_file: Path, cast: Cast) -> Hosts:
    """Found a house, and what stands beside it on other hosts."""
    home = found_rehearsal(folder / "minato", key_file, "Minato Hospital", cast)
    standby = found_follower(home, folder / "standby").root
    home = Home(home.root)  # it names its follower now
    outside, ward_pc = folder / "outside", folder / "ward-pc"
    (outside / "run").mkdir(parents=True)
    ward_pc.mkdir()
    shutil.copy2(home.root / "house.json", outside)
    shutil.move(home.root / "witness", outside)
    vault = found_vault(home, folder / "vault", f"folder:{(folder / 'vault' / 'kept').resolve()}")
    shares = name_operators(home, ENOUGH, OPERATORS)
    return Hosts(home, standby, vault, outside, ward_pc, shares)


def let_packs_be_made(
    home: Home, desk: House, pairs: Sequence[tuple[bytes, bytes]], ward: str, folder: Path
) -> str:
    """Register the packer, grant it the ward, draw the ward's code: gives the code.

    `pairs`: two administrators' tokens, then two privacy officers'.
    """
    administrators, officers = pairs
    private, public = fresh_program_key()
    code = fresh_code()
    _both(desk, administrators, actions.AddProgram(PACKER, "packer", public, ""))
    _both(desk, officers, actions.SetWardKey(ward, derive_ward_key(code).encode()))
    allowed = actions.GrantPacks(PACKER, [ward], SECTIONS, 100, now() + MONTH)
    grant = _both(desk, officers, allowed)
    said = PacksFile(PACKER, grant.hex(), [WardPlace(ward, [str(folder)])], forms=FORMS)
    write_secret(packing.key_file(home.root, PACKER), private.decode())
    (home.root / packing.FILE).write_bytes(msgspec.json.encode(said))
    return code


def _both(desk: House, people: tuple[bytes, bytes], action: Actions) -> bytes:
    """Have one propose an act and the other approve it; gives the proposal."""
    proposal = desk.keyholder.act(people[0], action).proposal
    desk.keyholder.approve(people[1], proposal)
    return proposal
