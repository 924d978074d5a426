"""A proposal in plain words. Pure."""

from collections.abc import Callable

from chartkeep.incident.timeline.cause import Cause

MOST_REASONS = 5


def say(cause: Cause, show: Callable[[int], str]) -> list[str]:
    """Say a proposal in lines; `show` writes a time."""
    told = [f"door: {cause.door}"]
    if cause.first is not None:
        told.append(f"first foreign act: {show(cause.first.time)}, {cause.first.place}")
    told += [f"  because {reason}" for reason in cause.reasons]
    told += [f"  missing: {each}" for each in cause.missing]
    for other in cause.others:
        reasons = (f"  {reason}" for reason in other.reasons[:MOST_REASONS])
        told += [f"besides, {other.door}:", *reasons]
    return told
