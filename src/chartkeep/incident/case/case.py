"""One incident: what is known, decided and kept, in a book that only grows.

    case = open_case(desk, "20261122-7f3a9c", by="dewi", clock=now)
    number = case.add(Window(since, until, "the VPN log"))
    digest = case.keep(Path("firewall.csv"), "firewall log of site B")
    case.add(Finding("cause", "first foreign act: …"), evidence=[digest])

Promises what `book` and `evidence` promise, and that what supersedes and what is referred to is
there. Nothing is deleted: `standing` leaves out what something later stands for.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple, TypeVar

from chartkeep.errors import BadInputError, ConflictError, NotFoundError
from chartkeep.incident.case.book import Book
from chartkeep.incident.case.events import AnyEvent, Event, Kept, Opened, Written, read_written
from chartkeep.incident.case.evidence import Evidence, Source, digest_of
from chartkeep.incident.case.register import Register
from chartkeep.incident.desk import Desk, sync_folder
from chartkeep.model import Millis
from chartkeep.sealing.keys import fresh_id
from chartkeep.sealing.signing import SigningKey

_ID: Final = re.compile(r"[0-9]{8}-[0-9a-f]{6}").fullmatch
_TIMES: Final = ("when", "since", "until", "due", "met", "sent")
_WORDS: Final = ("text", "what", "name")
_LAST: Final = 1 << 43
"""The year 2248, in milliseconds."""
_E = TypeVar("_E", bound=Event)
Now = Callable[[], Millis]


class Saying(NamedTuple):
    """An event to be written: what it supersedes, the evidence it goes with; as `Case.add`."""

    event: AnyEvent
    supersedes: int | None = None
    evidence: tuple[str, ...] = ()


class Case:
    """An open case. One for each thread; several processes may each have one."""

    def __init__(self, desk: Desk, ident: str, by: str, clock: Now) -> None:
        """Open the case of a desk, to read it and to write as `by`: as `open_case`."""
        self.desk = desk
        self.id = ident
        self.by = by
        self._clock = clock
        folder = desk.root / "cases" / ident
        self.book = Book(folder, *_book_of(desk, ident))
        secret = desk.key_for(f"evidence/{ident}")
        self._evidence = Evidence(folder / "evidence", ident, secret)
        self._written: list[Written] = []
        self._superseded: set[int] = set()
        self._torn: set[int] = set()
        self._answers: dict[str, list[Written]] = {}
        self._kept: dict[str, Kept] = {}
        self._take()

    def __repr__(self) -> str:
        return f"<Case {self.id}>"

    def add(
        self, event: AnyEvent, *, supersedes: int | None = None, evidence: Iterable[str] = ()
    ) -> int:
        """Write an event; gives its number when it is durable.

        `supersedes`: the number of the event of the same kind it stands for from now on.
        `evidence`: SHA-256 (hex) of files kept before. Raises BadInputError when either is not
        there, a time is none or its words are empty, UnavailableError when the disk cannot be
        written.
        """
        return self.add_all([Saying(event, supersedes, tuple(evidence))])[0]

    def add_all(self, says: Iterable[Saying], job: str = "") -> list[int]:
        """Write events in one go, as `add`; a job's answer once, whatever ended the job before.

        A crash in this moment may leave the first few: of a job's answer they never stand. Raises
        ConflictError for an answer that is there.
        """
        told = list(says)
        before = [each.supersedes for each in told if each.supersedes is not None]
        if len(set(before)) < len(before):
            raise BadInputError("two events stand for one", hint="name each once")
        if not told:
            return []
        left = range(len(told) - 1, -1, -1)
        makes = [
            partial(self._body, says=each, job=(job, after) if job else None)
            for each, after in zip(told, left, strict=True)
        ]
        first = self.book.append(*makes)
        self._take()
        return list(range(first, self.book.size))

    def answer_of(self, job: str) -> list[Written]:
        """Give the events of a job's answer; none before all of them are there."""
        self.refresh()
        return self._answers.get(job, [])

    @property
    def gone(self) -> frozenset[int]:
        """Name the events that stand no more, or never did: an answer's of which the end is not."""
        return frozenset(self._superseded | self._torn)

    def keep(self, source: Source, what: str, *, origin: str = "", people: bool = True) -> str:
        """Keep a file or bytes as evidence, once; gives its SHA-256 in hex.

        `origin`: whom or where it came from. `people`: it names patients, or may; said once, it
        stays so, and who said before that it names nobody was wrong.
        """
        if not what.strip():
            raise BadInputError("say what the evidence is", hint="--what in a few words")
        found = digest_of(source)
        known = self._kept.get(found.sha256)
        if known is None or (people and not known.people):
            self._evidence.put(source, found)
            self.add(Kept(*found, what, origin, people))
        return found.sha256

    def kept(self) -> dict[str, Kept]:
        """Give what is kept, by SHA-256."""
        self.refresh()
        return dict(self._kept)

    def read(self, digest: str, write: Callable[[bytes], object]) -> None:
        """Give kept content; only the return says it was whole and unchanged.

        Raises NotFoundError when it was never kept or is gone, SealBrokenError when it changed.
        """
        if digest not in self.kept():
            raise NotFoundError(
                "no such evidence is kept in this case", hint="chartkeep incident show"
            )
        self._evidence.read(digest, write)

    def events(self) -> list[Written]:
        """Give everything ever written, in order."""
        self.refresh()
        return list(self._written)

    def standing(self, kind: type[_E]) -> list[tuple[Written, _E]]:
        """Give the events of a kind that nothing later stands for, each with its frame."""
        self.refresh()
        gone = self.gone
        return [
            (each, each.what)
            for each in self._written
            if isinstance(each.what, kind) and each.number not in gone
        ]

    @property
    def title(self) -> str:
        """Name the case."""
        opened = self._written[0].what
        return opened.title if isinstance(opened, Opened) else self.id

    def refresh(self) -> None:
        """Take in what other processes wrote. Raises DamagedError when the book is not whole."""
        self.book.refresh()
        self._take()

    def _body(
        self,
        number: int,
        says: Saying,
        job: tuple[str, int] | None,
    ) -> bytes:
        event, supersedes, files = says
        self._take()  # under the book's lock: what is checked is what is there
        if job and job[0] in self._answers:
            raise ConflictError("this answer was written before", hint="look at the case")
        _check_times(event)
        _check_words(event)
        if supersedes is not None:
            known = 0 <= supersedes < number
            if not known or type(self._written[supersedes].what) is not type(event):
                raise BadInputError(
                    f"there is no such event {supersedes} of this kind",
                    hint="chartkeep incident show",
                )
            if supersedes in self._superseded:
                raise BadInputError(
                    f"event {supersedes} was superseded before", hint="name the one that stands"
                )
        if not self._kept.keys() >= set(files):
            raise BadInputError("an event names evidence that is not kept", hint="keep it first")
        return Written(number, self._clock(), self.by, event, supersedes, files, job).encode()

    def _take(self) -> None:
        for body in self.book.bodies(len(self._written)):
            written = read_written(body.body)
            self._written.append(written)
            if written.job is None:
                self._stand(written)
            elif written.job[1]:
                self._torn.add(written.number)
            else:
                self._answers[written.job[0]] = [*self._before(written), written]
                for each in self._answers[written.job[0]]:
                    self._stand(each)
            if isinstance(what := written.what, Kept) and (
                what.people or what.sha256 not in self._kept
            ):
                self._kept[what.sha256] = what

    def _stand(self, written: Written) -> None:
        """Let an event count, from here on."""
        self._torn.discard(written.number)
        if written.supersedes is not None:
            self._superseded.add(written.supersedes)

    def _before(self, last: Written) -> list[Written]:
        """Give those of an answer's events that came before its last, in the same write."""
        assert last.job is not None
        job, start = last.job[0], last.number
        while self._written[start - 1].job == (job, last.number - start + 1):
            start -= 1
        return self._written[start : last.number]


def _check_times(event: AnyEvent) -> None:
    """Refuse a time no calendar has: whatever later counts from it would end there."""
    for name in _TIMES:
        told = getattr(event, name, None)
        if told is not None and not 0 <= told < _LAST:
            raise BadInputError("an event names a time that is none", hint="ms since 1970")


def _check_words(event: AnyEvent) -> None:
    """Refuse an event that says nothing: it would stand there for ever."""
    for name in _WORDS:
        said = getattr(event, name, None)
        if isinstance(said, str) and not said.strip():
            raise BadInputError("an event says nothing", hint=f"its {name} is empty")


def new_case(desk: Desk, title: str, by: str, clock: Now, where: Iterable[str] = ()) -> Case:
    """Begin a case; its id is the day and six digits. Raises BadInputError without a title."""
    if not title.strip():
        raise BadInputError("a case needs a title", hint='"The export of May"')
    day = datetime.fromtimestamp(clock() / 1000, UTC).strftime("%Y%m%d")
    ident = f"{day}-{fresh_id().hex()[:6]}"
    folder, new = desk.root / "cases" / ident, desk.root / "cases" / f".{ident}"
    new.mkdir(mode=0o700)
    book = Book.create(new, *_book_of(desk, ident))
    first = Written(0, clock(), by, Opened(title, tuple(where)))
    book.append(lambda _: first.encode())
    new.rename(folder)  # whole, or not there
    sync_folder(folder.parent)
    Register(desk).note(ident, book.checkpoint)
    return open_case(desk, ident, by, clock)


def open_case(desk: Desk, ident: str, by: str, clock: Now) -> Case:
    """Open a case to read and to write as `by`.

    Raises NotFoundError when there is none, DamagedError when its past is not what was signed.
    """
    folder = desk.root / "cases" / ident
    if _ID(ident) is None or not folder.is_dir():
        raise NotFoundError(f"there is no case {ident}", hint="chartkeep incident cases")
    return Case(desk, ident, by, clock)


def case_ids(desk: Desk) -> Iterator[str]:
    """Name the cases, the oldest day first."""
    for path in sorted((desk.root / "cases").iterdir()):
        if _ID(path.name) is not None:
            yield path.name


def _book_of(desk: Desk, ident: str) -> tuple[str, bytes, SigningKey]:
    origin = f"chartkeep.example/{desk.file.id}/cases/{ident}"
    return origin, desk.key_for(f"cases/{ident}"), desk.signing
