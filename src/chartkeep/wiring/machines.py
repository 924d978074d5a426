"""The machines of an invented hospital: each sends to a house as its like does in earnest.

A laboratory over HL7 v2, X-ray, ultrasound and ECG over C-STORE, an endoscope over STOW-RS, a
scanner into a folder. They know the patients in the beds, as machines do, and read nothing back.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib.resources import files as package_files
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.request import Request, urlopen

import msgspec

from chartkeep.clinical.face import Person
from chartkeep.imaging.arriving import Arriving, File
from chartkeep.imaging.dimse.command import Command, Field, Tag
from chartkeep.imaging.dimse.negotiating import Proposal
from chartkeep.imaging.dimse.peers import Peer, Right
from chartkeep.imaging.dimse.requesting import associated
from chartkeep.imaging.instance import Instance
from chartkeep.inventor import dicom
from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.heart import twelve_leads
from chartkeep.inventor.papers import letter
from chartkeep.wiring.feeds import FILE
from chartkeep.wiring.founding import free_port
from chartkeep.wiring.home import Home

AUTHORITY = "WARDS"
"""What the machines call the issuer of the numbers they know patients by."""
MODALITY, ARCHIVE = "XRAY1", "CHARTKEEP"
T = TypeVar("T")
_LOCAL = ["127.0.0.1"]
_LAB = (("2823-3", "Potassium", "mmol/L", 4.1), ("2951-2", "Sodium", "mmol/L", 139.0),
        ("2160-0", "Creatinine", "mg/dL", 0.9))  # fmt: skip


class Bed(NamedTuple):
    """Who lies in a bed, as a machine's worklist has it; `system` issued the number."""

    number: str
    system: str
    name: str
    birth: str
    sex: str


class Sent(NamedTuple):
    """What one machine sent: how many were taken, of how many, and the middle one's seconds."""

    machine: str
    taken: int
    of: int
    middle: float


class Ports(NamedTuple):
    """Where the house listens to machines."""

    mllp: int
    store: int
    folder: Path


def bed_of(person: Person) -> Bed:
    """Read a bed's label: a person's first number, and their name."""
    number = person.identifiers[0]
    name = person.names[0]
    whole = f"{name.family}^{' '.join(name.given)}" if name.family else name.text
    sex = {"male": "M", "female": "F"}.get(person.gender, "O")
    return Bed(number.value, number.system, whole, person.birth_date.replace("-", ""), sex)


def write_feeds(home: Home, beds: Sequence[Bed], folder: Path) -> Ports:
    """Configure the house to listen to the machines."""
    folder.mkdir(parents=True, exist_ok=True)
    ports = Ports(free_port(), free_port(), folder)
    systems = {bed.system for bed in beds}
    issuers = {f"{AUTHORITY}{at}": system for at, system in enumerate(sorted(systems))}
    first = f"{AUTHORITY}0"
    peer = {"aet": MODALITY, "from": _LOCAL, "may": ["store"], "issuer": first}
    feeds = {
        "issuers": issuers,
        "mllp": [{"name": "laboratory", "port": ports.mllp, "from": _LOCAL, "issuer": first}],
        "dimse": {
            "aet": ARCHIVE, "port": free_port(), "store_port": ports.store, "peers": [peer],
        },
        "dicomweb": {"issuer": first},
        "folders": [{"name": "scanner", "path": str(folder), "issuer": first}],
    }  # fmt: skip
    (home.root / FILE).write_bytes(msgspec.json.encode(feeds))
    return ports


class Machines:
    """All machines of the ward, on one day."""

    def __init__(self, ports: Ports, beds: Sequence[Bed], now: datetime) -> None:
        self._ports = ports
        self._beds = beds
        self._now = now
        systems = sorted({bed.system for bed in beds})
        self._authorities = {system: f"{AUTHORITY}{at}" for at, system in enumerate(systems)}

    def laboratory(self, beds: Sequence[Bed]) -> Sent:
        """Report blood values over MLLP, each message answered before the next."""
        with socket.create_connection(("127.0.0.1", self._ports.mllp), 30) as line:
            reader = line.makefile("rb")

            def send(bed: Bed) -> bool:
                line.sendall(b"\x0b" + self._report(bed) + b"\x1c\r")
                answer = b""
                while not answer.endswith(b"\x1c\r"):
                    answer += reader.read1()
                return b"|AA|" in answer

            return _send("laboratory, HL7 v2", beds, send)

    def modality(self, files: Sequence[bytes], what: str) -> Sent:
        """Store objects over one association."""
        told = [(file, Arriving(File(BytesIO(file))).describe()) for file in files]
        titles = {each.sop_class: each.syntax for _, each in told}
        peer = Peer(ARCHIVE, (), frozenset[Right](), "", "127.0.0.1", self._ports.store)
        proposals = [Proposal(kind, (syntax,)) for kind, syntax in titles.items()]
        with associated(MODALITY, peer, proposals, None) as association:
            contexts = {context.abstract: context for context in association.contexts.values()}

            def send(sent: tuple[bytes, Instance]) -> bool:
                file, instance = sent
                command = Command(
                    {
                        Tag.FIELD: Field.STORE, Tag.MESSAGE: 1, Tag.PRIORITY: 0, Tag.DATA: 0,
                        Tag.AFFECTED_CLASS: instance.sop_class,
                        Tag.AFFECTED_INSTANCE: instance.instance,
                    }
                )  # fmt: skip
                data = file[instance.start :]
                association.send(contexts[instance.sop_class], command, (data,))
                answer = association.receive()
                return answer is not None and answer.command.number(Tag.STATUS) == 0

            return _send(what, told, send)

    def endoscope(self, files: Sequence[bytes], address: str, token: str) -> Sent:
        """Store objects over STOW-RS, one a request."""

        def send(file: bytes) -> bool:
            part = b"--cut\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n--cut--\r\n"
            headers = {
                "Authorization": f"Bearer {token}", "Accept": "application/dicom+json",
                "Content-Type": 'multipart/related; type="application/dicom"; boundary=cut',
            }  # fmt: skip
            request = Request(f"{address}/dicom-web/studies", part, headers)  # noqa: S310 - ours
            with urlopen(request, timeout=30) as answer:  # noqa: S310 - an address of ours
                return bool(answer.status == 200)

        return _send("endoscope, STOW-RS", files, send)

    def scanner(self, beds: Sequence[Bed]) -> Sent:
        """Put letters into the watched folder, each with a note beside it, and see them go."""

        def send(bed: Bed) -> bool:
            paper = self._ports.folder / f"letter-{bed.number}.pdf"
            note = {
                "number": bed.number, "issuer": self._authorities[bed.system],
                "name": bed.name.replace("^", " "), "birthDate": bed.birth, "title": "Referral",
            }  # fmt: skip
            hidden = paper.with_suffix(".part")
            paper.with_name(f"{paper.name}.json").write_text(json.dumps(note))
            hidden.write_bytes(letter("Referral", [f"Number {bed.number}", "Invented."]))
            hidden.rename(paper)
            deadline = time.monotonic() + 10
            while paper.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            return not paper.exists()

        return _send("scanner, folder", beds, send)

    def xrays(self) -> Iterator[bytes]:
        """Make a chest X-ray of everyone."""
        return (dicom.xray(self._whose(bed), self._where(bed, "x-ray")) for bed in self._beds)

    def cines(self, beds: Sequence[Bed]) -> Iterator[bytes]:
        """Make ultrasound cines."""
        return (dicom.cine(self._whose(bed), self._where(bed, "cine")) for bed in beds)

    def ecgs(self, beds: Sequence[Bed]) -> Iterator[bytes]:
        """Make ten seconds of twelve leads."""
        return (
            dicom.ecg(
                self._whose(bed), self._where(bed, "ecg"),
                twelve_leads(chance_for(1, "ecg", bed.number)),
            )
            for bed in beds
        )  # fmt: skip

    def videos(self, beds: Sequence[Bed]) -> Iterator[bytes]:
        """Make short videos, MPEG-4."""
        clip = package_files("chartkeep.inventor").joinpath("data/clip.mp4").read_bytes()
        return (dicom.video(self._whose(b), self._where(b, "video"), clip, 25) for b in beds)

    def _whose(self, bed: Bed) -> dicom.Whose:
        authority = self._authorities[bed.system]
        return dicom.Whose(bed.number, authority, bed.name, bed.birth, bed.sex)

    def _where(self, bed: Bed, what: str) -> dicom.Where:
        study, series, one = (dicom.invent_uid(bed.number, what, at) for at in range(3))
        day, time_of_day = f"{self._now:%Y%m%d}", f"{self._now:%H%M%S}"
        return dicom.Where(study, series, one, day, time_of_day, bed.number[-16:])

    def _report(self, bed: Bed) -> bytes:
        at, ident = f"{self._now:%Y%m%d%H%M%S}", f"LAB-{bed.number}"
        authority = self._authorities[bed.system]
        lines = [
            f"MSH|^~\\&|LIS|LAB|CHARTKEEP|WARD|{at}||ORU^R01|{ident}|P|2.5||||||UNICODE UTF-8",
            f"PID|1||{bed.number}^^^{authority}^MR||{bed.name}||{bed.birth}|{bed.sex}",
            f"OBR|1||{ident}^LIS|24323-8^Metabolic panel^LN|||{at}|||||||||||||||{at}||LAB|F",
        ]
        lines += [
            f"OBX|{n}|NM|{code}^{name}^LN||{value}|{unit}|||||F|||{at}"
            for n, (code, name, unit, value) in enumerate(_LAB, 1)
        ]
        return "".join(f"{line}\r" for line in lines).encode()


def _send(machine: str, things: Sequence[T], send: Callable[[T], bool]) -> Sent:
    """Send one after the other and time each."""
    took, taken = [], 0
    for thing in things:
        began = time.perf_counter()
        taken += send(thing)
        took.append(time.perf_counter() - began)
    return Sent(machine, taken, len(things), sorted(took)[len(took) // 2] if took else 0.0)
