"""A place that is an S3 bucket with Object Lock in compliance mode.

What a bucket is trusted with, and what not (docs/vault-places.md has the traps, measured):

* An upload is locked by the **bucket's default** retention, whose date is then set to the one
  asked and **read back**: a server that drops lock headers on multipart uploads is noticed.
* No server is trusted to refuse a second object under a name. All versions of a name are looked
  at; the true one is the one whose SHA-256 the name says, or else the oldest.
* Versions are listed, not objects, and read by their id: a plain DELETE (a marker) or a later
  version over a locked object changes no answer, and is told to `alarm`.

Whether the bucket keeps its word is not asked here: `recovery.probing.bucket` tries it.
A crash between upload and date leaves the default retention, which `extend` lengthens.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final, NamedTuple

import obstore

from chartkeep.errors import (
    ChartkeepError,
    ConflictError,
    DamagedError,
    NotAllowedError,
    NotFoundError,
)
from chartkeep.model import Millis
from chartkeep.recovery.bucket import Bucket, s3_errors
from chartkeep.recovery.pieces import PIECE, Pieces, digest_of, digest_said
from chartkeep.recovery.place import Parts, check_name, is_name

_AT_ONCE: Final = 4
_REMEMBERED: Final = 10_000

Alarm = Callable[[str], None]


class Version(NamedTuple):
    """A version of an object."""

    id: str
    size: int
    tag: str = ""


class _Found(NamedTuple):
    """All versions under a name, the oldest first, and whether something lies over the first."""

    name: str
    versions: list[Version]
    deleted: bool


class S3Place:
    """A bucket, or what lies under a prefix in it."""

    def __init__(self, bucket: Bucket, alarm: Alarm) -> None:
        """Take an open bucket; `alarm` is told once of each name somebody deleted or overwrote."""
        self.bucket = bucket
        self._prefix = bucket.address.prefix
        self._alarm = alarm
        self._told: set[str] = set()
        self._known: dict[str, Version] = {}

    def put(self, name: str, parts: Parts, until: Millis) -> None:
        """Keep these bytes under a name, locked until then; the same bytes again are fine."""
        key = self._key(name)
        there = self._true(name, prove=True)
        if there is not None:
            if digest_of(parts) != self._digest(key, there):
                raise ConflictError("other bytes lie under this name already")
            self._lock(key, there, until)
            return
        # 1. The bytes are in the bucket, under its default retention.
        version = self._upload(name, parts)
        try:
            # 2. Locked until the day asked, and the server says so itself.
            self._lock(key, version, until)
        except BaseException:
            # Whatever cannot be locked is not kept: the next start would believe in it.
            with suppress(ChartkeepError):
                self._delete(key, version.id)
            raise
        self._remember(name, version)

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object."""
        key, version = self._key(name), self._version(name)
        end = version.size if length is None else min(start + length, version.size)
        pieces = [
            self._range(key, version, at, min(at + PIECE, end)) for at in range(start, end, PIECE)
        ]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def size(self, name: str) -> int:
        """Give an object's length in bytes."""
        return self._version(name).size

    def names(self, prefix: str = "", after: str = "") -> Iterator[str]:
        """Give names in order, a page of 1,000 versions in memory at a time."""
        for found in self._list(prefix, after):
            if len(found.versions) == 1:  # whoever lists reads next, and need not ask again
                self._remember(found.name, found.versions[0])
            yield found.name

    def until(self, name: str) -> Millis:
        """Tell until when the server says that it keeps an object."""
        key = self._key(name)
        return self._locked(key, self._version(name))

    def extend(self, name: str, until: Millis) -> None:
        """Keep an object longer."""
        key = self._key(name)
        self._lock(key, self._version(name), until)

    def expire(self, name: str, now: Millis) -> None:
        """Delete an object, all its versions and markers, when its retention is over."""
        key = self._key(name)
        with suppress(NotFoundError):
            if self.until(name) > now:
                raise NotAllowedError("this object's retention is not over")
            self._known.pop(name, None)
            for row in self._rows(Prefix=key):
                if row["Key"] == key:
                    self._delete(key, row["VersionId"])

    # Which version is the true one.

    def _version(self, name: str) -> Version:
        if name in self._known:
            return self._known[name]
        found = self._true(name, prove=False)
        if found is None:
            raise NotFoundError("there is no such object in this bucket")
        self._remember(name, found)
        return found

    def _true(self, name: str, *, prove: bool) -> Version | None:
        """Find the version that was put: by the SHA-256 in its name, or the oldest.

        One version alone is believed unless it has to `prove` itself: a reader checks what it
        reads, but what is there already is not put again.
        """
        key = self._key(name)
        found = next(self._list(name), None)  # of all that begin like it, a name itself is first
        if found is None or found.name != name:
            return None
        said = digest_said(name)
        if said is None or (len(found.versions) == 1 and not prove):
            return found.versions[0]
        for version in found.versions:
            if self._digest(key, version) == said:
                return version
        self._tell(name, "bytes that are not its own lie under")
        return None

    def _list(self, prefix: str, after: str = "") -> Iterator[_Found]:
        """Give each name with all its versions; what a plain DELETE hid is there like any other.

        Ceph begins a page with the name one asks to come after.
        """
        name, versions, deleted = "", list[Version](), False
        marker = {"KeyMarker": self._prefix + after} if after else {}
        rows = self._rows(Prefix=self._prefix + prefix, **marker)
        for row in chain(rows, ({"Key": ""},)):
            if row["Key"] != self._prefix + name:
                if versions and name > after and is_name(name):
                    yield self._seen(_Found(name, versions[::-1], deleted))
                name, versions, deleted = row["Key"].removeprefix(self._prefix), [], False
            if "Size" in row:
                versions.append(Version(row["VersionId"], row["Size"], row.get("ETag", "")))
            else:
                deleted = True

    def _rows(self, **asked: Any) -> Iterator[Any]:
        """Give versions and markers of all pages, in the order of their keys, newest first."""
        pages = self.bucket.admin.get_paginator("list_object_versions")
        with s3_errors():
            for page in pages.paginate(Bucket=self.bucket.name, **asked):
                rows = page.get("Versions", []) + page.get("DeleteMarkers", [])
                yield from sorted(rows, key=lambda row: row["Key"])  # stable: newest first

    def _seen(self, found: _Found) -> _Found:
        if found.deleted:
            self._tell(found.name, "somebody with the bucket's keys deleted")
        elif len({(one.size, one.tag) for one in found.versions}) > 1:
            # The same bytes twice are an upload of ours whose answer was lost on the way.
            self._tell(found.name, "somebody with the bucket's keys wrote over")
        return found

    def _tell(self, name: str, words: str) -> None:
        """Alarm once of a name; its locked version stays."""
        if name not in self._told and len(self._told) < _REMEMBERED:
            self._told.add(name)
            self._alarm(f"{words} {name}")

    def _remember(self, name: str, version: Version) -> None:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[name] = version

    # Bytes.

    def _upload(self, name: str, parts: Parts) -> Version:
        """Send bytes: one request when they are few, else a part at a time, a few at once."""
        pieces = Pieces(name, parts)
        first, second = next(pieces, b""), next(pieces, None)
        key, store = self._key(name), self.bucket.data
        with s3_errors(), pieces.errors():
            if second is None:
                kept = obstore.put(store, key, first, use_multipart=False)
            else:
                kept = obstore.put(
                    store, key, chain((first, second), pieces),
                    use_multipart=True, chunk_size=PIECE, max_concurrency=_AT_ONCE,
                )  # fmt: skip
        if not kept["version"]:
            raise DamagedError("the bucket keeps no versions", hint="probe it: chartkeep probe")
        return Version(kept["version"], pieces.size)

    def _range(self, key: str, version: Version, start: int, end: int) -> bytes:
        with s3_errors():
            answer = obstore.get(
                self.bucket.data, key, options={"range": (start, end), "version": version.id}
            )
            return bytes(answer.bytes())

    def _digest(self, key: str, version: Version) -> bytes:
        starts = range(0, version.size, PIECE)
        return digest_of(
            self._range(key, version, at, min(at + PIECE, version.size)) for at in starts
        )

    # The lock.

    def _lock(self, key: str, version: Version, until: Millis) -> None:
        """Lock a version until then at least, and refuse a server that does not say it is."""
        if self._locked(key, version) < until:
            lock = {"Mode": "COMPLIANCE", "RetainUntilDate": _date(until)}
            with s3_errors():
                self.bucket.admin.put_object_retention(
                    Bucket=self.bucket.name, Key=key, VersionId=version.id, Retention=lock
                )
            if self._locked(key, version) < until:
                raise DamagedError(
                    "the bucket does not keep the retention it was given",
                    hint="probe it: chartkeep probe",
                )

    def _locked(self, key: str, version: Version) -> Millis:
        """Ask until when a version is locked; 0 when it is not, or not in compliance mode."""
        with s3_errors():
            head = self.bucket.admin.head_object(
                Bucket=self.bucket.name, Key=key, VersionId=version.id
            )
        if head["ContentLength"] != version.size:
            raise DamagedError("the bucket keeps another length than it was given")
        if head.get("ObjectLockMode") != "COMPLIANCE":
            return Millis(0)
        return Millis(int(head["ObjectLockRetainUntilDate"].timestamp() * 1000))

    def _delete(self, key: str, version: str) -> None:
        with s3_errors():
            self.bucket.admin.delete_object(Bucket=self.bucket.name, Key=key, VersionId=version)

    def _key(self, name: str) -> str:
        return self._prefix + check_name(name)


def _date(until: Millis) -> datetime:
    """Give a date in whole seconds, all that some servers keep, and none too early."""
    return datetime.fromtimestamp(-(-until // 1000), UTC)
