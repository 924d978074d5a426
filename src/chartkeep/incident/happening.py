"""What happened, in one shape: a line of `releases`, a line of `records`, or a note of the journal.

Pure. It says who, whose, what, when and why, and nothing of what stands in a chart. What an act
changed is named, its contents are not: they hold people's sealed means to log in.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from chartkeep.custody.note import Note, Noted
from chartkeep.custody.paper import Opening
from chartkeep.keyholder import details
from chartkeep.keyholder.actions import Action, RemovePerson
from chartkeep.ledger.line import Line, mask_sections
from chartkeep.model import to_text
from chartkeep.sealing.entry import EntryHeader

SUCCESS, REFUSED = "0", "4"
READS = {"release", "read", "vread", "history"}
WRITES = {"create": "C", "update": "U", "patch": "U", "delete": "D"}
ASKED = {
    "OpenKeys": "release",
    "ReadLabels": "search",
    "Login": "login",
    "Logout": "logout",
    "OpenLines": "audit",
    "SealKeys": "seal_key",
    "WriteLabels": "labels",
    "Act": "act",
    "Approve": "act",
}
"""What a refused request would have been."""


class Happening(NamedTuple):
    """One thing that happened; empty where something does not apply or nobody knows.

    `verb` is a line's verb, or a note's interaction. `action` C, R, U, D or E; `outcome` 0 or 4,
    both FHIR's. `line` is its own index in `releases`, or that of the line it rests on, or -1.
    """

    id: str
    time: int
    verb: str
    outcome: str = SUCCESS
    person: str = ""
    role: str = ""
    second: str = ""
    purpose: str = ""
    reason: str = ""
    session: bytes = b""
    instance: str = ""
    worker: bytes = b""
    chart: bytes = b""
    sections: int = 0
    kind: str = ""
    ident: str = ""
    version: int = 0
    query: str = ""
    number: int = 0
    line: int = -1
    grant: bytes = b""
    text: str = ""
    writer: bytes = b""
    first: int = -1
    last: int = -1
    """The lines of `records` it is, or wrote."""

    @property
    def action(self) -> str:
        """Say what was done, as FHIR's audit-event-action has it."""
        return "R" if self.verb in READS else WRITES.get(self.verb, "E")


def of_line(index: int, line: Line) -> Happening:
    """Make it of a line of `releases`."""
    base = Happening(
        f"releases-{index}", line.time, line.verb, person=line.person, session=line.session,
        instance=line.instance, worker=line.worker, chart=line.chart, sections=line.sections,
        line=index,
    )  # fmt: skip
    return base._replace(**_more(details.unpack(line)))


def _more(told: details.Detail) -> dict[str, Any]:
    """Give what a line's detail says beyond its fields."""
    more: dict[str, Any] = {}
    match told:
        case details.Released():
            more = {"role": told.role, "purpose": told.purpose, "reason": told.reason}
            more |= {"grant": told.grant, "text": _denied(told.denied)}
        case details.Refused():
            more = {"outcome": REFUSED, "role": told.role, "reason": told.reason}
            more |= {"verb": ASKED.get(told.asked, "refuse")}
            more |= {"text": f"{told.error}: {told.message}"}
        case details.Counted():
            more = {"role": told.role, "purpose": told.purpose, "number": told.hits}
            more["text"] = f"{told.keywords} keywords"
        case details.Acted():
            more = {"second": told.second, "text": _named(told.action)}
        case details.Consented():
            more = {"kind": "Consent", "text": f"{len(told.consents)} rules hold from now on"}
        case details.Proposed():
            more = {"text": type(told.action).__name__}
        case details.Gap():
            words = f"lines {told.first} to {told.last - 1} are lost"
            more = {"second": told.second, "text": words}
        case details.Told():
            more = {"text": told.text, "number": told.number}
        case _:  # what a `seal_key` or a `login` says more is no reader's business
            pass
    return more


def _named(action: Action) -> str:
    """Name an act; of one by which somebody leaves, whom it is about."""
    name = type(action).__name__
    return f"{name} {action.name}" if isinstance(action, RemovePerson) else name


def _denied(sections: int) -> str:
    names = " ".join(section.name.lower() for section in mask_sections(sections))
    return f"a consent denies {names}" if names else ""


def of_record(index: int, header: EntryHeader, programs: Mapping[bytes, str]) -> Happening:
    """Make it of an entry's header in `records`; `programs` names instances by their ids.

    Who the person was is not in it: a note of the journal knows, see `signed`.
    """
    return Happening(
        f"records-{index}", header.time, "create" if header.version == 1 else "update",
        instance=programs.get(header.writer, to_text(header.writer)), chart=header.chart,
        sections=1 << header.section, kind=header.kind, ident=to_text(header.entry_id),
        version=header.version, writer=header.writer, first=index, last=index,
    )  # fmt: skip


def of_note(noted: Noted, programs: Mapping[bytes, str]) -> Happening:
    """Make it of a note of the journal."""
    note: Note = noted.note
    return Happening(
        f"journal-{to_text(noted.entry)}-{noted.at}", note.time, note.interaction,
        outcome=REFUSED if note.refused else SUCCESS, person=note.person, role=note.role,
        purpose=note.purpose, session=note.session,
        instance=programs.get(noted.writer, noted.instance), worker=noted.worker,
        chart=note.chart, kind=note.kind, ident=note.ident, version=note.version,
        query=note.query, number=note.count, line=note.line, text=note.refused,
        writer=noted.writer, first=note.first, last=note.last,
    )  # fmt: skip


def of_opening(ident: bytes, said: Opening) -> Happening:
    """Make it of what a ward's PC wrote about a pack: who it was, somebody typed there."""
    return Happening(
        f"opening-{to_text(ident)}", said.at, "pack", person=said.who, kind="pack",
        ident=said.pack, instance=f"ward PC {said.salt[:8]}", number=said.count,
        text=f"{said.act}; a name typed without a log-in, handed in by {said.by}",
    )  # fmt: skip


def signed(record: Happening, note: Happening) -> Happening:
    """Say of a write in `records` who wrote it, by the note about its line."""
    verb = note.verb if note.verb in WRITES else record.verb
    return record._replace(
        verb=verb, person=note.person, role=note.role, purpose=note.purpose,
        session=note.session, worker=note.worker, line=note.line,
    )  # fmt: skip
