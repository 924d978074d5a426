"""What a bucket says of itself, and every way to loosen the whole of it.

An attempt that succeeds is undone at once; what cannot be undone (deleting the bucket) is tried
only while nothing but probes lies in it.
"""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from chartkeep.errors import NotFoundError
from chartkeep.model import Millis
from chartkeep.recovery.bucket import Bucket, s3_errors, status_of
from chartkeep.recovery.probing.certificate import DAY, Certificate, Verdict, Victim
from chartkeep.recovery.probing.trying import PROBES, YES, Trials, answer_to

CLOCK_SLACK: Final = 60_000
_RULE: Final = "chartkeep-probe"
_DELETE_BUCKET: Final = "deleting the bucket"
_LISTED: Final = 1_000


def ask_settings(trials: Trials) -> Millis:
    """Look at versions, default lock, clock and rules; gives the default retention, 0 for none."""
    admin, name = trials.bucket.admin, trials.bucket.name
    with s3_errors():
        answer = admin.get_bucket_versioning(Bucket=name)
    _ask_clock(trials, answer["ResponseMetadata"]["HTTPHeaders"].get("date", ""))
    status = str(answer.get("Status", "off"))
    trials.say("versions are on", status, _if(status == "Enabled"))
    try:
        lock = admin.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    except ClientError as error:
        trials.say("a default lock", str(status_of(error)), Verdict.BROKEN, "it has no Object Lock")
        return Millis(0)
    rule = lock.get("Rule", {}).get("DefaultRetention", {})
    days = int(rule.get("Days", 0)) + 365 * int(rule.get("Years", 0))
    mode = str(rule.get("Mode", "none"))
    good = mode == "COMPLIANCE" and days > 0
    note = "" if good else "set a default retention in compliance mode"
    trials.say("a default lock", f"{mode}, {days} days", _if(good), note)
    return Millis(days * DAY if good else 0)


def _ask_clock(trials: Trials, date: str) -> None:
    """Retention runs by the server's clock; one that is ahead ends it early."""
    if not date:
        trials.say("the bucket's clock", "none", Verdict.UNTRIED, "it tells no time")
        return
    ahead = int(parsedate_to_datetime(date).astimezone(UTC).timestamp() * 1000) - trials.now
    good = abs(ahead) <= CLOCK_SLACK
    trials.say("the bucket's clock", f"{ahead / 1000:+.0f} s", _if(good))


def try_settings(trials: Trials, victim: Victim, before: Certificate | None) -> None:
    """Try to loosen the bucket; each attempt that succeeds is undone."""
    _suspend(trials, victim)
    _switch_lock_off(trials, victim)
    _drop_default(trials)
    _expire_by_rule(trials)
    _delete_bucket(trials, victim, before)


def _suspend(trials: Trials, victim: Victim) -> None:
    admin, name = trials.bucket.admin, trials.bucket.name

    def set_status(status: str) -> None:
        admin.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})

    answer = answer_to(lambda: set_status("Suspended"))
    with s3_errors():
        now = str(admin.get_bucket_versioning(Bucket=name).get("Status", "off"))
    if now != "Enabled":
        answer_to(lambda: set_status("Enabled"))
    harm = trials.harm(victim) or ("" if now == "Enabled" else "versions were off afterwards")
    trials.judge("suspending versions", harm, answer)


def _switch_lock_off(trials: Trials, victim: Victim) -> None:
    settings = {"ObjectLockEnabled": "Disabled"}
    answer, harm = _change_lock(trials, settings)
    trials.judge("switching Object Lock off", trials.harm(victim) or harm, answer)


def _drop_default(trials: Trials) -> None:
    """Take the default away: many servers allow it to these keys, and new uploads only suffer."""
    answer, harm = _change_lock(trials, {"ObjectLockEnabled": "Enabled"})
    open_ = answer == YES or bool(harm)
    note = "each upload's lock is read back; deny PutBucketObjectLockConfiguration to these keys"
    verdict = Verdict.HOLE if open_ else Verdict.HELD
    trials.say("taking the default lock away", answer, verdict, note if open_ else "")


def _change_lock(trials: Trials, settings: dict[str, Any]) -> tuple[str, str]:
    """Change the bucket's lock and put it back; gives the answer and what had changed."""
    admin, name = trials.bucket.admin, trials.bucket.name

    def change(lock: dict[str, Any]) -> None:
        admin.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)

    with s3_errors():
        was = admin.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    answer = answer_to(lambda: change(settings))
    try:
        with s3_errors():
            now = admin.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    except NotFoundError:
        now = {}
    if now != was:
        answer_to(lambda: change(was))
    return answer, "" if now == was else "the bucket's lock was another afterwards"


def _expire_by_rule(trials: Trials) -> None:
    """Look for rules that expire; set one on the probes alone, for the next probe to see."""
    admin, name = trials.bucket.admin, trials.bucket.name
    rules: list[dict[str, Any]] = []
    answer = answer_to(
        lambda: rules.extend(admin.get_bucket_lifecycle_configuration(Bucket=name)["Rules"])
    )
    if answer != YES and not answer.startswith("404"):
        note = "let these keys read them"
        trials.say("rules that expire objects", answer, Verdict.UNTRIED, note)
        return  # setting one would take the others' place
    expiring = [rule for rule in rules if _expires(rule) and rule.get("ID") != _RULE]
    note = "take rules that expire objects away" if expiring else ""
    trials.say("rules that expire objects", f"{len(expiring)}", _if(not expiring), note)
    if any(rule.get("ID") == _RULE for rule in rules):
        return
    mine = {
        "ID": _RULE,
        "Status": "Enabled",
        "Filter": {"Prefix": trials.bucket.address.prefix + PROBES},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        "Expiration": {"Days": 1},
    }
    answer = answer_to(
        lambda: admin.put_bucket_lifecycle_configuration(
            Bucket=name, LifecycleConfiguration={"Rules": [*rules, mine]}
        )
    )
    note = "on probes alone: whether their locks outlive it, the next days' probes see"
    trials.say("setting a rule that expires", answer, Verdict.HELD, note if answer == YES else "")


def _expires(rule: dict[str, Any]) -> bool:
    """Tell whether a rule removes objects; clearing away markers and broken uploads does not."""
    over = {"Days", "Date"} & set(rule.get("Expiration", {}))
    return rule.get("Status") == "Enabled" and bool(over or "NoncurrentVersionExpiration" in rule)


def _delete_bucket(trials: Trials, victim: Victim, before: Certificate | None) -> None:
    """Try to delete the bucket while it holds nothing of worth; later, tell what it said then."""
    bucket = trials.bucket
    if _holds_data(bucket):
        told = [t for t in before.trials if t.tried == _DELETE_BUCKET] if before else []
        answer = told[0].answer if told else ""
        note = "as it answered while it was empty" if answer else "not tried: data lie in it"
        verdict = told[0].verdict if told else Verdict.UNTRIED
        trials.say(_DELETE_BUCKET, answer, verdict, note)
        return
    answer = answer_to(lambda: bucket.admin.delete_bucket(Bucket=bucket.name))
    trials.judge(_DELETE_BUCKET, trials.harm(victim), answer)


def _holds_data(bucket: Bucket) -> bool:
    """Tell whether anything but probes lies in the whole bucket; when in doubt, yes."""
    with s3_errors():
        page = bucket.admin.list_object_versions(Bucket=bucket.name, MaxKeys=_LISTED)
    mine = bucket.address.prefix + PROBES
    keys = [row["Key"] for row in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    return bool(page.get("IsTruncated")) or any(not key.startswith(mine) for key in keys)


def _if(good: bool) -> Verdict:  # noqa: FBT001 - a question's answer
    return Verdict.HELD if good else Verdict.BROKEN
