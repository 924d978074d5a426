"""Make a ward's pack: ask who lies there, open each chart, fill the sheets.

The reason of every opening names the pack, so the ledger's lines are its manifest: which charts,
which sections, when, under which grant (`manifest`). A pack that is begun and breaks off was opened
all the same, and its lines say so.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from chartkeep.clinical.face import LINK_KIND, Place, read_link
from chartkeep.clinical.sections import SECTIONS
from chartkeep.continuity.filling.chart import Given
from chartkeep.continuity.filling.fill import Bedside, fill_sheet
from chartkeep.continuity.forms import FormKind
from chartkeep.continuity.registry import issue_forms
from chartkeep.continuity.sheet import PatientSheet
from chartkeep.continuity.ward import WardPack
from chartkeep.custody.house import House
from chartkeep.custody.inpatients import open_inpatients
from chartkeep.custody.names import logical_id
from chartkeep.custody.paper import PACK_REASON
from chartkeep.custody.release import Face, Look, Opened, face_of
from chartkeep.custody.sheet_marks import SheetMarks
from chartkeep.custody.ward import natural
from chartkeep.errors import RefusedError
from chartkeep.ledger.line import mask_sections
from chartkeep.model import ChartId, Millis, Purpose, to_text
from chartkeep.sealing.keys import fresh_id
from chartkeep.sealing.pack import WardKey, decode_ward_key

REASON = PACK_REASON


class Order(NamedTuple):
    """Which ward's pack to make, under which grant, good for how long (ms), with which forms.

    `facility` is what the house is called.
    """

    ward: str
    grant: bytes
    life: int
    forms: Mapping[FormKind, int]
    facility: str


class Made(NamedTuple):
    """A pack, the key to seal it under, and its id."""

    pack: WardPack
    key: WardKey
    ident: bytes


def make_pack(order: Order, token: bytes, house: House) -> Made:
    """Make a ward's pack as of now.

    Raises what the keyholder refuses with, and RefusedError when nobody's chart opened though
    somebody lies there: an empty pack must not take the place of a full one.
    """
    began = house.clock()
    terms = house.keyholder.pack_ward(token, order.grant, order.ward)
    ident = fresh_id()
    look = Look(
        token, frozenset(mask_sections(terms.sections)), Purpose.TREATMENT,
        f"{REASON}{to_text(ident)}", order.grant,
    )  # fmt: skip
    beds = {ChartId(each.chart): each.bed for each in terms.inpatients}
    sheets = sorted(_sheets(beds, look, house, began), key=lambda each: natural(each.bed))
    marks = SheetMarks.of_house(house)
    sheets = [replace(each, mark=marks.number(ident, at)) for at, each in enumerate(sheets)]
    if beds and not sheets:
        raise RefusedError("no chart of this ward opened", hint="see the ledger for why")
    expires = Millis(began + order.life)
    forms = (
        issue_forms(to_text(ident), order.ward, order.forms, expires, house) if order.forms else ()
    )
    pack = WardPack(
        pack=to_text(ident),
        ward=order.ward,
        facility=to_text(house.facility),
        name=order.facility,
        data_time=began,
        made=house.clock(),
        expires=expires,
        sheets=sheets,
        forms=forms,
        unopened=len(beds) - len(sheets),
    )
    return Made(pack, decode_ward_key(terms.key), ident)


def _sheets(
    beds: Mapping[ChartId, str], look: Look, house: House, now: Millis
) -> Iterator[PatientSheet]:
    for chart, opened in open_inpatients(list(beds), look, house):
        face = face_of(chart, opened.entries) if opened else None
        if opened and face:
            yield sheet_of(opened, face, beds[chart], now)


def sheet_of(opened: Opened, face: Face, bed: str, now: Millis) -> PatientSheet:
    """Fill the sheet of one opened chart. The census says the bed, the face since when."""
    place = face.place or Place()
    merged = sum(
        bool(read_link(each.raw).replaces)
        for each in opened.entries
        if each.header.kind == LINK_KIND
    )
    bedside = Bedside(
        to_text(opened.chart), f"Patient/{face.ident}", face.person, bed, place.since,
        Millis(max(each.header.time for each in opened.entries)), len(opened.damaged), merged,
    )  # fmt: skip
    return fill_sheet(bedside, _resources(opened, face), now)


def _resources(opened: Opened, face: Face) -> Iterator[Given]:
    for each in opened.entries:
        kind = each.header.kind
        if kind not in SECTIONS or not each.raw:  # a part of the face; a resource that was deleted
            continue
        own = logical_id(each.envelope, kind, each.header.entry_id)
        ident = face.ident if kind == "Patient" else own
        yield Given(f"{kind}/{ident}", each.raw, each.envelope.links)
