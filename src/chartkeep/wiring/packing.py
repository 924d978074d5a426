"""`packs`: every ward's pack made, sealed and pushed every quarter of an hour, as instance `packs`.

    {"program": "packer-1", "grant": "<id>", "hours": 24,
     "wards": [{"ward": "3W", "folders": ["/mnt/3w-pc"]}], "forms": {"vitals": 40}}

`packs.json` in the house's folder says which; the program's private key lies in
`stations/PROGRAM.key`, and wards' keys come from the keyholder each time (docs/packs.md).
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from chartkeep.continuity.forms import MOST_FORMS, FormKind
from chartkeep.continuity.making import Order, make_pack
from chartkeep.continuity.page.rendering import render_places
from chartkeep.continuity.pushing import File, Folders
from chartkeep.custody.house import House
from chartkeep.errors import ChartkeepError, RefusedError, UnavailableError
from chartkeep.keyholder.protocol import NotePack
from chartkeep.model import Millis, to_text
from chartkeep.sealing.assertion import LONGEST_KEY, Claims, sign_assertion
from chartkeep.sealing.keys import fresh_id
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

INSTANCE = "packs"
FILE = "packs.json"
EVERY = 15 * 60
"""Seconds from one round's beginning to the next one's."""
LIFE = 8 * 3_600 - 20 * 60
"""Seconds this worker lives: it ends before the keyholder calls it too old."""
LOGIN_LIFE = 120
_HOUR = 3_600_000

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=MOST_FORMS)]
_KINDS = {kind.name.lower(): kind for kind in FormKind}


class WardPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ward, and the folders its packs go to: on its own PCs, or on a share they all see."""

    ward: _Name
    folders: Annotated[list[_Name], msgspec.Meta(min_length=1, max_length=50)]


class PacksFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`packs.json`: `hours` a pack is good for; `forms` of each kind that it brings along."""

    program: _Name
    grant: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    wards: Annotated[list[WardPlace], msgspec.Meta(max_length=500)]
    hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 31)] = 24
    forms: dict[_Name, _Count] = {}


class Pushed(NamedTuple):
    """What became of a ward's pack: its size, how many sheets; what went wrong where."""

    ward: str
    pack: str
    sheets: int
    unopened: int
    bytes: int
    trouble: list[str]


def read_packs(root: Path) -> PacksFile:
    """Read `packs.json`. Raises UnavailableError without one, RefusedError for nonsense."""
    try:
        found = msgspec.json.decode((root / FILE).read_bytes(), type=PacksFile)
    except OSError as error:
        raise UnavailableError(f"there is no {FILE} here", hint="see docs/packs.md") from error
    except msgspec.MsgspecError as error:
        raise RefusedError(f"{FILE}: {error}", hint="see docs/packs.md") from error
    names = [each.ward for each in found.wards]
    if len(set(names)) < len(names):
        raise RefusedError(f"{FILE} names a ward twice", hint="name all its folders in one place")
    if not found.forms.keys() <= _KINDS.keys():
        raise RefusedError(f"{FILE}: no such form", hint=f"some of {', '.join(_KINDS)}")
    return found


class Packer:
    """Makes and pushes packs of one house."""

    def __init__(self, root: Path, facility: str, house: House, said: PacksFile) -> None:
        """`root` is where the program's key lies, `facility` what the house is called."""
        self._root = root
        self._facility = facility
        self._house = house
        self._said = said
        self._folders = Folders()

    def ward(self, name: str, folders: list[Path] | None = None) -> Pushed:
        """Make one ward's pack and push it; the keyholder is told when all folders have it.

        `folders`: instead of those configured; then the keyholder is told nothing. Raises
        RefusedError for a ward that is not configured, and what refuses the pack.
        """
        place = next((each for each in self._said.wards if each.ward == name), None)
        goals = folders or [Path(each) for each in (place.folders if place else [])]
        if not goals:
            raise RefusedError(f"{FILE} names no folder for this ward", hint="give one with --to")
        grant, token = bytes.fromhex(self._said.grant), self._login()
        forms = {_KINDS[kind]: count for kind, count in self._said.forms.items()}
        life = self._said.hours * _HOUR
        order = Order(name, grant, life, forms, self._facility)
        pack, key, ident = make_pack(order, token, self._house)
        # A file of its own for each folder: no two of them give out the same form's number.
        pages = render_places(pack, key, len(goals))
        times = Millis(pack.made), Millis(pack.expires)
        files = {goal: File(name, page, *times) for goal, page in zip(goals, pages, strict=True)}
        trouble = self._folders.push(files)
        if not trouble and not folders:
            note = NotePack(token, grant, name, ident, len(pack.sheets), pack.expires)
            self._house.keyholder.note_pack(note)
        return Pushed(name, pack.pack, len(pack.sheets), pack.unopened, len(pages[0]), trouble)

    def round(self, tell: Callable[[str], None], ending: threading.Event) -> None:
        """Make every ward's pack; one that fails is told, and the others are made all the same."""
        for place in self._said.wards:
            if ending.is_set():
                return
            try:
                tell(sentence(self.ward(place.ward)))
            except ChartkeepError as error:
                tell(f"no pack of ward {place.ward}: {error}")

    def _login(self) -> bytes:
        path = key_file(self._root, self._said.program)
        try:
            with path.open("rb") as file:
                key = file.read(LONGEST_KEY)
        except OSError as error:
            raise RefusedError(
                "the packer has no key here", hint=f"its private key belongs into {path}"
            ) from error
        claims = Claims(
            iss=self._said.program,
            sub=self._said.program,
            aud=f"urn:uuid:{to_text(self._house.facility)}",
            exp=self._house.clock() // 1000 + LOGIN_LIFE,
            jti=fresh_id().hex(),
        )
        return self._house.keyholder.login_program(sign_assertion(claims, key)).token


def key_file(root: Path, program: str) -> Path:
    """Say where a packer's private key lies. Raises RefusedError for a name that is a path."""
    if "/" in program:
        raise RefusedError("a packer's name is no path", hint="give it another name")
    return root / "stations" / f"{program}.key"


def sentence(pushed: Pushed) -> str:
    """Say what became of a ward's pack."""
    lacking = f", {pushed.unopened} not opened" if pushed.unopened else ""
    told = f"ward {pushed.ward}: {pushed.sheets} sheets{lacking}, {pushed.bytes / 1e6:.2f} MB"
    return "; ".join([told, *pushed.trouble])


def make_packer(home: Home) -> Packer:
    """Make what makes packs."""
    house = join(home, INSTANCE)
    return Packer(home.root, home.file.facility, house, read_packs(home.root))


def packs(
    home: Home, ending: threading.Event, tell: Callable[[str], None], every: float = EVERY
) -> bool:
    """Make packs until told to stop; gives False when only the life of this worker is over."""
    packer = make_packer(home)
    for _ in range(max(1, int(LIFE / every))):
        began = time.monotonic()
        packer.round(tell, ending)
        if ending.wait(max(0.0, every - (time.monotonic() - began))):
            return True
    return False
