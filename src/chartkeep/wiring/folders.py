"""The listeners for watched folders, and how what they find goes on to the other doors."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.clearing import Kept
from chartkeep.custody.house import House
from chartkeep.custody.routing import route
from chartkeep.errors import BadInputError, RefusedError, UnavailableError
from chartkeep.fhir.bundle import parse_bundle, unpack
from chartkeep.fhir.ndjson import as_bundle
from chartkeep.imaging.arriving import File
from chartkeep.imaging.taking import Fate, Sender, Taker
from chartkeep.imaging.taking import Outcome as Imaged
from chartkeep.intake.folders.saying import read_pattern
from chartkeep.intake.folders.taking import Doors, Dropped, Feed, FolderTaker, Outcome, State
from chartkeep.intake.folders.watching import Watched, Watcher
from chartkeep.model import ChartId
from chartkeep.wiring.feeds import FILE, Feeds, FolderFeed, read_zone
from chartkeep.wiring.loading import deposit_routed

MOST_NAMED = 10
_STATES = {
    Fate.STORED: State.TAKEN, Fate.THERE: State.BEFORE, Fate.ASIDE: State.ASIDE,
    Fate.REFUSED: State.REFUSED,
}  # fmt: skip


def folder_watchers(feeds: Feeds, house: House, tell: Callable[[str], None]) -> list[Watcher]:
    """Make a watcher of each folder. Raises RefusedError for an issuer or a zone nobody knows."""
    images = images_into(Taker(house, Issuers(feeds.issuers)))
    watchers = []
    for told in feeds.folders:
        bundle = bundles_into(house) if told.bundles else _no_bundles
        watched = Watched(
            Path(told.path), read_folder(told, feeds), read_pattern(told.pattern), told.keep
        )
        watchers.append(Watcher(watched, FolderTaker(house, Doors(images, bundle)), tell))
    return watchers


def folder_refile(feeds: Feeds, house: House) -> Callable[[Kept, ChartId], None]:
    """Give the road by which a folder's file is filed out of the inbox."""
    told = {each.name: read_folder(each, feeds) for each in feeds.folders}
    taker = FolderTaker(house, Doors(lambda *_: (), _no_bundles))

    def refile(kept: Kept, chart: ChartId) -> None:
        """File something into a chart. Raises what the road refuses."""
        feed = told.get(kept.row.source)
        if feed is None:
            raise RefusedError("this folder is not configured any more", hint=f"see {FILE}")
        taker.refile(kept.raw, kept.row.media_type, chart, feed)

    return refile


def read_folder(told: FolderFeed, feeds: Feeds) -> Feed:
    """Say what a folder's files mean. Raises RefusedError for an issuer nobody knows."""
    issuers = Issuers(feeds.issuers)
    issuer = issuers.system(told.issuer, "")
    if not issuer:
        raise RefusedError(
            f"{FILE}: the issuer of {told.name} has no system", hint="name it under issuers"
        )
    return Feed(told.name, issuer, read_zone(told.zone), issuers)


def images_into(taker: Taker) -> Callable[[Iterable[Dropped], Feed], Iterator[Outcome]]:
    """Let DICOM files take their own road in."""

    def images(files: Iterable[Dropped], feed: Feed) -> Iterator[Outcome]:
        """Take files. Raises UnavailableError when one must come again."""
        for outcome in taker.take(_opened(files), Sender(feed.name, feed.issuer)):
            yield _outcome(outcome)

    return images


def bundles_into(house: House) -> Callable[[bytes, Feed], Outcome]:
    """Let FHIR take the road of `load`, under the folder's name."""

    def bundle(raw: bytes, feed: Feed) -> Outcome:
        """Take a bundle, NDJSON or a resource. Raises BadInputError, UnavailableError."""
        parsed = parse_bundle(as_bundle(unpack(raw)), feed.name)
        routed = route(parsed, f"folder {feed.name}", house)
        done = deposit_routed(Path(feed.name), routed, parsed.refusals, house)
        if done.charts:
            house.places.forget()
        if done.refusals:
            named = [
                " ".join(filter(None, (each.where, each.element or each.kind, each.message)))
                for each in done.refusals[:MOST_NAMED]
            ]
            more = len(done.refusals) - MOST_NAMED
            named += [f"and {more} more"] if more > 0 else []
            return Outcome(State.REFUSED, f"{done.new} taken; {'; '.join(named)}")
        return Outcome(State.TAKEN if done.new else State.BEFORE)

    return bundle


def _opened(files: Iterable[Dropped]) -> Iterator[File]:
    """Open files one after the other; a taker has read one when it asks for the next."""
    for file in files:
        with file.open() as reader:
            yield File(reader, file.name)


def _no_bundles(_raw: bytes, _feed: Feed) -> Outcome:
    raise BadInputError("FHIR is not taken from this folder", hint="bundles: true allows it")


def _outcome(imaged: Imaged) -> Outcome:
    if isinstance(imaged.error, UnavailableError):
        raise imaged.error
    return Outcome(_STATES[imaged.fate], "" if imaged.error is None else str(imaged.error))
