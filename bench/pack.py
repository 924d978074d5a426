"""How long does a ward pack of 60 patients take to make, and how large is it?

    python -m bench.pack [--patients 60] [--packs 5]

A house on a real disk, its processes running; invented inpatients with 72 hours of results. Each
pack is the whole road: the grant asked, each chart opened with its line, sheets filled, forms
given out, sealed, pushed to a folder durably, noted. The last pack is opened by its code, so what
is measured is a pack that opens. What a browser takes: bench.pack_open.
"""

import argparse
import base64
import datetime as dt
import re
import shutil
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bench import machine
from bench.house import PARTS, WARDS, BenchHouse, bench_house
from chartkeep.continuity.sheet import Says
from chartkeep.continuity.ward import WardPack
from chartkeep.custody.deposit import deposit
from chartkeep.custody.house import House
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import Section
from chartkeep.sealing.pack import derive_ward_key, open_pack, pack_key
from chartkeep.sealing.ward_code import fresh_code
from chartkeep.wiring.founding import newcomer
from chartkeep.wiring.packing import Packer, PacksFile, WardPlace, key_file

WARD = WARDS[0]
SECTIONS = mask(Section.FACE, Section.IDENTITY, Section.CLINICAL, Section.RESULTS)
OTHERS = (("erik", "administrator"), ("fumi", "administrator"), ("gita", "privacy officer"))
FORMS = {"vitals": 60, "medication": 60, "orders": 60, "notes": 60}


class Timed(NamedTuple):
    """One pack: seconds that passed, the packer's processor, each keeper's, and its bytes."""

    wall: float
    packer: float
    keepers: dict[str, float]
    bytes: int


def main() -> None:
    asked = _options()
    folder = Path(tempfile.mkdtemp(prefix="chartkeep-ward-pc-", dir="/var/tmp"))
    others = [newcomer(name, role) for name, role in OTHERS]
    try:
        with bench_house(0, others=others) as house:
            entries = _admit(asked.patients, house.join("loader"))
            code = fresh_code()
            packer = _packer(house, code, folder)
            timed = [_make(packer, house) for _ in range(asked.packs)]
            (path,) = folder.glob("*.html")
            pack = _open(path, code)
            disk = machine.fdatasync(house.home.root)
    finally:
        shutil.rmtree(folder)
    assert len(pack.sheets) == asked.patients
    _print(timed, pack, entries, disk)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--patients", type=int, default=60)
    parser.add_argument("--packs", type=int, default=5)
    return parser.parse_args()


def _admit(patients: int, loader: House) -> int:
    """Put invented inpatients to bed on one ward; gives how many entries they have."""
    hospital = invent_hospital(11, patients * 6, dt.datetime.now(dt.UTC).date())
    for parcel in route(
        parse_bundle(hospital.organization_bundle(), "site"), "bench", loader
    ).parcels:
        deposit(parcel, loader)
    entries = 0
    for bed, index in enumerate([*hospital.census][:patients], 1):
        machine.progress(f"pack: inpatient {bed}")
        parcel = route(parse_bundle(hospital.bundle(index), "chart"), "bench", loader).parcels[-1]
        deposit(parcel, loader)
        entries += len(parcel.items)
        loader.keyholder.act(b"", actions.Place(parcel.chart, WARD, str(bed)))
    return entries


def _packer(house: BenchHouse, code: str, folder: Path) -> Packer:
    """Register a packer, its grant and the ward's code: two people each."""
    desk = house.join("desk")
    tokens = [house.login(at, desk) for at in range(len(house.people))]
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def two(first: int, action: actions.Actions) -> bytes:
        proposal = desk.keyholder.act(tokens[first], action).proposal
        desk.keyholder.approve(tokens[first + 1], proposal)
        return proposal

    two(0, actions.AddProgram("packer-1", "packer", public, ""))
    two(2, actions.SetWardKey(WARD, derive_ward_key(code).encode()))
    until = desk.clock() + 86_400_000
    grant = two(2, actions.GrantPacks("packer-1", [WARD], SECTIONS, 100, until))
    path = key_file(house.home.root, "packer-1")
    path.parent.mkdir()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    said = PacksFile("packer-1", grant.hex(), [WardPlace(WARD, [str(folder)])], forms=FORMS)
    return Packer(house.home.root, house.home.file.facility, house.join("packs"), said)


def _make(packer: Packer, house: BenchHouse) -> Timed:
    before, start, mine = house.cpu(), time.perf_counter(), time.process_time()
    pushed = packer.ward(WARD)
    wall, worked, after = time.perf_counter() - start, time.process_time() - mine, house.cpu()
    assert not pushed.trouble
    keepers = {part: after[part] - before[part] for part in PARTS}
    return Timed(wall, worked, keepers, pushed.bytes)


def _open(path: Path, code: str) -> WardPack:
    found = re.search(rb'id="pack">([^<]+)<', path.read_bytes())
    assert found is not None
    sealed = base64.b64decode(found[1])
    return msgspec.json.decode(open_pack(sealed, pack_key(sealed, code)), type=WardPack)


def _print(timed: list[Timed], pack: WardPack, entries: int, disk: list[float]) -> None:
    print("# pack\n\n" + machine.header())
    print(f"\n{len(pack.sheets)} inpatients of {entries:,} resources, {len(timed)} packs; one "
          f"fdatasync of this disk: {machine.milliseconds(disk)}")  # fmt: skip
    walls = [each.wall for each in timed]
    machine.print_figures(
        "A ward pack",
        [
            machine.at_most("made, median", statistics.median(walls), 5, "s", 2),
            machine.at_most("made, slowest", max(walls), 5, "s", 2),
            machine.at_most("size", timed[-1].bytes / 1e6, 10, "MB", 2),
            machine.Figure("JSON inside", f"{len(msgspec.json.encode(pack)) / 1e6:.2f} MB"),
        ],
    )
    middle = sorted(timed)[len(timed) // 2]
    heads = ["packer", *PARTS]
    row = [f"{middle.packer:.2f}", *(f"{middle.keepers[part]:.2f}" for part in PARTS)]
    machine.print_table("Processor time a pack, s", heads, [row])
    said = Counter(
        part
        for sheet in pack.sheets
        for part in sheet.__struct_fields__
        if getattr(getattr(sheet, part), "says", None) == Says.DATA
    )
    rows = [[part, str(count)] for part, count in said.most_common()]
    machine.print_table("Sheets on which a part has data", ["part", "sheets"], rows)


if __name__ == "__main__":
    main()
