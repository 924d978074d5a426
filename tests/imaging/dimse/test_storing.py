"""C-STORE: what came is what is taken, byte for byte; the answer is what became of it."""

import io
import resource
import struct
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import JPEG2000, ExplicitVRLittleEndian

from chartkeep.errors import ConflictError, NotAllowedError, UnavailableError
from chartkeep.imaging.dimse import association as protocol
from chartkeep.imaging.dimse import listener
from chartkeep.imaging.dimse.channel import MOST_PDU
from chartkeep.imaging.dimse.command import Command, Field, Tag, write_command
from chartkeep.imaging.dimse.negotiating import Proposal
from chartkeep.imaging.dimse.peers import Peer
from chartkeep.imaging.dimse.requesting import associated
from tests.imaging.dimse.conftest import CT, LOOPBACK, OURS, Taking, image

CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
MAKERS_OWN = "1.3.12.2.1107.5.9.1"


def us(site: Taking) -> Peer:
    """This site as a peer we can send to."""
    return Peer(OURS, LOOPBACK, frozenset(), "", "127.0.0.1", site.port)


def store(instance: str, kind: str = CT_CLASS) -> Command:
    return Command(
        {
            Tag.FIELD: Field.STORE,
            Tag.MESSAGE: 1,
            Tag.PRIORITY: 0,
            Tag.DATA: 0,
            Tag.AFFECTED_CLASS: kind,
            Tag.AFFECTED_INSTANCE: instance,
        }
    )


def test_an_object_is_taken_as_a_file_that_says_the_same(site: Taking) -> None:
    sent = image()
    with site.associated(CT_CLASS) as association:
        assert association.send_c_store(sent).Status == 0
    (raw,) = site.took.files
    taken = dcmread(io.BytesIO(raw))
    assert taken == sent
    assert taken.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert taken.file_meta.MediaStorageSOPInstanceUID == sent.SOPInstanceUID


def test_the_same_object_sent_again_is_the_same_file(site: Taking) -> None:
    for _ in range(2):
        with site.associated(CT_CLASS) as association:
            association.send_c_store(image())
    first, second = site.took.files
    assert first == second


def test_what_is_compressed_stays_as_it_is(site: Taking) -> None:
    sent = dcmread(get_testdata_file("JPEG2000.dcm"))
    with site.associated(sent.SOPClassUID, syntaxes=[JPEG2000]) as association:
        assert association.send_c_store(sent).Status == 0
    taken = dcmread(io.BytesIO(site.took.files[0]))
    assert taken.PixelData == sent.PixelData
    assert taken.file_meta.TransferSyntaxUID == JPEG2000


def test_a_data_set_passes_in_pieces_of_any_size_byte_for_byte(site: Taking) -> None:
    data = bytes(range(256)) * 2_000
    for size in (1, 999, MOST_PDU, len(data)):
        pieces = [data[at : at + size] for at in range(0, 3_000 if size == 1 else len(data), size)]
        proposals = [Proposal(MAKERS_OWN, ("1.2.840.10008.1.2.1",))]
        with associated("CT1", us(site), proposals, None) as association:
            context = association.contexts[1]
            association.send(context, store("1.2.3", MAKERS_OWN), pieces)
            answer = association.receive()
        assert answer is not None
        assert answer.command.number(Tag.STATUS) == 0
        assert site.took.files.pop().endswith(b"".join(pieces))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnavailableError("the store is away"), 0xA700),
        (NotAllowedError("not this one"), 0x0124),
        (ConflictError("came before"), 0x0111),
    ],
)
def test_an_error_is_a_status_and_the_next_object_is_taken(
    site: Taking, error: Exception, status: int
) -> None:
    with site.associated(CT_CLASS) as association:
        site.took.error = error
        assert association.send_c_store(image(1)).Status == status
        site.took.error = None
        assert association.send_c_store(image(2)).Status == 0
    assert len(site.took.files) == 1


@pytest.mark.attack
def test_an_object_without_a_uid_or_of_another_class_is_refused(site: Taking) -> None:
    proposals = [Proposal(CT_CLASS, ("1.2.840.10008.1.2.1",))]
    with associated("CT1", us(site), proposals, None) as association:
        for command, status in (
            (store("1.2.3", MAKERS_OWN), 0xA900),
            (store("../../etc"), 0xC000),
            (store("1" * 65), 0xC000),
        ):
            association.send(association.contexts[1], command, [b"x" * 100])
            answer = association.receive()
            assert answer is not None
            assert answer.command.number(Tag.STATUS) == status
    assert not site.took.files


@pytest.mark.attack
def test_an_object_that_breaks_off_is_not_there(site: Taking) -> None:
    with associated(
        "CT1", us(site), [Proposal(CT_CLASS, ("1.2.840.10008.1.2.1",))], None
    ) as association:
        raw = write_command(store("1.2.3"))
        association._put(association.contexts[1], 3, memoryview(raw))
        association._put(association.contexts[1], 0, memoryview(b"x" * 5_000))
        association._channel._sock.close()
    site.listener.stop()
    assert not site.took.files


@pytest.mark.attack
def test_a_command_within_a_data_set_ends_the_association(site: Taking) -> None:
    proposals = [Proposal(CT_CLASS, ("1.2.840.10008.1.2.1",))]
    with associated("CT1", us(site), proposals, None) as association:
        raw = memoryview(write_command(store("1.2.3")))
        association._put(association.contexts[1], 3, raw)
        association._put(association.contexts[1], 3, raw)
        with pytest.raises(UnavailableError):
            association.receive()
    assert not site.took.files


@pytest.mark.attack
def test_a_long_object_passes_in_little_memory(site: Taking) -> None:
    seen = 0

    def take(sent: object) -> int:
        nonlocal seen
        while data := sent.stream.read(65_536):  # type: ignore[attr-defined]
            seen += len(data)
        return 0

    site.listener._services[1]._take = take  # type: ignore[attr-defined]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with associated(
        "CT1", us(site), [Proposal(CT_CLASS, ("1.2.840.10008.1.2.1",))], None
    ) as association:
        piece = bytes(1 << 17)
        association.send(association.contexts[1], store("1.2.3"), (piece for _ in range(1_000)))
        assert association.is_heard(Field.STORE)
    assert seen > 131_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


@pytest.mark.peer
def test_dcmtk_stores_a_folder_and_echoes(site: Taking, tmp_path: Path) -> None:
    for number in range(3):
        image(number).save_as(tmp_path / f"{number}.dcm")
    at = ["-aet", CT.aet, "-aec", OURS, "127.0.0.1", str(site.port)]
    subprocess.run(["echoscu", *at], check=True, timeout=30)
    subprocess.run(["storescu", *at, "+sd", str(tmp_path)], check=True, timeout=30)
    assert len(site.took.files) == 3
    assert struct.unpack("<H", site.took.files[0][142:144])


def test_we_are_told_when_a_peer_is_not_there(site: Taking) -> None:
    gone = us(site)
    site.listener.stop()
    with pytest.raises(UnavailableError), associated("CT1", gone, [], None):
        pass


@pytest.mark.attack
def test_a_data_set_without_an_end_ends_the_association(
    site: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "MOST_OBJECT", 1 << 20)
    proposals = [Proposal(CT_CLASS, ("1.2.840.10008.1.2.1",))]
    piece = bytes(1 << 16)
    pieces = (piece for _ in range(1_000))
    with (
        suppress(UnavailableError),
        associated("CT1", us(site), proposals, None) as association,
    ):
        association.send(association.contexts[1], store("1.2.3"), pieces)
        assert not association.is_heard(Field.STORE)
    site.listener.stop()
    assert not site.took.files
    assert any("longer than any" in line for line in site.told)


@pytest.mark.attack
def test_who_sends_half_a_pdu_is_given_up_while_others_are_served(
    site: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "PATIENCE", 0.3)
    proposals = [Proposal(CT_CLASS, ("1.2.840.10008.1.2.1",))]
    with associated("CT1", us(site), proposals, None) as slow:
        slow._put(slow.contexts[1], 3, memoryview(write_command(store("1.2.3"))))
        slow._channel._sock.sendall(b"\4\0\0\1\0\0 and then nothing")
        with site.associated(CT_CLASS) as other:
            assert other.send_c_store(image()).Status == 0
        with suppress(ConnectionError):  # when it was given up
            for _ in range(1_200):
                slow._channel._sock.sendall(b"x")
                time.sleep(0.05)
                if any("too long" in line for line in site.told):
                    break
        with pytest.raises(UnavailableError):
            slow.receive()
    assert len(site.took.files) == 1
