"""Every way to destroy, shorten or hide a locked object that an S3 client's keys offer.

Each attempt is one act on one victim. It says nothing of the outcome: `recovery.probing.bucket`
judges by the answer and by what is left of the victim. Nothing here touches any object but its
victim; acts on the whole bucket are in `recovery.probing.settings`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from chartkeep.recovery.bucket import Bucket
from chartkeep.recovery.probing.certificate import Victim


class SaidNoError(Exception):
    """A refusal inside an answer that is none: multi-delete says 200 and names errors."""


Act = Callable[[Bucket, Victim], None]


class Attempt(NamedTuple):
    """An act, in words; `allowed` when saying yes to it is no lie, so long as the victim lives."""

    words: str
    act: Act
    allowed: bool = False


def whose(bucket: Bucket, victim: Victim) -> dict[str, Any]:
    """Name the victim as boto3 wants it."""
    return {"Bucket": bucket.name, "Key": victim.key, "VersionId": victim.version}


def date_of(millis: int) -> datetime:
    """Give a date in whole seconds."""
    return datetime.fromtimestamp(millis // 1000, UTC)


def delete(bucket: Bucket, victim: Victim) -> None:
    """Delete the version."""
    bucket.admin.delete_object(**whose(bucket, victim))


def delete_bypassing(bucket: Bucket, victim: Victim) -> None:
    """Delete the version as one who may bypass governance."""
    bucket.admin.delete_object(**whose(bucket, victim), BypassGovernanceRetention=True)


def delete_many(bucket: Bucket, victim: Victim, *, bypass: bool = False) -> None:
    """Delete the version by a request for many."""
    one = {"Key": victim.key, "VersionId": victim.version}
    answer = bucket.admin.delete_objects(
        Bucket=bucket.name, Delete={"Objects": [one]}, BypassGovernanceRetention=bypass
    )
    for error in answer.get("Errors", ()):
        raise SaidNoError(str(error.get("Code", "refused")))


def delete_many_bypassing(bucket: Bucket, victim: Victim) -> None:
    """Delete the version by a request for many, bypassing governance."""
    delete_many(bucket, victim, bypass=True)


def _retain(bucket: Bucket, victim: Victim, lock: dict[str, Any]) -> None:
    bucket.admin.put_object_retention(
        **whose(bucket, victim), Retention=lock, BypassGovernanceRetention=True
    )


def shorten(bucket: Bucket, victim: Victim) -> None:
    """Set the end of the retention to a minute before what it is."""
    end = date_of(victim.until - 60_000)
    _retain(bucket, victim, {"Mode": "COMPLIANCE", "RetainUntilDate": end})


def shorten_to_now(bucket: Bucket, victim: Victim) -> None:
    """Set the end of the retention to a few seconds from now."""
    end = datetime.now(UTC) + timedelta(seconds=5)
    _retain(bucket, victim, {"Mode": "COMPLIANCE", "RetainUntilDate": end})


def end_in_the_past(bucket: Bucket, victim: Victim) -> None:
    """Set the end of the retention to yesterday."""
    end = datetime.now(UTC) - timedelta(days=1)
    _retain(bucket, victim, {"Mode": "COMPLIANCE", "RetainUntilDate": end})


def downgrade(bucket: Bucket, victim: Victim) -> None:
    """Turn compliance into governance, until the same day."""
    _retain(bucket, victim, {"Mode": "GOVERNANCE", "RetainUntilDate": date_of(victim.until)})


def take_away(bucket: Bucket, victim: Victim) -> None:
    """Set an empty retention, which takes a governance lock away."""
    _retain(bucket, victim, {})


def delete_after_hold(bucket: Bucket, victim: Victim) -> None:
    """Set a legal hold, lift it, and delete: lifting a hold lifts nothing else."""
    for status in ("ON", "OFF"):
        bucket.admin.put_object_legal_hold(**whose(bucket, victim), LegalHold={"Status": status})
    delete(bucket, victim)


def hide(bucket: Bucket, victim: Victim) -> None:
    """Delete without a version: a marker over the object, which reading by version passes by."""
    bucket.admin.delete_object(Bucket=bucket.name, Key=victim.key)


def overwrite(bucket: Bucket, victim: Victim) -> None:
    """Put other bytes under the same key."""
    bucket.admin.put_object(Bucket=bucket.name, Key=victim.key, Body=b"overwritten")


def overwrite_in_parts(bucket: Bucket, victim: Victim) -> None:
    """Put other bytes under the same key, as an upload in parts."""
    upload(bucket, victim.key, b"overwritten in parts", {})


def overwrite_by_copy(bucket: Bucket, victim: Victim) -> None:
    """Copy the object onto itself with other metadata."""
    bucket.admin.copy_object(
        Bucket=bucket.name,
        Key=victim.key,
        CopySource={"Bucket": bucket.name, "Key": victim.key, "VersionId": victim.version},
        Metadata={"copied": "yes"},
        MetadataDirective="REPLACE",
    )


def upload(bucket: Bucket, key: str, data: bytes, lock: dict[str, Any]) -> str:
    """Upload in parts (one is enough), with lock headers or none; gives the version."""
    mine = {"Bucket": bucket.name, "Key": key}
    begun = bucket.admin.create_multipart_upload(**mine, **lock)["UploadId"]
    part = bucket.admin.upload_part(**mine, UploadId=begun, PartNumber=1, Body=data)
    done = bucket.admin.complete_multipart_upload(
        **mine,
        UploadId=begun,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    return str(done.get("VersionId", ""))


TRIED_ON_PARTS: Final = (
    Attempt("deleting a version that was uploaded in parts", delete),
    Attempt("the same, bypassing governance", delete_bypassing),
    Attempt("shortening its retention", shorten),
    Attempt("turning its compliance into governance", downgrade),
)

TRIED: Final = (
    Attempt("deleting a version", delete),
    Attempt("deleting a version, bypassing governance", delete_bypassing),
    Attempt("deleting by a request for many", delete_many),
    Attempt("deleting by a request for many, bypassing governance", delete_many_bypassing),
    Attempt("shortening a retention by a minute", shorten),
    Attempt("shortening a retention to now", shorten_to_now),
    Attempt("setting a retention that is over", end_in_the_past),
    Attempt("turning compliance into governance", downgrade),
    Attempt("taking a retention away", take_away),
    Attempt("deleting after a legal hold was set and lifted", delete_after_hold),
    Attempt("overwriting", overwrite, allowed=True),
    Attempt("overwriting by an upload in parts", overwrite_in_parts, allowed=True),
    Attempt("overwriting by a copy onto itself", overwrite_by_copy, allowed=True),
    Attempt("deleting without a version (a marker)", hide, allowed=True),
)
