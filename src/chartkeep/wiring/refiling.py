"""What a registrar files from the inbox goes the road of its own door: joined here, by its name."""

from collections.abc import Mapping
from functools import partial

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.clearing import Kept, Refile
from chartkeep.custody.house import House
from chartkeep.errors import RefusedError
from chartkeep.imaging import taking as dicom
from chartkeep.intake.folders import taking as folders
from chartkeep.intake.hl7 import taking as hl7
from chartkeep.intake.hl7.case import Sender
from chartkeep.model import ChartId
from chartkeep.wiring.feeds import FILE, Feeds, read_feeds
from chartkeep.wiring.folders import folder_refile
from chartkeep.wiring.home import Home
from chartkeep.wiring.intaking import mllp_sender


def refiles(home: Home, house: House) -> Mapping[str, Refile]:
    """Give the road of each door whose things a person can file. Raises RefusedError."""
    feeds = read_feeds(home.root)
    messages = hl7.Taker(house)
    return {
        dicom.DOOR: dicom.Taker(house, Issuers(feeds.issuers)).refile,
        hl7.DOOR: partial(_refile_message, messages, feeds),
        folders.DOOR: folder_refile(feeds, house),
    }


def _refile_message(taker: hl7.Taker, feeds: Feeds, kept: Kept, chart: ChartId) -> None:
    taker.refile(kept.raw, chart, _sender(feeds, kept.row.source))


def _sender(feeds: Feeds, name: str) -> Sender:
    """Say what a feed's messages mean: as it is configured now."""
    feed = next((each for each in feeds.mllp if each.name == name), None)
    if feed is None:
        raise RefusedError(f"{FILE} names no feed {name} any more", hint="name it to file this")
    return mllp_sender(feeds, feed)
