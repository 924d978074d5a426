"""A bucket of an S3 server: its address, its two clients, and their errors turned into ours.

`obstore` carries the bytes (a fifth of boto3's processor time) and knows nothing of retention,
versions or buckets, which boto3 administers. Both are the extra `s3`; `wiring.places` says so
where they are missing. Every call is bounded in time: a server that hangs is UnavailableError.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from chartkeep.errors import NotAllowedError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from obstore.store import ClientConfig  # there for type checkers alone

CONNECT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 30
TRIES: Final = 3
_DENIED: Final = {401, 403}
_opening = threading.Lock()


@dataclass(frozen=True)
class BucketAddress:
    """Where a bucket is and what a client signs with.

    `prefix` is empty or ends with `/`. `authority` is a file of certificates, for a server whose
    certificate no public authority signed.
    """

    bucket: str
    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    prefix: str = ""
    authority: Path | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}?endpoint={self.endpoint}"


class Bucket:
    """A bucket with both clients open; it may be used from many threads."""

    def __init__(self, address: BucketAddress) -> None:
        self.address = address
        self.admin = _admin(address)
        self.data = _data(address)

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self.address.bucket


def _admin(address: BucketAddress) -> Any:
    """Open boto3's client: no checksums of its own invention, which old servers do not know."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _opening:
        return _session().client(
            "s3",
            endpoint_url=address.endpoint,
            region_name=address.region,
            aws_access_key_id=address.access_key,
            aws_secret_access_key=address.secret_key,
            verify=str(address.authority) if address.authority else None,
            config=config,
        )


@cache
def _session() -> Any:
    """Give the one session: it reads the descriptions of S3 once, a third of a second of work."""
    return boto3.session.Session()


def _data(address: BucketAddress) -> S3Store:
    options: ClientConfig = {
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "timeout": timedelta(seconds=ANSWER_SECONDS),
        "allow_http": address.endpoint.startswith("http://"),
    }
    if address.authority:
        options["root_certificate"] = address.authority.read_bytes()
    return S3Store(
        address.bucket,
        endpoint=address.endpoint,
        region=address.region,
        access_key_id=address.access_key,
        secret_access_key=address.secret_key,
        virtual_hosted_style_request=False,
        checksum_algorithm="SHA256",  # so that no byte changes on the way unseen
        client_options=options,
        retry_config={
            "max_retries": TRIES - 1,
            "retry_timeout": timedelta(seconds=ANSWER_SECONDS),
        },
    )


@contextmanager
def s3_errors() -> Iterator[None]:
    """Turn both clients' errors into ours; no server's words are repeated."""
    try:
        yield
    except ClientError as error:
        status = status_of(error)
        if status == 404:
            raise NotFoundError("there is no such object in this bucket") from error
        raise _said(denied=status in _DENIED) from error
    except FileNotFoundError as error:
        raise NotFoundError("there is no such object in this bucket") from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise _said(denied=True) from error
    except (BotoCoreError, BaseError) as error:
        raise _said(denied=False) from error


def status_of(error: ClientError) -> int:
    """Give the HTTP status of an answer that is an error."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _said(*, denied: bool) -> NotAllowedError | UnavailableError:
    if denied:
        return NotAllowedError("the bucket refuses this", hint="look at its keys and its policy")
    return UnavailableError("the bucket does not answer", hint="look at its server")
