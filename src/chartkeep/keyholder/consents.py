"""What patients' consents refuse: pure functions, and the consents that hold now.

The patient's word is no budget: it holds on the care floor and under a grant too, and only
break-glass passes it. A consent is one entry's; where a chart has several, whatever one of them
denies is denied. A permit takes back a denial of its own consent and never gives more than role,
relation and budget do.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from chartkeep.errors import RefusedError
from chartkeep.model import CHART_SECTIONS, Consent, Provision, Section

EVERY = sum(1 << section for section in CHART_SECTIONS)
Held = tuple[Consent, ...]
"""What holds of one entry: one, none, or also older ones while a loosening waits."""


class Asker(NamedTuple):
    """Who wants to open, when, and what for."""

    person: str
    role: str
    purpose: str
    now: int


@dataclass
class Consents:
    """Each chart's consents, by the entry that says them."""

    _charts: dict[bytes, dict[bytes, Held]] = field(default_factory=dict)

    def put(self, chart: bytes, about: bytes, held: Held) -> None:
        """Let these hold of an entry, and nothing else."""
        entries = self._charts.setdefault(chart, {})
        entries.pop(about, None)
        if held:
            entries[about] = held
        if not entries:
            del self._charts[chart]

    def forget(self, chart: bytes) -> None:
        """Drop a shredded chart's."""
        self._charts.pop(chart, None)

    def of(self, chart: bytes, about: bytes) -> Held:
        """Give what holds of an entry."""
        return self._charts.get(chart, {}).get(about, ())

    def count(self, chart: bytes) -> int:
        """Say how many entries of a chart carry a consent."""
        return len(self._charts.get(chart, ()))

    def denied(self, chart: bytes, asker: Asker) -> int:
        """Give the sections of a chart that are denied to somebody now."""
        denied = 0
        for held in self._charts.get(chart, {}).values():
            for consent in held:
                denied |= denies(consent, asker)
        return denied


def denies(consent: Consent, asker: Asker) -> int:
    """Give the sections a consent denies: inside its root the exceptions that hold win.

    Of several exceptions that hold for one section a denial wins.
    """
    if not _holds(consent.root, asker):
        return 0
    holding = [each for each in consent.exceptions if _holds(each, asker)]
    base = 0 if consent.root.permit else EVERY
    denied = base & ~_sections(holding, permit=True) | _sections(holding, permit=False)
    return denied & (consent.root.sections or EVERY)


def _sections(rules: Iterable[Provision], *, permit: bool) -> int:
    found = 0
    for rule in rules:
        if rule.permit == permit:
            found |= rule.sections or EVERY
    return found


def _holds(rule: Provision, asker: Asker) -> bool:
    """Say whether all conditions of a rule hold, whatever the section; an empty one holds."""
    return (
        (not rule.whom or asker.person in rule.whom or asker.role in rule.whom)
        and (not rule.purposes or asker.purpose in rule.purposes)
        and rule.since <= asker.now
        and (not rule.until or asker.now < rule.until)
    )


def loosened(old: Held, new: Held) -> Held:
    """Give those of the old consents that deny something the new ones may not deny.

    Careful on one side only: it may call a tightening a loosening, never the reverse.
    """
    return tuple(each for each in old if not any(_covers(other, each) for other in new))


def _covers(wide: Consent, narrow: Consent) -> bool:
    """Say whether all that one consent denies is denied by the other."""
    if wide == narrow or not any(_denials(narrow)):
        return True
    if narrow.root.permit or wide.root.permit:
        return False
    return (
        _is_within(narrow.root, wide.root)
        and _exceptions(wide, permit=True) <= _exceptions(narrow, permit=True)
        and _exceptions(narrow, permit=False) <= _exceptions(wide, permit=False)
    )


def _exceptions(consent: Consent, *, permit: bool) -> set[Provision]:
    return {each for each in consent.exceptions if each.permit == permit}


def _denials(consent: Consent) -> Iterable[bool]:
    return (not rule.permit for rule in (consent.root, *consent.exceptions))


def _is_within(narrow: Provision, wide: Provision) -> bool:
    return (
        (not wide.sections or (bool(narrow.sections) and not narrow.sections & ~wide.sections))
        and (not wide.whom or (bool(narrow.whom) and set(narrow.whom) <= set(wide.whom)))
        and (
            not wide.purposes
            or (bool(narrow.purposes) and set(narrow.purposes) <= set(wide.purposes))
        )
        and wide.since <= narrow.since
        and (not wide.until or 0 < narrow.until <= wide.until)
    )


def check_names(consents: Held, known: Iterable[str]) -> None:
    """Refuse a consent about people or roles this house does not know: it would do nothing."""
    named = {who for c in consents for rule in (c.root, *c.exceptions) for who in rule.whom}
    if not named <= set(known):
        raise RefusedError(
            "Consent.provision.actor: names a person or role this house does not know",
            hint="write the name they log in with, or a role of docs/roles.md",
        )


def tell_consent(consent: Consent) -> str:
    """Say a consent in words, for the second person."""
    parts = [tell_provision(consent.root), *map(tell_provision, consent.exceptions)]
    return " but ".join(parts)


def tell_provision(rule: Provision) -> str:
    """Say one rule in words."""
    sections = [s.name.lower() for s in Section if rule.sections >> s & 1] or ["everything"]
    words = [
        "permit" if rule.permit else "deny", " ".join(sections),
        "to " + " or ".join(rule.whom) if rule.whom else "to anybody",
        "for " + " or ".join(rule.purposes) if rule.purposes else "",
        f"from {rule.since}" if rule.since else "", f"until {rule.until}" if rule.until else "",
    ]  # fmt: skip
    return " ".join(filter(None, words))
