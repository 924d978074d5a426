"""How an attempt on a bucket is made, and judged by its answer and by what is left of its victim.

An answer alone proves nothing: a server may say no and delete, or say yes and keep. So the victim
is looked at after every attempt, and an attempt that harmed one gets a new one for the next.
"""

import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import obstore
from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace
from obstore.exceptions import BaseError

from chartkeep.errors import NotFoundError, UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery.bucket import Bucket, s3_errors, status_of
from chartkeep.recovery.probing.attempts import Attempt, SaidNoError, date_of, upload, whose
from chartkeep.recovery.probing.certificate import Trial, Verdict, Victim

PROBES: Final = ".probe/"
"""Where probes lie: no name of a vault begins with a point."""
YES: Final = "accepted"
HOUR: Final = 3_600_000


class Trials:
    """The trials of one probe of one bucket, as they are made."""

    def __init__(self, bucket: Bucket, now: Millis) -> None:
        self.bucket = bucket
        self.now = now
        self.made: list[Trial] = []
        self._folder = f"{bucket.address.prefix}{PROBES}{now}-{secrets.token_hex(4)}/"
        self._count = 0

    def say(self, tried: str, answer: str, verdict: Verdict, note: str = "") -> bool:
        """Write a trial down; gives whether it held."""
        self.made.append(Trial(tried, answer, verdict, note))
        return verdict is Verdict.HELD

    def judge(self, tried: str, harm: str, answer: str, *, allowed: bool = False) -> None:
        """Write down an attempt that should have been refused, or at least have done no harm."""
        broken = bool(harm) or (answer == YES and not allowed)
        note = harm or ("it says yes to what it must refuse" if broken else "")
        self.say(tried, answer, Verdict.BROKEN if broken else Verdict.HELD, note)

    def attempt(self, tried: Attempt, victim: Victim) -> Victim:
        """Make an attempt; gives the victim, or a new one when this one was harmed."""
        answer = answer_to(lambda: tried.act(self.bucket, victim))
        harm = self.harm(victim)
        self.judge(tried.words, harm, answer, allowed=tried.allowed)
        return self.lock(self.put(), victim.until) if harm else victim

    def put(
        self, lock: dict[str, Any] | None = None, *, parts: bool = False, key: str = ""
    ) -> Victim:
        """Upload an object, with lock headers or under the default; not yet looked at."""
        self._count += 1
        key = key or f"{self._folder}{self._count:02}"
        data = secrets.token_bytes(100)
        with s3_errors():
            if parts:
                version = upload(self.bucket, key, data, lock or {})
            else:
                mine = {"Bucket": self.bucket.name, "Key": key, "Body": data}
                version = self.bucket.admin.put_object(**mine, **lock or {}).get("VersionId", "")
        return Victim(key, version, sha256(data).hexdigest())

    def lock(self, victim: Victim, until: Millis) -> Victim:
        """Set the end of its retention, as the vault does after each upload."""
        answer_to(
            lambda: self.bucket.admin.put_object_retention(
                **whose(self.bucket, victim),
                Retention={"Mode": "COMPLIANCE", "RetainUntilDate": date_of(until)},
            )
        )
        return replace(victim, until=until)

    def until(self, victim: Victim) -> Millis:
        """Ask until when an object is locked in compliance mode; 0 when it is not."""
        with s3_errors():
            head = self.bucket.admin.head_object(**whose(self.bucket, victim))
        if head.get("ObjectLockMode") != "COMPLIANCE":
            return Millis(0)
        return Millis(int(head["ObjectLockRetainUntilDate"].timestamp() * 1000))

    def read(self, victim: Victim) -> bytes:
        """Read the version through the client that the vault reads with."""
        with s3_errors():
            options: Any = {"version": victim.version}
            got = obstore.get(self.bucket.data, victim.key, options=options)
            return bytes(got.bytes())

    def harm(self, victim: Victim) -> str:
        """Say what is wrong with a victim; nothing when it is whole and locked as it was."""
        try:
            if sha256(self.read(victim)).hexdigest() != victim.sha256:
                return "its bytes are others now"
            until = self.until(victim)
        except NotFoundError:
            return "it is gone"
        if not until:
            return "its lock is gone"
        return "its retention is shorter now" if until < victim.until // 1000 * 1000 else ""


def answer_to(act: Callable[[], object]) -> str:
    """Make an attempt; gives `accepted`, or the refusal. Raises UnavailableError."""
    try:
        act()
    except SaidNoError as error:
        return f"200 {error}"
    except ClientError as error:
        status = status_of(error)
        if status >= 500 and status != 501:
            raise UnavailableError("the bucket does not answer") from error
        return f"{status} {error.response.get('Error', {}).get('Code', '')}".strip()
    except (BotoCoreError, BaseError) as error:
        raise UnavailableError("the bucket does not answer") from error
    return YES
