"""What fills each field a law names: which facts of the case, asked in which order. Pure.

A field nothing says is unknown, and stays so: whoever sends the draft says "under investigation" or
finds it out. A test holds this table to the contents of every rule.
"""

from collections.abc import Callable, Iterator

from chartkeep.incident.case.events import Concern
from chartkeep.incident.duties.rule import Fact
from chartkeep.incident.notify.drafts.facts import Facts, Said

Filling = Callable[[Facts], Iterator[Said]]
_HOSTS = (Concern.INSTANCE, Concern.KEYHOLDER)


def _what(facts: Facts) -> Iterator[Said]:
    yield from facts.fact(Fact.UNLAWFUL_ACT)
    yield from facts.fact(Fact.DATA_OUT)
    yield from facts.fact(Fact.DATA_LOST)
    yield from facts.reports()


def _when(facts: Facts) -> Iterator[Said]:
    yield from facts.awareness()
    yield from facts.windows()


def _how(facts: Facts) -> Iterator[Said]:
    yield from facts.findings("cause", "trace")


def _data(facts: Facts) -> Iterator[Said]:
    yield from facts.fact(Fact.HEALTH_DATA)
    yield from facts.fact(Fact.UNREADABLE)
    yield from facts.findings("exposure", "sweep")


def _people(facts: Facts) -> Iterator[Said]:
    yield from facts.people()


def _systems(facts: Facts) -> Iterator[Said]:
    yield from facts.concerned(*_HOSTS)


def _traces(facts: Facts) -> Iterator[Said]:
    yield from facts.concerned(Concern.ADDRESS, Concern.FILE)


def _measures(facts: Facts) -> Iterator[Said]:
    yield from facts.decisions()


def _effects(facts: Facts) -> Iterator[Said]:
    yield from facts.fact(Fact.DATA_LOST)
    yield from facts.fact(Fact.SIGNIFICANT)
    yield from facts.fact(Fact.RISK)
    yield from facts.fact(Fact.HIGH_RISK)


def _told(facts: Facts) -> Iterator[Said]:
    yield from facts.letters()


def _published(facts: Facts) -> Iterator[Said]:
    yield from facts.published()


FIELDS: dict[str, tuple[Filling, ...]] = {
    "categories and number of persons": (_people,),
    "categories and number of records": (_data,),
    "cause": (_how,),
    "chronology": (_when, lambda facts: facts.reports()),
    "contact": (),
    "contact of the reporter": (),
    "contact person": (),
    "cross-border impact": (),
    "data protection officer": (),
    "description": (_what, _when, _how),
    "description of the incident": (_what, _when),
    "effect on care": (lambda facts: facts.fact(Fact.DATA_LOST),),
    "effects": (_effects,),
    "facts": (_what, _when, _how, _people),
    "failure of protection": (_what, _how),
    "handling and recovery": (_measures,),
    "help desk": (),
    "how to reduce harm": (),
    "impact": (_effects, _people),
    "indicators of compromise": (_traces,),
    "kinds of data": (_data,),
    "likely consequences": (),
    "measures": (_measures,),
    "measures and remedies": (_measures,),
    "measures to secure the data": (_measures,),
    "nature of the breach": (_what, _when),
    "number of persons": (_people,),
    "other": (),
    "outline": (_what, _when),
    "prevention of recurrence": (),
    "publication": (_published,),
    "reason or cause of the failure": (_how,),
    "reasons for delay": (),
    "remedial action": (_measures,),
    "response to persons": (_told,),
    "secondary damage": (),
    "severity": (_effects,),
    "steps for persons": (),
    "suspected unlawful or malicious act": (lambda facts: facts.fact(Fact.UNLAWFUL_ACT),),
    "systems kept as evidence": (_systems, _traces),
    "the personal data revealed": (_data, _people),
    "types of information": (_data,),
    "what happened": (_what, _when),
    "what happened, with dates": (_what, _when),
    "what is being done": (_measures,),
    "when": (_when,),
    "when and how": (_when, _how),
    "which data": (_data,),
    "which systems": (_systems,),
    "whom to call": (),
}
"""By the name a rule gives it; a note of that name comes first."""


def fill(field: str, facts: Facts) -> list[Said]:
    """Fill a field; empty when nothing in the case says it."""
    said = list(facts.noted(field))
    for filling in FIELDS.get(field, ()):
        said += filling(facts)
    return said
