"""A listener of its own for each test, and peers that are not ours: `pynetdicom` as a client."""

import hashlib
import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pynetdicom import AE
from pynetdicom.association import Association

from chartkeep.imaging.dimse.committing import Committing
from chartkeep.imaging.dimse.listener import DimseListener, Place
from chartkeep.imaging.dimse.peers import Peer, Peers, Right
from chartkeep.imaging.dimse.service import Echo, Service
from chartkeep.imaging.dimse.storing import Sent, Storing

OURS = "CHARTKEEP"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
ELSEWHERE = (ipaddress.ip_network("10.9.8.0/24"),)
CT = Peer("CT1", LOOPBACK, frozenset({Right.STORE, Right.COMMIT}))
VIEWER = Peer("RAD1", LOOPBACK, frozenset({Right.FIND, Right.MOVE, Right.WORKLIST}))
FAR = Peer("MR9", ELSEWHERE, frozenset({Right.STORE}))


class Took:
    """Takes objects by reading them to their end."""

    def __init__(self) -> None:
        self.files: list[bytes] = []
        self.status = 0
        self.error: Exception | None = None

    def __call__(self, sent: Sent) -> int:
        if self.error is not None:
            raise self.error
        self.files.append(sent.stream.read())
        return self.status


class Site:
    """A listener for some peers, and what it told."""

    def __init__(self, peers: list[Peer], services: list[Service]) -> None:
        self.told: list[str] = []
        self.listener = DimseListener(
            Place("127.0.0.1", 0), Peers(OURS, peers), services, self.told.append
        )
        self.listener.start()

    @property
    def port(self) -> int:
        return self.listener.port

    @contextmanager
    def associated(
        self,
        *classes: str,
        calling: str = "CT1",
        called: str = OURS,
        syntaxes: list[str] | None = None,
        handlers: list[tuple[object, Callable[..., object]]] | None = None,
    ) -> Iterator[Association]:
        ae = AE(ae_title=calling)
        for each in classes:
            ae.add_requested_context(each, syntaxes or ["1.2.840.10008.1.2.1"])
        association = ae.associate(
            "127.0.0.1", self.port, ae_title=called, evt_handlers=handlers or []
        )
        try:
            yield association
        finally:
            if association.is_established:
                association.release()


class Taking(Site):
    """A site that takes objects by reading them, and commits to what is `there`."""

    def __init__(self) -> None:
        self.took = Took()
        self.there: set[str] = set()
        committing = Committing(lambda uids: [uid in self.there for uid in uids], OURS)
        super().__init__([CT, VIEWER, FAR], [Echo(), Storing(self.took), committing])


@pytest.fixture
def site() -> Iterator[Taking]:
    running = Taking()
    yield running
    running.listener.stop()


def image(number: int = 1) -> Dataset:
    """A small CT of its own UID."""
    found = dcmread(get_testdata_file("CT_small.dcm"))
    digest = int.from_bytes(hashlib.sha256(b"dimse %d" % number).digest()[:12], "big")
    found.SOPInstanceUID = found.file_meta.MediaStorageSOPInstanceUID = f"2.25.{digest}"
    return found
