"""Whatever somebody says to a listener: messages, or an error of ours."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.imaging.dimse.command import Command, Field, Tag, write_command
from chartkeep.imaging.dimse.negotiating import Proposal, write_request
from tests.imaging.dimse.associations import feed

pytestmark = pytest.mark.attack
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
HELLO = write_request("CT1", "CHARTKEEP", [Proposal(FIND, ("1.2.840.10008.1.2",))])


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxI", kind, len(body)) + body


def pdv(control: int, data: bytes) -> bytes:
    return struct.pack(">IBB", len(data) + 2, 1, control) + data


COMMAND = write_command(Command({Tag.FIELD: Field.FIND, Tag.MESSAGE: 1, Tag.DATA: 0}))
WHOLE = (
    pdu(1, HELLO) + pdu(4, pdv(3, COMMAND) + pdv(2, b"\x10\0\x20\0\2\0\0\0A ")) + pdu(5, bytes(4))
)


def test_a_whole_association_is_read_to_its_end() -> None:
    feed(WHOLE)


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    feed(data)


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=4))
def test_any_association_that_was_changed(at: int, other: bytes) -> None:
    feed(WHOLE[:at] + other + WHOLE[at + len(other) :])


@given(st.binary(max_size=60), st.integers(0, 7))
def test_any_pdu_after_a_good_beginning(body: bytes, kind: int) -> None:
    feed(pdu(1, HELLO) + pdu(kind, body))


@given(st.binary(max_size=200))
def test_any_identifier(data: bytes) -> None:
    feed(pdu(1, HELLO) + pdu(4, pdv(3, COMMAND) + pdv(2, data)))
