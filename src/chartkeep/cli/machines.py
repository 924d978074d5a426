"""The demonstration's machines: everything a hospital sends, while charts are being opened."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rich.table import Table

from chartkeep.cli.doors import log_in_there
from chartkeep.cli.options import console
from chartkeep.clinical.studies import INSTANCE_KIND
from chartkeep.custody.clearing import inbox_look, list_inbox
from chartkeep.custody.house import House
from chartkeep.custody.release import Look, faces_of, release
from chartkeep.errors import UnavailableError
from chartkeep.model import ChartId, Purpose, Section
from chartkeep.wiring.joining import join
from chartkeep.wiring.launch import Running
from chartkeep.wiring.machines import Bed, Machines, Sent, bed_of, write_feeds
from chartkeep.wiring.rehearsal import Cast, log_in

FEW = 4
SEEN = frozenset({Section.FACE, Section.RESULTS, Section.IMAGING, Section.DOCUMENTS})
_KINDS = {INSTANCE_KIND: "pictures", "Observation": "values", "DocumentReference": "documents"}


@contextmanager
def machines_send(
    house: Running, charts: Sequence[ChartId], folder: Path, cast: Cast
) -> Iterator[None]:
    """Let every machine of these beds send while the block works; says what was taken, how fast.

    One report has a number of the ward and somebody else's name: no chart has it afterwards.
    """
    home = house.home
    desk = join(home, "second desk")
    _, token = log_in(desk, cast.kenji)
    beds = _read_beds(charts, token, desk)
    ports = write_feeds(home, beds, folder)
    house.start("intake")
    address = house.serve()
    bearer = log_in_there(address, cast.mari)
    machines = Machines(ports, beds, datetime.now().astimezone())
    few, stranger = beds[:FEW], beds[0]._replace(name="Nobody^Known", birth="19010101")
    work: list[Callable[[], Sent]] = [
        lambda: machines.laboratory([*beds, stranger]),
        lambda: machines.modality([*machines.xrays()], "X-ray, C-STORE"),
        lambda: machines.modality([*machines.cines(few)], "ultrasound, C-STORE"),
        lambda: machines.modality([*machines.ecgs(few)], "ECG cart, C-STORE"),
        lambda: machines.endoscope([*machines.videos(few)], address, bearer),
        lambda: machines.scanner(few),
    ]
    with ThreadPoolExecutor(len(work)) as threads:
        sending = [threads.submit(each) for each in work]
        yield
        _show([each.result() for each in sending])
    house.stop("serve")
    house.stop("intake")
    _show_chart(charts[0], token, desk)
    _, token = log_in(desk, cast.ines)
    for each in list_inbox(inbox_look(token), desk):
        console.print(f"  in the inbox, sealed, from the {each.row.source}: {each.row.why}")


def _read_beds(charts: Sequence[ChartId], token: bytes, desk: House) -> list[Bed]:
    """Read who lies in the beds, as the machines' worklists have it."""
    look = Look(token, frozenset({Section.FACE}), Purpose.TREATMENT)
    return [bed_of(face.person) for face in faces_of(charts, look, desk)]


def _show_chart(chart: ChartId, token: bytes, desk: House) -> None:
    """Open what the machines sent: it comes out only through a release."""
    opened = release(chart, Look(token, SEEN, Purpose.TREATMENT), desk)
    counts = Counter(_KINDS.get(entry.header.kind, "") for entry in opened.entries)
    told = ", ".join(f"{counts[what]} {what}" for what in _KINDS.values())
    console.print(f"  bed 1 now has {told}; Kenji opened them as line {opened.line}")


def _show(sent: Sequence[Sent]) -> None:
    table = Table("machine", "taken", "each", box=None, pad_edge=False)
    for each in sent:
        table.add_row(each.machine, f"{each.taken} of {each.of}", f"{each.middle * 1e3:.0f} ms")
    console.print(table)
    for each in sent:
        if each.taken < each.of:
            raise UnavailableError(f"the {each.machine} was not heard", hint="see run/intake.log")
