"""Associations in TLS: a title counts only with the certificate that carries it."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartkeep.errors import RefusedError, UnavailableError
from chartkeep.imaging.dimse.command import NO_DATA, Command, Field, Tag
from chartkeep.imaging.dimse.listener import DimseListener, Place
from chartkeep.imaging.dimse.negotiating import Proposal
from chartkeep.imaging.dimse.peers import Peer, Peers
from chartkeep.imaging.dimse.requesting import associated
from chartkeep.imaging.dimse.service import Echo
from tests.imaging.dimse.conftest import CT, LOOPBACK, OURS, VIEWER
from tests.wire.certificates import Authority

ECHO = "1.2.840.10008.1.1"
PROPOSALS = [Proposal(ECHO, ("1.2.840.10008.1.2",))]
SERVER, CLIENT = ssl.Purpose.CLIENT_AUTH, ssl.Purpose.SERVER_AUTH


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "hospital")


def context(authority: Authority, purpose: ssl.Purpose, name: str) -> ssl.SSLContext:
    made = authority.context(purpose, name=name)
    made.check_hostname = False
    return made


@pytest.fixture
def listener(authority: Authority) -> Iterator[DimseListener]:
    place = Place("127.0.0.1", 0, context(authority, SERVER, OURS))
    made = DimseListener(place, Peers(OURS, [CT, VIEWER]), [Echo()], lambda _: None)
    made.start()
    yield made
    made.stop()


def test_a_peer_with_its_own_certificate_echoes(
    listener: DimseListener, authority: Authority
) -> None:
    us = Peer(OURS, LOOPBACK, frozenset(), "", "127.0.0.1", listener.port)
    with associated("CT1", us, PROPOSALS, context(authority, CLIENT, "CT1")) as association:
        command = Command({Tag.FIELD: Field.ECHO, Tag.MESSAGE: 1, Tag.DATA: NO_DATA})
        association.send(association.contexts[1], command)
        assert association.is_heard(Field.ECHO)


@pytest.mark.attack
def test_a_title_said_with_the_certificate_of_another_is_rejected(
    listener: DimseListener, authority: Authority
) -> None:
    us = Peer(OURS, LOOPBACK, frozenset(), "", "127.0.0.1", listener.port)
    tls = context(authority, CLIENT, "RAD1")
    with pytest.raises(RefusedError, match="rejects"), associated("CT1", us, PROPOSALS, tls):
        pass


@pytest.mark.attack
def test_a_certificate_of_another_authority_and_no_tls_at_all_are_not_heard(
    listener: DimseListener, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    us = Peer(OURS, LOOPBACK, frozenset(), "", "127.0.0.1", listener.port)
    forged = stranger.context(CLIENT, authority, name="CT1")
    forged.check_hostname = False
    for tls in (forged, None):
        with pytest.raises(UnavailableError), associated("CT1", us, PROPOSALS, tls):
            pass
    test_a_peer_with_its_own_certificate_echoes(listener, authority)


@pytest.mark.attack
def test_we_send_nothing_to_who_cannot_prove_the_title_we_call(
    listener: DimseListener, authority: Authority
) -> None:
    tls = context(authority, CLIENT, "CT1")
    ours = Peer(OURS, LOOPBACK, frozenset(), "", "127.0.0.1", listener.port)
    with associated("CT1", ours, PROPOSALS, tls) as association:
        assert association.contexts
    false = ours._replace(aet="PACS2")
    with (
        pytest.raises(UnavailableError, match="another peer"),
        associated("CT1", false, PROPOSALS, tls),
    ):
        pass
