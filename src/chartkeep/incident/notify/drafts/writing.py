"""A draft as people read it: to whom, by when, each field, and at its end where each word is from.

The fields carry the law's own language beside ours where we have it (`labels.toml`). Pure.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec

from chartkeep.incident.notify.drafts.draft import Difference, Draft, Field
from chartkeep.incident.notify.drafts.facts import Said
from chartkeep.model import Millis

_LANGUAGES = {"JP": "ja", "ID": "id"}
UNKNOWN = "UNKNOWN, under investigation (a note `{name}: …` in the case would say it)"


def as_text(draft: Draft, changes: Iterable[Difference] = (), before: str = "") -> str:
    """Write a draft; `changes` since `before`, another version or the preliminary one."""
    lines = [*_head(draft), ""]
    for number, field in enumerate(draft.fields, 1):
        lines += [f"{number}. {label(field.name, draft)}", *_said(field), ""]
    lines += _changes(list(changes), before)
    lines += _sources(draft)
    return "\n".join(map(_plain, lines)).rstrip() + "\n"


def label(name: str, draft: Draft) -> str:
    """Name a field in English, and in the language of whoever reads it."""
    language = _LANGUAGES.get(draft.law.partition(":")[0], "")
    own = _labels().get(language, {}).get(name)
    return f"{name} / {own}" if own else name


def _head(draft: Draft) -> Iterator[str]:
    state = f"{len(draft.unknown)} of {len(draft.fields)} fields unknown"
    yield f"DRAFT, version {draft.version}: {state}; a person reads, corrects and sends it"
    if draft.stale:
        yield "THE RULE IS PAST ITS DATE: look at the law before you use this"
    yield f"To: {', '.join(draft.to)}"
    if draft.law:
        yield f"Under: {draft.law} ({draft.duty}; {draft.sure})"
        yield f"Words of the law: {draft.quote}"
        yield f"Source: {draft.source}. Not legal advice."
    yield f"Case: {draft.case}, {draft.title}"
    yield f"As of: {_time(draft.made, draft)}"
    yield f"Due: {_due(draft)}"
    if draft.open:
        yield f"Whether it is due rests on what is not known yet: {', '.join(draft.open)}"
    if draft.note:
        yield f"Note: {draft.note}"


def _due(draft: Draft) -> str:
    if draft.due is not None:
        late = ", PAST: give the reasons for the delay" if draft.made > draft.due else ""
        return f"{_time(draft.due, draft)}{late}"
    if draft.within in {"", "promptly"}:
        return "promptly"
    return f"{draft.within} after {draft.after or 'it is known when somebody became aware'}"


def _said(field: Field) -> Iterator[str]:
    if not field.said:
        yield f"   {UNKNOWN.format(name=field.name)}"
    for said in field.said:
        lines = [*filter(None, map(str.strip, said.text.splitlines()))]
        lines[-1] += _mark(said)
        yield from (f"   {'| ' if at else ''}{line}" for at, line in enumerate(lines))


def _plain(line: str) -> str:
    """Keep a line one line: what somebody wrote must not look like a field of its own."""
    return "".join(char if char.isprintable() else " " for char in line)


def _mark(said: Said) -> str:
    return f" [{said.event}]" if said.event >= 0 else " [*]"


def _changes(changes: list[Difference], before: str) -> Iterator[str]:
    if not before:
        return
    yield f"Since {before}: " + ("nothing changed" if not changes else f"{len(changes)} fields")
    for each in changes:
        yield f"   {each.field}: {each.change.value}"
        yield from (f"     - {text}" for text in each.before if text not in each.after)
        yield from (f"     + {text}" for text in each.after if text not in each.before)
    yield ""


def _sources(draft: Draft) -> Iterator[str]:
    found: dict[Said, None] = {}
    for field in draft.fields:
        found |= dict.fromkeys(field.said)
    if not found:
        return
    yield "Where it is from:"
    lines: dict[str, None] = {}
    for said in sorted(found, key=lambda one: one.event):
        who = f"event {said.event} of the case, {said.by}, {_time(said.time, draft)}"
        line = f"   {_mark(said).strip()} {who if said.event >= 0 else 'counted now'}"
        line += f"; again with: {said.query}" if said.query else ""
        line += f"; list {said.list}" if said.list else ""
        lines[line] = None
    yield from lines


def _time(at: Millis, draft: Draft) -> str:
    zone = ZoneInfo(draft.zone)
    return f"{datetime.fromtimestamp(at / 1000, zone):%Y-%m-%d %H:%M %Z}"


@cache
def _labels() -> dict[str, dict[str, str]]:
    raw = files(__package__).joinpath("labels.toml").read_bytes()
    return msgspec.toml.decode(raw, type=dict[str, dict[str, str]])
