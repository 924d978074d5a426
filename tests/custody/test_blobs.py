"""Blobs on the road: kept with their entry or not at all, taken once, nothing left of the rest."""

from hashlib import sha256
from io import BytesIO

import pytest

from chartkeep.clinical.incoming import Bulk, Item
from chartkeep.clinical.ownership import Owner
from chartkeep.custody import sending
from chartkeep.custody.sending import send_blob
from chartkeep.errors import BadInputError, ConflictError, UnavailableError
from chartkeep.model import ChartId, Section
from tests.custody.images import LONG, SMALL, files, image, take
from tests.house import HouseRun, Meddling


@pytest.mark.parametrize("content", [b"", SMALL, LONG], ids=["empty", "small", "long"])
def test_an_image_sent_twice_is_kept_once(house: HouseRun, chart: ChartId, content: bytes) -> None:
    first = take(chart, house.engine, image(content))
    again = take(chart, house.join("engine"), image(content))
    assert [each.taken[0].before for each in (first, again)] == [False, True]
    assert len(files(house)) == 1


def test_other_bytes_under_the_same_key_are_refused(house: HouseRun, chart: ChartId) -> None:
    take(chart, house.engine, image(SMALL))
    with pytest.raises(ConflictError, match="came before under this key with other bytes"):
        take(chart, house.engine, image(LONG))
    assert len(files(house)) == 1


def test_what_is_sent_before_its_entry_is_known_is_kept_once(
    house: HouseRun, chart: ChartId
) -> None:
    for before in (False, True):
        sent = send_blob(BytesIO(LONG), chart, Section.IMAGING, house.engine)
        assert (sent.size, sent.digest) == (len(LONG), sha256(LONG).digest())
        receipt = take(chart, house.engine, image(LONG), sent=sent)
        assert receipt.taken[0].before is before
        assert len(files(house)) == 1


def test_a_stream_that_breaks_off_leaves_nothing(house: HouseRun, chart: ChartId) -> None:
    class Breaking(BytesIO):
        def read(self, most: int | None = -1, /) -> bytes:
            if self.tell() > 4 << 20:
                raise ConnectionError
            return super().read(most)

    with pytest.raises(ConnectionError):
        send_blob(Breaking(LONG * 3), chart, Section.IMAGING, house.engine)
    assert files(house) == []


def test_a_deposit_that_is_refused_leaves_nothing(house: HouseRun, chart: ChartId) -> None:
    sent = send_blob(BytesIO(LONG), chart, Section.IMAGING, house.engine)
    with pytest.raises(BadInputError, match="another chart or section"):
        take(chart, house.engine, image(LONG, section=Section.DOCUMENTS), sent=sent)
    assert files(house) == []


def test_an_upload_longer_than_its_lease_is_refused_and_nobody_is_alarmed(
    house: HouseRun, chart: ChartId
) -> None:
    sent = send_blob(BytesIO(LONG), chart, Section.IMAGING, house.engine)
    house.clock.move(hours=1)
    with pytest.raises(UnavailableError, match="longer than its key's lease"):
        take(chart, house.engine, image(LONG), sent=sent)
    assert files(house) == []
    assert house.store.alarms.sentences() == []


@pytest.mark.parametrize("content", [SMALL, LONG], ids=["small", "long"])
@pytest.mark.parametrize("more", [-1, 1])
def test_bytes_that_are_not_as_many_as_was_said_are_refused(
    house: HouseRun, chart: ChartId, content: bytes, more: int
) -> None:
    whole = image(content)
    lying = Item(
        whole.key, whole.kind, whole.raw, Owner(), whole.section, {}, (), frozenset(), None, "",
        blob=Bulk(len(content) + more, lambda: BytesIO(content)),
    )  # fmt: skip
    with pytest.raises(BadInputError, match="not as many bytes"):
        take(chart, house.engine, lying)
    assert files(house) == []


def test_two_senders_of_one_image_at_once_keep_it_once(house: HouseRun, chart: ChartId) -> None:
    """The other sender's commit lands between our question and our commit."""
    other, late = house.join("engine"), house.join("engine")
    sent = send_blob(BytesIO(LONG), chart, Section.IMAGING, late)

    def overtaken(commit, asked):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        take(chart, other, image(LONG))
        return commit(asked)

    late.store = Meddling(late.store, commit=overtaken)  # type: ignore[assignment]
    assert take(chart, late, image(LONG), sent=sent).taken[0].before
    assert len(files(house)) == 1


def test_many_small_images_in_one_parcel_travel_together(
    house: HouseRun, chart: ChartId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_BESIDE", 5 * len(SMALL))  # then the others go before it
    items = [image(SMALL + bytes([n]), f"1.2.{n}") for n in range(12)]
    assert not any(taken.before for taken in take(chart, house.engine, *items).taken)
    assert len(files(house)) == 12
    assert [path for path in files(house) if path.parent.name == "coming"] == []
