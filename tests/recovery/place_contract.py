"""What every place does, whichever it is: subclass it and give a fixture `place`.

class TestFolder(PlaceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return FolderPlace(tmp_path)
"""

import itertools
from collections.abc import Iterator
from hashlib import sha256

import pytest

from chartkeep.errors import (
    BadInputError,
    ConflictError,
    NotAllowedError,
    NotFoundError,
    UnavailableError,
)
from chartkeep.model import Millis
from chartkeep.recovery.place import Place

NOW = Millis(2_000_000_000_000)  # 2033: buckets refuse a retention that is over already
DAY = 86_400_000


def broken(parts: list[bytes]) -> Iterator[bytes]:
    """Parts whose source dies."""
    yield from parts
    raise UnavailableError("the source is gone")


class PlaceContract:
    def test_what_is_put_is_read_back_whole_and_in_pieces(self, place: Place) -> None:
        place.put("records/a", [b"one ", memoryview(b"two"), b""], NOW)
        assert place.read("records/a") == b"one two"
        assert place.read("records/a", 4) == b"two"
        assert place.read("records/a", 2, 3) == b"e t"
        assert (place.read("records/a", 5, 99), place.size("records/a")) == (b"wo", 7)

    def test_an_object_of_many_pieces_comes_back(self, place: Place) -> None:
        piece = bytes(range(256)) * 4096
        place.put("blobs/00/long", itertools.repeat(piece, 12), NOW)
        assert place.size("blobs/00/long") == 12 << 20
        assert place.read("blobs/00/long", (7 << 20) + 255, 2) == b"\xff\x00"

    def test_an_empty_object_is_an_object(self, place: Place) -> None:
        place.put("kit/none", [], NOW)
        assert (place.read("kit/none"), list(place.names())) == (b"", ["kit/none"])

    def test_the_same_bytes_again_are_fine_and_others_are_refused(self, place: Place) -> None:
        place.put("records/a", [b"one"], NOW)
        place.put("records/a", [b"o", b"ne"], NOW)
        for other in (b"two", b"on", b"one more", b""):
            with pytest.raises(ConflictError):
                place.put("records/a", [other], NOW)
        assert place.read("records/a") == b"one"

    def test_names_come_in_order_from_where_one_asks(self, place: Place) -> None:
        there = ["blobs/00/a", "blobs/00/b", "blobs/ff/a", "heads/records/1", "records/1-2"]
        for name in reversed(there):
            place.put(name, [name.encode()], NOW)
        assert list(place.names()) == there
        assert list(place.names("blobs/")) == there[:3]
        assert list(place.names("blobs/00/b")) == ["blobs/00/b"]
        assert list(place.names("rec")) == ["records/1-2"]
        assert [list(place.names(after=name)) for name in there] == [
            there[n + 1 :] for n in range(len(there))
        ]
        assert list(place.names("blobs/", "blobs/00/a")) == ["blobs/00/b", "blobs/ff/a"]
        assert list(place.names("none")) == []

    def test_what_breaks_off_has_no_name(self, place: Place) -> None:
        with pytest.raises(UnavailableError):
            place.put("records/a", broken([b"one"]), NOW)
        assert list(place.names()) == []
        place.put("records/a", [b"one"], NOW)

    @pytest.mark.attack
    def test_a_name_with_a_digest_is_the_name_of_its_bytes_alone(self, place: Place) -> None:
        name = f"blobs/aa/{sha256(b'one').hexdigest()}"
        with pytest.raises(BadInputError):
            place.put(name, [b"two"], NOW)
        assert list(place.names()) == []
        place.put(name, [b"one"], NOW)
        with pytest.raises((BadInputError, ConflictError)):
            place.put(name, [b"two"], NOW)
        assert place.read(name) == b"one"

    def test_what_is_not_there_is_not_found(self, place: Place) -> None:
        for ask in (place.read, place.size, place.until):
            with pytest.raises(NotFoundError):
                ask("records/a")
        with pytest.raises(NotFoundError):
            place.extend("records/a", NOW)
        place.expire("records/a", NOW)

    @pytest.mark.attack
    def test_nothing_expires_before_its_time_and_no_time_is_shortened(self, place: Place) -> None:
        place.put("records/a", [b"one"], NOW)
        place.extend("records/a", Millis(NOW - DAY))
        with pytest.raises(NotAllowedError):
            place.expire("records/a", Millis(NOW - 1))
        place.extend("records/a", Millis(NOW + DAY))
        assert place.until("records/a") == NOW + DAY
        with pytest.raises(NotAllowedError):
            place.expire("records/a", NOW)
        assert place.read("records/a") == b"one"

    @pytest.mark.attack
    @pytest.mark.parametrize(
        "name", ["", "/", "/etc/passwd", "../a", "a/../b", "a//b", ".coming/a", "a/", "A", "a\0b"]
    )
    def test_a_name_that_leads_elsewhere_is_refused(self, place: Place, name: str) -> None:
        with pytest.raises(BadInputError):
            place.put(name, [b"one"], NOW)
        with pytest.raises(BadInputError):
            place.read(name)
