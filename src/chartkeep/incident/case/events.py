"""What a case's book can say (docs/formats/case.md): one struct an event, one union of all.

Times are milliseconds since 1970. Whatever is unknown is None or empty, never a guess. To add a
kind: a struct here and a row in `AnyEvent`; a kind once written keeps its name for ever.
"""

from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from chartkeep.errors import UnknownFormatError
from chartkeep.model import Millis


class Event(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """Anything a case's book can say; `str` of one says it in plain words."""


class Opened(Event, frozen=True, tag="opened"):
    """The case begins; always number 0. `where`: jurisdictions, as JP."""

    title: str
    where: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" ({', '.join(self.where)})" if self.where else ""
        return f"opened: {self.title}{where}"


class Note(Event, frozen=True, tag="note"):
    """Words of a person."""

    text: str

    def __str__(self) -> str:
        return self.text


class Aware(Event, frozen=True, tag="aware"):
    """Somebody knew first: most duties count from here."""

    whom: str
    when: Millis
    how: str = ""

    def __str__(self) -> str:
        return f"{self.whom} knew at {when(self.when)}{_because(self.how)}"


class Window(Event, frozen=True, tag="window"):
    """When it may have happened; `until` None: it may go on."""

    since: Millis
    until: Millis | None
    why: str = ""

    def __str__(self) -> str:
        until = "now on" if self.until is None else when(self.until)
        return f"it may have happened from {when(self.since)} to {until}{_because(self.why)}"


class Concern(StrEnum):
    """What kind of thing a case is about."""

    PERSON = "person"
    SESSION = "session"
    INSTANCE = "instance"
    HOST = "host"
    KEYHOLDER = "keyholder"
    KEY = "key"
    EXPORT = "export"
    PACK = "pack"
    FILE = "file"
    SEGMENT = "segment"
    ADDRESS = "address"


class Concerned(Event, frozen=True, tag="concerned"):
    """Something the case is about. `suspect` False: it was looked at and is not.

    `name`: a person's name here, a session or key in hex, a host, a file's SHA-256, an IP address.
    """

    what: Concern
    name: str
    why: str = ""
    suspect: bool = True

    def __str__(self) -> str:
        said = "concerned" if self.suspect else "not concerned"
        return f"{said}: {self.what} {self.name}{_because(self.why)}"


class Decision(Event, frozen=True, tag="decision"):
    """Who decided what and why, and the second person where it took two."""

    what: str
    whom: str
    why: str
    second: str = ""

    def __str__(self) -> str:
        second = f" and {self.second}" if self.second else ""
        return f"decided by {self.whom}{second}: {self.what}{_because(self.why)}"


class Known(Event, frozen=True, tag="known"):
    """A fact the duties ask for (`incident.duties.rule.Fact`), as far as it is known."""

    fact: str
    holds: bool
    why: str = ""

    def __str__(self) -> str:
        return f"{'' if self.holds else 'not '}{self.fact}{_because(self.why)}"


class Agreed(Event, frozen=True, tag="agreed"):
    """Two people agreed to an event, each in a session of their own at the keyholder.

    Its evidence is the proof; without one that holds it says nothing (`incident.case.agreement`).
    """

    to: int
    people: tuple[str, str]

    def __str__(self) -> str:
        return f"{' and '.join(self.people)} agreed to event {self.to}"


class Closed(Event, frozen=True, tag="closed"):
    """The case is over, once two people agreed to it and until anything is written after it.

    `open`: what was left without an end, in words (`incident.closing`).
    """

    why: str
    open: tuple[str, ...] = ()

    def __str__(self) -> str:
        left = f"; left open: {'; '.join(self.open)}" if self.open else ""
        return f"closed: {self.why}{left}"


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of an estimate's nested sets. `list`: SHA-256 of its list, kept as evidence; or empty."""

    count: int
    list: str = ""
    why: str = ""


class Estimate(Event, frozen=True, tag="estimate"):
    """Whose data, in three nested sets; never one number.

    `version` counts from 1. `method`: how it was found. `query`: what gives the numbers again.
    `gaps`: what no evidence covers. A set of which nothing can be said is None.
    """

    version: int
    method: str
    certain: Group | None = None
    implied: Group | None = None
    possible: Group | None = None
    query: str = ""
    gaps: tuple[str, ...] = ()

    def __str__(self) -> str:
        sets = {"certain": self.certain, "implied": self.implied, "possible": self.possible}
        said = ", ".join(
            f"{name} {'unknown' if each is None else f'{each.count:,}'}"
            for name, each in sets.items()
        )
        gaps = f"; not covered: {'; '.join(self.gaps)}" if self.gaps else ""
        return f"estimate {self.version} by {self.method}: {said}{gaps}"


class Clock(Event, frozen=True, tag="clock"):
    """A duty's clock. `due` None: promptly; `met`: when it was done, superseding the one before."""

    duty: str
    whom: str
    due: Millis | None
    met: Millis | None = None
    why: str = ""

    def __str__(self) -> str:
        due = "promptly" if self.due is None else f"by {when(self.due)}"
        met = "" if self.met is None else f"; met at {when(self.met)}"
        return f"{self.duty}: tell {self.whom} {due}{met}{_because(self.why)}"


class Report(Event, frozen=True, tag="report"):
    """A tip-off from outside, or a report of misuse: a post, a journalist, the police, a patient.

    `channel`: how it came; `link`: where it can be seen. What was sent along is evidence.
    """

    channel: str
    whom: str
    when: Millis
    text: str
    link: str = ""

    def __str__(self) -> str:
        link = f" <{self.link}>" if self.link else ""
        return f"{self.channel} of {self.whom}, {when(self.when)}: {self.text}{link}"


class Finding(Event, frozen=True, tag="finding"):
    """What a part of the desk found: "exposure", "cause", "trace", "sweep".

    `says`: the answer in plain words. `sure`: how sure, in its own words. Files are evidence.
    """

    part: str
    says: str
    sure: str = ""

    def __str__(self) -> str:
        sure = f" ({self.sure})" if self.sure else ""
        return f"{self.part} found: {self.says}{sure}"


class Task(Event, frozen=True, tag="task"):
    """Something to be done, and by whom; `done` supersedes the one that asked."""

    what: str
    owner: str
    done: bool = False

    def __str__(self) -> str:
        return f"{'done' if self.done else 'to do'} by {self.owner}: {self.what}"


class Draft(Event, frozen=True, tag="draft"):
    """A draft or a sent notice to somebody. `text`: SHA-256 of it, kept as evidence."""

    whom: str
    version: int
    text: str
    sent: Millis | None = None

    def __str__(self) -> str:
        sent = "draft" if self.sent is None else f"sent at {when(self.sent)}"
        return f"notice to {self.whom}, version {self.version}, {sent} [{self.text[:12]}]"


class Kept(Event, frozen=True, tag="kept"):
    """A file became evidence. Written by `Case.keep` alone.

    `people`: it names patients, or may; a bag leaves it out unless it is asked for.
    """

    sha256: str
    sha512: str
    size: int
    what: str
    source: str = ""
    people: bool = True

    def __str__(self) -> str:
        source = f" from {self.source}" if self.source else ""
        return f"kept: {self.what}{source}, {self.size:,} bytes [{self.sha256[:12]}]"


class Handed(Event, frozen=True, tag="handed"):
    """The custody log: evidence, or all of a case, was given to somebody, or shown."""

    what: str
    whom: str
    why: str

    def __str__(self) -> str:
        return f"handed to {self.whom}: {self.what}{_because(self.why)}"


AnyEvent = (
    Opened | Note | Aware | Window | Concerned | Decision | Known | Agreed | Closed | Estimate
    | Clock | Report | Finding | Task | Draft | Kept | Handed
)  # fmt: skip


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event in its book. `supersedes`: the number of the event this one stands for now.

    `evidence`: SHA-256 (hex) of files kept in the same case. `job`: whose answer it is of, and how
    many events of that answer follow: it counts when all are there.
    """

    number: int
    time: Millis
    by: str
    what: AnyEvent
    supersedes: int | None = None
    evidence: tuple[str, ...] = ()
    job: tuple[str, int] | None = None

    def encode(self) -> bytes:
        """Write the body, JSON."""
        return msgspec.json.encode(self)

    def line(self) -> str:
        """Say it in one line: number, time, by whom, what, and what it goes with."""
        later = "" if self.supersedes is None else f" (instead of {self.supersedes})"
        files = "".join(f" [{digest[:12]}]" for digest in self.evidence)
        what = " ".join(str(self.what).split())
        return f"{self.number:>4}  {when(self.time)}  {self.by}: {what}{later}{files}"


_decoder = msgspec.json.Decoder(Written)


def read_written(body: bytes) -> Written:
    """Read a body. Raises UnknownFormatError for a kind or a field not known here."""
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise UnknownFormatError(
            "a case's book has an event not known here", hint="use a newer chartkeep"
        ) from error


def when(millis: int) -> str:
    """Write a time, UTC, to the second."""
    try:
        return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):  # a year no calendar has
        return f"{millis} ms"


def _because(why: str) -> str:
    return f": {why}" if why else ""
