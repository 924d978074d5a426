"""Peers as feeds.json names them."""

from pathlib import Path

import msgspec
import pytest

from chartkeep.clinical.issuers import Issuers
from chartkeep.errors import RefusedError
from chartkeep.imaging.dimse.peers import Right
from chartkeep.wiring.feeds import DimseFeed
from chartkeep.wiring.modalities import read_peers
from chartkeep.wiring.querying import key_reader

ISSUERS = Issuers({"MINATO": "http://minato.example/mrn"})


def feed(**changed: object) -> DimseFeed:
    peer = {"aet": "CT1", "from": ["10.2.0.0/24"], "may": ["store"], "issuer": "MINATO", **changed}
    return msgspec.convert({"aet": "CHARTKEEP", "peers": [peer]}, DimseFeed)


def test_a_peer_is_what_feeds_json_says() -> None:
    peers = read_peers(feed(address="10.2.0.7", port=104, certificate="ct1.minato"), ISSUERS)
    peer = peers.admit("CT1", "CHARTKEEP", "10.2.0.9", frozenset({"ct1.minato"}))
    assert (peer.issuer, peer.may) == ("http://minato.example/mrn", {Right.STORE})
    assert (peers.find("CT1").address, peers.find("CT1").port) == ("10.2.0.7", 104)


def test_a_peer_of_an_issuer_nobody_knows_is_refused() -> None:
    with pytest.raises(RefusedError, match="issuer of CT1"):
        read_peers(feed(issuer="NOBODY"), ISSUERS)


@pytest.mark.attack
@pytest.mark.parametrize("title", ["../CT1", "CT1", "a/b"])
def test_a_title_leads_to_its_own_key_and_to_no_other_file(tmp_path: Path, title: str) -> None:
    class Here:
        root = tmp_path

    (tmp_path / "CT1.key").write_bytes(b"of somebody else")
    with pytest.raises(RefusedError):
        key_reader(Here())(title)  # type: ignore[arg-type]  # of which it needs the root alone
