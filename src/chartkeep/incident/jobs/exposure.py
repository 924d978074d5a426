"""The question of exposure: whose charts, to any mix of suspects, and how sure that is."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct

from chartkeep.errors import BadInputError
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import when
from chartkeep.incident.duties.rule import read_rules
from chartkeep.incident.estimate.at_desk import Answer, Officer, estimate, suspect_export
from chartkeep.incident.estimate.files import Taken, read_folder, read_list
from chartkeep.incident.estimate.keeping import say_estimate
from chartkeep.incident.estimate.readable import Keys
from chartkeep.incident.estimate.saying import say, say_query
from chartkeep.incident.estimate.suspect import MOST, Kind, Suspect
from chartkeep.incident.jobs.evidence import opened
from chartkeep.incident.jobs.question import Answered, Far, Means, Question, Tell
from chartkeep.model import ID_BYTES, to_id

MOST_FILES: Final = 1_000
_NAMED: Final = frozenset({Kind.PERSON, Kind.INSTANCE})
_WHOLE: Final = frozenset({Kind.STORE, Kind.KEYHOLDER})


class Suspected(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody or something: a person's or a program's name, else an id as it was printed."""

    kind: Kind
    name: str = ""


class Exposure(Question, frozen=True, tag="exposure"):
    """Whose charts were exposed between two moments (ms; `until` None: now).

    `exports`: ids of jobs. `paths`, `evidence`: lists of files that were taken, or folders of them.
    `key_kept`, `envelopes`: where the house's key is, and whether the wards' envelopes are open.
    """

    since: int
    until: int | None = None
    suspects: Annotated[tuple[Suspected, ...], Meta(max_length=MOST)] = ()
    exports: Annotated[tuple[str, ...], Meta(max_length=MOST)] = ()
    paths: Annotated[tuple[str, ...], Meta(max_length=MOST_FILES)] = ()
    evidence: Annotated[tuple[str, ...], Meta(max_length=MOST_FILES)] = ()
    key_kept: str = ""
    envelopes: bool | None = None

    def files(self) -> tuple[str, ...]:
        """Name what is read of this host."""
        return self.paths

    @property
    def keys(self) -> Keys:
        """Say where the keys are."""
        return Keys(self.key_kept, envelopes=self.envelopes)

    def ask(self, means: Means, tell: Tell) -> Answered:
        """Answer; the case keeps it as the next version of its estimate."""
        case = means.the_case()
        found, strange, _ = self.find(means, tell)
        law = read_rules(), means.clock()
        words = [*say(found, self.keys, law, means.desk.file.facility, when)]
        words += [f"no line ever names {one.words()}" for one in strange]
        says, version = say_estimate(found, case, say_query(found, when))
        return Answered((*words, f"kept as version {version}"), (says,))

    def find(self, means: Means, tell: Tell) -> Answer:
        """Estimate. Raises BadInputError for an id that is none, and as `estimate`."""
        site, now = means.the_site(), means.clock()
        officer = Officer(means.desk, site.house, site.log, site.token)
        window = self.since, now if self.until is None else min(self.until, now)
        mix = [_suspect(each, window) for each in self.suspects]
        mix += [suspect_export(_id(each, "export"), officer, window[1]) for each in self.exports]
        return estimate(
            officer, mix, self._taken(means.the_case), window, now,
            lambda read, of: tell(Far("reading the ledger", read, of)),
        )  # fmt: skip

    def _taken(self, case: Callable[[], Case]) -> Iterator[Taken]:
        """Read what lay in files that were taken."""
        for path in map(Path, self.paths):
            yield from read_folder(path) if path.is_dir() else read_list(path)
        for digest in self.evidence:
            with opened(case(), digest) as path:
                yield from read_list(path)


def _suspect(told: Suspected, window: tuple[int, int]) -> Suspect:
    if told.kind in _WHOLE:
        return Suspect(told.kind, b"", *window)
    value = told.name.encode() if told.kind in _NAMED else _id(told.name, told.kind)
    return Suspect(told.kind, value, *window)


def _id(text: str, what: str) -> bytes:
    """Read an id as it was printed: in hex, or as a UUID."""
    try:
        found = to_id(text) if "-" in text else bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != ID_BYTES:
        raise BadInputError(f"not a {what}: {text[:40]}", hint="copy it as it was printed")
    return found
