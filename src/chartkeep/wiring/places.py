"""Places from the text people write: a folder, a bucket.

    folder:/srv/vault
    s3://bucket/prefix/?endpoint=https://s3.example.org&region=eu-west-1&keys=/etc/chartkeep/s3.keys

`keys` names a file with the access key and the secret key, each on a line, which nobody else may
read; without it they are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment. More:
`authority=` (a file of certificates), `cluster=` (a host whose own ports are tried too).
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from chartkeep.errors import BadInputError, UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.place import Place
from chartkeep.recovery.probing.certificate import Certificate
from chartkeep.recovery.probing.folder import probe_folder
from chartkeep.recovery.probing.probed import ProbedPlace

if TYPE_CHECKING:
    from chartkeep.recovery.bucket import BucketAddress
    from chartkeep.recovery.s3 import S3Place

Alarm = Callable[[str], None]

BEGUN: Final = "begun/"
"""Under it stands, in a place, whose vault it was first."""
_ASKED: Final = {"endpoint", "region", "keys", "authority", "cluster"}
_AWS: Final = "https://s3.{region}.amazonaws.com"


def open_place(
    text: str, clock: Callable[[], Millis], alarm: Alarm, certificates: Path | None = None
) -> ProbedPlace:
    """Open a place to write to; it takes nothing before it is probed (`tend`, `renew`).

    `certificates`: the folder where its certificate is kept. Raises BadInputError.
    """
    kept = None
    if certificates is not None:
        certificates.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = certificates / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    kind, _, rest = text.partition(":")
    if kind == "folder" and rest:
        root = Path(rest)
        folder = FolderPlace(root, immutable=True)
        return ProbedPlace(folder, lambda _: probe_folder(root, folder, clock()), clock, kept)
    if kind == "s3":
        return _open_bucket(text, clock, alarm, kept)
    raise BadInputError("this is no place to keep anything", hint="folder:/path or s3://bucket?…")


def check_place(text: str) -> None:
    """Refuse a text that names no place, before anything depends on it. Raises BadInputError."""
    kind, _, rest = text.partition(":")
    if kind == "s3":
        read_address(text)
    elif kind != "folder" or not Path(rest).is_absolute():
        raise BadInputError(
            f"this is no place to keep anything: {text}",
            hint="folder:/an/absolute/path or s3://bucket?endpoint=https://…",
        )


def check_begun(place: Place, text: str, kept: Path) -> None:
    """Refuse a place that has none of what a vault kept there: it would begin anew, unheard.

    Raises UnavailableError.
    """
    mark = _begun(kept, text)
    if mark.exists() and next(place.names(BEGUN), None) is None:
        raise UnavailableError(
            f"{text} has nothing of what this vault kept there",
            hint=f"is it mounted? if it is lost for good, remove {mark}, and it begins anew",
        )


def begin_place(place: Place, text: str, kept: Path, facility: str, until: Millis) -> None:
    """Mark a place as this vault's, here and there. Raises what `put` raises."""
    mark = _begun(kept, text)
    if mark.exists():
        return
    raw = facility.encode()
    place.put(f"{BEGUN}{hashlib.sha256(raw).hexdigest()}", [raw], until)
    mark.touch(mode=0o600)


def _begun(kept: Path, text: str) -> Path:
    return kept / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.begun"


def open_bucket(text: str, alarm: Alarm) -> "S3Place":
    """Open a bucket as a place nobody probed: to read from. Raises BadInputError."""
    try:
        from chartkeep.recovery.bucket import Bucket  # noqa: PLC0415 - an optional dependency
        from chartkeep.recovery.s3 import S3Place  # noqa: PLC0415 - same
    except ImportError as error:
        raise UnavailableError(
            "support for buckets is not installed", hint="install chartkeep[s3]"
        ) from error
    return S3Place(Bucket(read_address(text)[0]), alarm)


def _open_bucket(
    text: str, clock: Callable[[], Millis], alarm: Alarm, kept: Path | None
) -> ProbedPlace:
    place = open_bucket(text, alarm)
    from chartkeep.recovery.probing.bucket import probe_bucket  # noqa: PLC0415 - it is installed
    from chartkeep.recovery.probing.doors import doors_of, guess_doors  # noqa: PLC0415 - same

    address, cluster = read_address(text)
    doors = doors_of(cluster) if cluster else guess_doors(address)

    def probe(before: Certificate | None) -> Certificate:
        return probe_bucket(place.bucket, clock(), before, doors)

    return ProbedPlace(place, probe, clock, kept)


def read_address(text: str) -> "tuple[BucketAddress, str]":
    """Read a bucket's address; gives the host whose own ports are to be tried, too, if named."""
    from chartkeep.recovery.bucket import BucketAddress  # noqa: PLC0415 - an optional dependency

    url = urlsplit(text)
    asked = dict(parse_qsl(url.query))
    if not url.netloc or asked.keys() - _ASKED:
        raise BadInputError("this is no address of a bucket", hint="s3://bucket?endpoint=https://…")
    prefix = url.path.strip("/")
    region = asked.get("region", "us-east-1")
    access, secret = _keys(asked.get("keys", ""))
    address = BucketAddress(
        bucket=url.netloc,
        endpoint=asked.get("endpoint", _AWS.format(region=region)).rstrip("/"),
        access_key=access,
        secret_key=secret,
        region=region,
        prefix=f"{prefix}/" if prefix else "",
        authority=Path(asked["authority"]) if "authority" in asked else None,
    )
    return address, asked.get("cluster", "")


def _keys(path: str) -> tuple[str, str]:
    if not path:
        try:
            return os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
        except KeyError as error:
            raise BadInputError(
                "no keys to sign with", hint="add keys=FILE: access key and secret key, a line each"
            ) from error
    if Path(path).stat().st_mode & 0o077:
        raise BadInputError("others may read the bucket's keys", hint=f"chmod 600 {path}")
    lines = Path(path).read_text().split()
    if len(lines) != 2:
        raise BadInputError("this file holds no pair of keys", hint="access key and secret key")
    return lines[0], lines[1]
