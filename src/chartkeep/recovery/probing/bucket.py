"""The probe of a bucket: what it says of itself, what it does, and what its keys can destroy."""

from typing import Final

from msgspec.structs import replace

from chartkeep.model import Millis
from chartkeep.recovery.bucket import Bucket
from chartkeep.recovery.probing.attempts import TRIED, TRIED_ON_PARTS, date_of
from chartkeep.recovery.probing.certificate import Certificate, Verdict, Victim
from chartkeep.recovery.probing.doors import Doors, guess_doors, try_doors
from chartkeep.recovery.probing.settings import ask_settings, try_settings
from chartkeep.recovery.probing.trying import HOUR, YES, Trials, answer_to

_WITNESSES: Final = 16
UNPROVED: Final = (
    "that no operator of the servers deletes: keep a second copy under another operator",
    "that what is locked today is there tomorrow: the next probes look for this one's objects",
    "that the server's disks keep what it acknowledged when the power goes",
)


def probe_bucket(
    bucket: Bucket, now: Millis, before: Certificate | None = None, doors: Doors | None = None
) -> Certificate:
    """Try everything on a bucket; gives the certificate. Raises UnavailableError, NotAllowedError.

    `before`: the certificate of the last probe, whose objects must still be there.
    `doors`: other ways into the cluster; guessed from the bucket's address when not told.
    """
    trials = Trials(bucket, now)
    default = ask_settings(trials)
    kept = _look_for(trials, before)
    until = Millis(now + default + HOUR)
    victim = _upload(trials, default, until, parts=False)
    in_parts = _upload(trials, default, until, parts=True)
    if default and victim and in_parts:
        _try_headers(trials, Millis(until + HOUR))
        _try_second(trials, victim)
        _try_condition(trials, victim)
        for attempt in TRIED:
            victim = trials.attempt(attempt, victim)
        for attempt in TRIED_ON_PARTS:
            in_parts = trials.attempt(attempt, in_parts)
        try_doors(trials, until, doors or guess_doors(bucket.address))
        try_settings(trials, victim, before)
        kept += [victim, in_parts]
    else:
        trials.say("deleting, shortening and the rest", "", Verdict.UNTRIED, "nothing was locked")
    made = tuple(trials.made)
    return Certificate(str(bucket.address), now, made, UNPROVED, tuple(kept[-_WITNESSES:]))


def _upload(trials: Trials, default: Millis, until: Millis, *, parts: bool) -> Victim | None:
    """Upload as the vault does: under the default, then the date set; gives what is locked."""
    kind = "an upload in parts" if parts else "an upload"
    victim = trials.put(parts=parts)
    if not victim.version:
        trials.say(f"{kind} has a version", "none", Verdict.BROKEN)
        return None
    words = trials.harm(victim) if default else "there is no default lock"
    if not trials.say(f"{kind} is there and locked", words or "yes", _verdict(not words)):
        return None
    victim = trials.lock(victim, until)
    words = trials.harm(victim)
    kept = trials.say(f"{kind} keeps the date it is given", words or "yes", _verdict(not words))
    return victim if kept else None


def _try_headers(trials: Trials, until: Millis) -> None:
    """Ask for a date with the upload itself: nothing here relies on it."""
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": date_of(until)}
    for parts, kind in ((False, "an upload"), (True, "an upload in parts")):
        victim = trials.put(lock, parts=parts)
        harm = trials.harm(replace(victim, until=until))
        note = "the date is set after each upload, and read back" if harm else ""
        verdict = Verdict.HOLE if harm else Verdict.HELD
        trials.say(f"{kind} takes a date with it", harm or "yes", verdict, note)


def _try_second(trials: Trials, victim: Victim) -> None:
    """Upload a second object under a key: each version is read as what it is."""
    second = trials.put(key=victim.key)
    words = trials.harm(second) or trials.harm(victim)
    trials.say("each version is read as itself", words or "yes", _verdict(not words))


def _try_condition(trials: Trials, victim: Victim) -> None:
    """Ask to put only where nothing lies: nothing here relies on it."""
    bucket = trials.bucket
    answer = answer_to(
        lambda: bucket.admin.put_object(
            Bucket=bucket.name, Key=victim.key, Body=b"second", IfNoneMatch="*"
        )
    )
    open_ = answer == YES
    note = "names say their bytes, and all versions are looked at" if open_ else ""
    verdict = Verdict.HOLE if open_ else Verdict.HELD
    trials.say("If-None-Match keeps a second object out", answer, verdict, note)


def _look_for(trials: Trials, before: Certificate | None) -> list[Victim]:
    """Look for what the probes before locked; gives those that are still locked and there."""
    held = [one for one in before.witnesses if one.until > trials.now] if before else []
    there = [one for one in held if not trials.harm(one)]
    if held:
        good = len(there) == len(held)
        note = "" if good else "its operator, or a way in nobody tried, removed what was locked"
        words = f"{len(there)} of {len(held)}"
        trials.say("what earlier probes locked is there", words, _verdict(good), note)
    return there


def _verdict(good: bool) -> Verdict:  # noqa: FBT001 - a question's answer
    return Verdict.HELD if good else Verdict.BROKEN
