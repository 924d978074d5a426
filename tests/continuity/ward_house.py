"""A house with a ward, a packer and its grant, for the tests of packs."""

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chartkeep.continuity.ward import WardPack
from chartkeep.custody.house import House
from chartkeep.inventor.hospital import Hospital, invent_hospital
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Section
from chartkeep.sealing.pack import derive_ward_key, open_pack, pack_key
from chartkeep.sealing.ward_code import fresh_code
from chartkeep.wiring.packing import Packer, PacksFile, WardPlace, key_file
from tests import cast
from tests.house import HouseRun
from tests.sealing.assertions import pem, private

SECTIONS = mask(Section.FACE, Section.IDENTITY, Section.CLINICAL, Section.RESULTS)
WARD = "3W"


class WardHouse(NamedTuple):
    """The house, the packer and its hold on it, the ward's code, the grant, a ward PC's folder."""

    house: HouseRun
    joined: House
    packer: Packer
    code: str
    grant: bytes
    charts: list[ChartId]
    folder: Path

    def pack(self) -> WardPack:
        """Make the ward's pack and read it from its folder, as a ward PC would."""
        self.packer.ward(WARD)
        (path,) = self.folder.glob("*.html")
        return self.read(path)

    def read(self, path: Path) -> WardPack:
        found = re.search(rb'id="pack"[^>]*>([^<]+)<', path.read_bytes())
        assert found is not None
        sealed = base64.b64decode(found[1])
        plain = open_pack(sealed, pack_key(sealed, self.code))
        return msgspec.json.decode(plain, type=WardPack)


def hospital() -> Hospital:
    today = datetime.fromtimestamp(cast.START / 1000, UTC).date()
    return invent_hospital(5, 40, today)


def two(house: HouseRun, first: str, second: str, action: actions.Actions) -> bytes:
    """Have two people do an act; gives the proposal, which is a grant's name."""
    keyholder = house.desk.keyholder
    proposal = keyholder.act(house.login(first), action).proposal
    keyholder.approve(house.login(second), proposal)
    return proposal


def packs_grant(
    house: HouseRun, wards: Iterable[str] = (WARD,), sections: int = SECTIONS, charts: int = 100
) -> actions.GrantPacks:
    until = house.clock.at + 30 * 86_400_000
    return actions.GrantPacks("packer-1", list(wards), sections, charts, until)


def ward_house(house: HouseRun, count: int = 3, **terms: Any) -> WardHouse:
    """Fill a ward with invented inpatients and let the packer in."""
    invented = hospital()
    house.send_raw(invented.organization_bundle(), house.engine)
    charts = []
    for bed, index in enumerate(list(invented.census)[:count], 1):
        sent = house.send_raw(invented.bundle(index), house.engine)
        charts.append(sent.charts[-1])
        house.admit(charts[-1], WARD, str(bed))
    code = fresh_code()
    two(house, "erik", "fumi", actions.AddProgram("packer-1", "packer", pem("EdDSA"), ""))
    key = derive_ward_key(code, b"s" * 16).encode()
    two(house, "dewi", "gita", actions.SetWardKey(WARD, key))
    grant = two(house, "dewi", "gita", packs_grant(house, **terms))
    secret = private("EdDSA").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (house.folder / "stations").mkdir()
    key_file(house.folder, "packer-1").write_bytes(secret)
    folder = house.folder / "ward pc"
    folder.mkdir()
    said = PacksFile("packer-1", grant.hex(), [WardPlace(WARD, [str(folder)])], forms={"vitals": 5})
    joined = house.join("packs")
    packer = Packer(house.folder, cast.FACILITY.facility, joined, said)
    return WardHouse(house, joined, packer, code, grant, charts, folder)
