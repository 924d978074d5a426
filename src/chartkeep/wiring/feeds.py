"""`feeds.json`: what a house listens to besides HTTP, each with the addresses it may come from.

    {"issuers": {"MINATO": "http://minato.example/mrn"},
     "mllp": [{"name": "his", "port": 2575, "from": ["10.1.0.0/16"], "issuer": "MINATO"}]}

docs/feeds.md has a line for each field. A field it does not know, two feeds of one name and two
listeners at one port are refused: a feed nobody meant must not begin to listen.
"""

import ipaddress
from collections import Counter
from datetime import UTC, tzinfo
from itertools import permutations
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from chartkeep.errors import RefusedError

FILE = "feeds.json"
LOOPBACK = "127.0.0.1"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_Name = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{1,64}$")]
_Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
_AET = Annotated[str, msgspec.Meta(pattern=r"^[!-\[\]-~]{1,16}$")]
_Text = Annotated[str, msgspec.Meta(max_length=1_000)]
_Origin = Annotated[str, msgspec.Meta(pattern=r"^https?://[a-zA-Z0-9.-]{1,255}(:[0-9]{1,5})?$")]
_Sources = Annotated[list[_Text], msgspec.Meta(min_length=1, max_length=1_000)]


_FROM = {"sources": "from"}


class MllpFeed(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"sources": "from"},
    kw_only=True,
):
    """A listener for HL7 v2 over MLLP.

    `sources`: networks it takes connections from. `issuer`: who gave out numbers whose assigning
    authority the sender leaves empty. `zone`: of its times that name none (`Asia/Tokyo`), this
    machine's if empty. `certificate`: the name in its certificate, with `tls`. `place`: whether
    its ADT says where patients lie.
    """

    name: _Name
    port: _Port
    sources: _Sources
    issuer: _Text
    address: _Text = LOOPBACK
    zone: _Text = ""
    tls: bool = False
    certificate: _Text = ""
    place: bool = False


class DimsePeer(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"sources": "from"},
    kw_only=True,
):
    """A registered application entity; `address` and `port` say where it is sent things.

    `certificate`: the name its certificate carries, where that is not its title.
    """

    aet: _AET
    sources: _Sources
    may: list[Literal["store", "find", "move", "worklist", "commit"]]
    issuer: _Text
    address: _Text = ""
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    certificate: _Text = ""


class DimseFeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """DICOM associations: `store_port` is where `intake` takes, `port` where `query` answers."""

    aet: _AET
    peers: list[DimsePeer]
    address: _Text = LOOPBACK
    port: _Port = 11_112
    store_port: _Port = 11_113
    tls: bool = False


class FolderFeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A watched folder; `pattern` says how a file name tells whose it is.

    `zone`: of times in its files that name none, this machine's if empty. `keep`: what was taken
    is moved to `done` and not deleted. `bundles`: FHIR is taken too, which may change any chart.
    """

    name: _Name
    path: _Text
    issuer: _Text
    pattern: _Text = ""
    zone: _Text = ""
    keep: bool = False
    bundles: bool = False


class DicomWeb(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What comes over DICOMweb: who gave out numbers without an issuer, `viewers` at other origins.

    An origin is written as a browser does: `https://viewer.minato.example`.
    """

    issuer: _Text = ""
    viewers: list[_Origin] = []


class Feeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that is configured; `issuers` gives a number's authority its system."""

    issuers: dict[str, _Text] = {}
    mllp: list[MllpFeed] = []
    dimse: DimseFeed | None = None
    folders: list[FolderFeed] = []
    dicomweb: DicomWeb = DicomWeb()


_decode = msgspec.json.Decoder(Feeds).decode


def read_feeds(root: Path) -> Feeds:
    """Read a house's feeds; without a file there are none. Raises RefusedError."""
    try:
        raw = (root / FILE).read_bytes()
    except FileNotFoundError:
        return Feeds()
    try:
        feeds = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RefusedError(f"{FILE} is not right: {error}", hint="see docs/feeds.md") from error
    _check(feeds)
    return feeds


def networks(sources: list[str]) -> list[Network]:
    """Read the networks connections may come from. Raises RefusedError for one that is none."""
    try:
        return [ipaddress.ip_network(source) for source in sources]
    except ValueError as error:
        raise RefusedError(
            f"{FILE} names a network that is none", hint="write 10.1.2.0/24, or one address"
        ) from error


def read_zone(name: str) -> tzinfo:
    """Give a time zone; this machine's for no name. Raises RefusedError for one nobody knows."""
    try:
        return ZoneInfo(name) if name else ZoneInfo("localtime")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        if not name:
            return UTC
        raise RefusedError(
            f"{FILE} names a time zone nobody knows", hint="write Asia/Tokyo"
        ) from error


def _check(feeds: Feeds) -> None:
    names = Counter([each.name for each in feeds.mllp] + [each.name for each in feeds.folders])
    listening = [(each.address, each.port) for each in feeds.mllp]
    dimse = feeds.dimse
    if dimse is not None:
        listening += [(dimse.address, dimse.port), (dimse.address, dimse.store_port)]
        names.update(f"the peer {peer.aet}" for peer in dimse.peers)
    for name, count in names.items():
        if count > 1:
            raise RefusedError(f"{FILE} has {name} twice", hint="give each a name of its own")
    paths = [Path(each.path).absolute() for each in feeds.folders]
    if any(one in (other, *other.parents) for one, other in permutations(paths, 2)):
        raise RefusedError(f"{FILE} has a folder twice, or in another", hint="watch it once")
    if len(set(listening)) < len(listening):
        raise RefusedError(f"{FILE} has two listeners at one port", hint="move one of them")
    for feed in feeds.mllp:
        read_zone(feed.zone)
        if feed.tls != bool(feed.certificate):
            raise RefusedError(
                f"{FILE}: tls and certificate of {feed.name} come together",
                hint="name what the sender's certificate is made out to",
            )
    _check_sealed(feeds)


def _check_sealed(feeds: Feeds) -> None:
    """Refuse to take what comes in clear from anywhere: the least is a list of networks."""
    told = [(each.sources, each.tls) for each in feeds.mllp]
    if feeds.dimse is not None:
        told += [(peer.sources, feeds.dimse.tls) for peer in feeds.dimse.peers]
    for sources, tls in told:
        if any(network.prefixlen == 0 for network in networks(sources)) and not tls:
            raise RefusedError(
                f"{FILE} lets anybody send in clear", hint="name the senders' networks, or use tls"
            )
