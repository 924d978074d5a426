"""What an S3 bucket with Object Lock does, in memory: the rules, which a liar overrides one by one.

`tests.recovery.s3_server` speaks it over HTTP.
"""

import hashlib
import itertools
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

ACCESS = "devkey"
SECRET = "devsecret"
BUCKET = "vault"
NONE = datetime(1970, 1, 1, tzinfo=UTC)


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Version:
    """A version of an object, or a delete marker."""

    key: str
    id: str
    data: bytes = b""
    marker: bool = False
    mode: str = ""
    until: datetime = NONE
    hold: bool = False
    made: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def etag(self) -> str:
        return '"' + hashlib.md5(self.data, usedforsecurity=False).hexdigest() + '"'


class Server:
    """An honest bucket; `days` is its default retention, 0 for none."""

    def __init__(self, days: int = 1) -> None:
        self.days = days
        self.versioning = "Enabled"
        self.lifecycle = b""
        self.versions: dict[str, list[Version]] = {}
        self.uploads: dict[str, tuple[str, dict[str, str], dict[int, bytes]]] = {}
        self.gone = False
        self.calls: list[str] = []
        self.break_at, self.fault = 0, ""
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)

    # What a liar may answer otherwise.

    def now(self) -> datetime:
        return datetime.now(UTC)

    def default(self) -> tuple[str, int]:
        """The bucket's default retention, as it applies to uploads."""
        return "COMPLIANCE", self.days

    def lock_of(self, headers: dict[str, str], *, multipart: bool) -> tuple[str, datetime]:
        """Say what lock an upload gets."""
        del multipart
        if mode := headers.get("x-amz-object-lock-mode"):
            return mode, parse_time(headers["x-amz-object-lock-retain-until-date"])
        mode, days = self.default()
        if not days:
            return "", NONE
        return mode, datetime.fromtimestamp(self.now().timestamp() + days * 86_400, UTC)

    def check_delete(self, version: Version, *, bypass: bool) -> None:
        held = version.until > self.now() and not (version.mode == "GOVERNANCE" and bypass)
        if version.hold or held:
            raise RefusedError(403, "AccessDenied")

    def check_retain(self, version: Version, mode: str, until: datetime, *, bypass: bool) -> None:
        free = version.mode != "COMPLIANCE" and (bypass or not version.mode)
        tighter = until >= version.until and mode == version.mode
        if version.until > self.now() and not (free or tighter):
            raise RefusedError(403, "AccessDenied")

    def retain(self, version: Version, mode: str, until: datetime) -> None:
        version.mode, version.until = mode, until

    def check_versioning(self, status: str) -> None:
        if status != "Enabled":
            raise RefusedError(409, "InvalidBucketState")

    def check_lock_setting(self, xml: ET.Element) -> None:
        if text_of(xml, "ObjectLockEnabled") != "Enabled":
            raise RefusedError(400, "MalformedXML")

    def check_lifecycle(self) -> None:
        """Take any rule."""

    def check_bucket_delete(self) -> None:
        if any(self.versions.values()):
            raise RefusedError(409, "BucketNotEmpty")

    def check_fault(self, *, breaks: bool) -> None:
        if breaks and self.fault == "refused":
            raise RefusedError(400, "InvalidRequest")

    def check_bucket(self, name: str) -> None:
        if name == "admin":
            raise RefusedError(403, "AccessDenied")
        if name != BUCKET or self.gone:
            raise RefusedError(404, "NoSuchBucket")

    def check_signed(self, headers: dict[str, str]) -> None:
        said = headers.get("authorization", "")
        if f"Credential={ACCESS}/" not in said and f"AWS {ACCESS}:" not in said:
            raise RefusedError(403, "AccessDenied")

    def keep(self, version: Version) -> None:
        self.versions.setdefault(version.key, []).append(version)

    def bytes_of(self, version: Version) -> bytes:
        return version.data

    def latest(self, key: str) -> Version | None:
        return (self.versions.get(key) or [None])[-1]

    # What any server does.

    def find(self, key: str, wanted: str | None) -> Version:
        if wanted is None:
            found = self.latest(key)
        else:
            found = next((v for v in self.versions.get(key, []) if v.id == wanted), None)
        if found is None or found.marker:
            raise RefusedError(404, "NoSuchKey" if wanted is None else "NoSuchVersion")
        return found

    def put(
        self, key: str, data: bytes, headers: dict[str, str], *, multipart: bool = False
    ) -> Version:
        if headers.get("if-none-match") == "*":
            latest = self.latest(key)
            if latest is not None and not latest.marker:
                raise RefusedError(412, "PreconditionFailed")
        mode, until = self.lock_of(headers, multipart=multipart)
        version = Version(key, f"v{next(self.numbers):06}", data, mode=mode, until=until)
        if self.versioning != "Enabled":
            version.id = "null"
            self.versions[key] = [v for v in self.versions.get(key, []) if v.id != "null"]
        self.keep(version)
        return version

    def delete(self, key: str, wanted: str | None, *, bypass: bool) -> Version | None:
        if wanted is None:
            marker = Version(key, f"v{next(self.numbers):06}", marker=True)
            self.versions.setdefault(key, []).append(marker)
            return marker
        for version in self.versions.get(key, []):
            if version.id == wanted:
                if not version.marker:
                    self.check_delete(version, bypass=bypass)
                self.versions[key].remove(version)
        return None


def text_of(xml: ET.Element, name: str) -> str:
    found = xml.find(f".//{{*}}{name}")
    return (found.text or "") if found is not None else ""


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def show_time(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"
