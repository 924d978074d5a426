"""Images with invented bytes, for tests of the road blobs take."""

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec

from chartkeep.clinical.incoming import Bulk, Item
from chartkeep.clinical.ownership import Owner
from chartkeep.custody.deposit import Parcel, Receipt, deposit
from chartkeep.custody.house import House
from chartkeep.custody.sending import SentBlob
from chartkeep.model import ChartId, Section
from tests.house import HouseRun

SMALL, LONG = b"CT slice " * 4_000, b"cine loop " * 300_000


def image(content: bytes, key: str = "1.2.3", section: Section = Section.IMAGING) -> Item:
    raw = b"CKI1" + msgspec.msgpack.encode([*[b""] * 7, sha256(content).digest()])
    bulk = Bulk(len(content), lambda: BytesIO(content))
    return Item(
        key, "DicomInstance", raw, Owner(), section, {}, (), frozenset(), None, key, blob=bulk
    )


def take(chart: ChartId, house: House, *items: Item, **sent: SentBlob) -> Receipt:
    ids = [house.entry_id("dicom", item.key) for item in items]
    by_key = {item.key: sent["sent"] for item in items} if sent else {}
    return deposit(Parcel(chart, "dicom", items, ids, [{}] * len(items), sent=by_key), house)


def files(house: HouseRun) -> list[Path]:
    return house.blob_files()
