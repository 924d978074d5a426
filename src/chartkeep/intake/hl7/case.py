"""One message being read for one patient: what every family of messages needs to know.

A resource's key is its name at the source and the reference others make to it. It is made of what
its sender calls it, hashed, because numbers hold signs no reference may.
"""

import hashlib
import re
from datetime import tzinfo
from typing import Any, NamedTuple

from chartkeep.clinical.documents import File
from chartkeep.clinical.issuers import Issuers
from chartkeep.intake.hl7.reading import Message, Segment, Value
from chartkeep.intake.hl7.times import fhir_time

Json = dict[str, Any]


class Sender(NamedTuple):
    """A configured feed; `issuer`: the system of its numbers, `place`: its ADT places patients."""

    name: str
    issuer: str
    zone: tzinfo
    issuers: Issuers
    place: bool = False


class Built(NamedTuple):
    """A resource made of a message; `if_absent`: only where there is none under this key yet.

    `file`: what a DocumentReference is about.
    """

    key: str
    body: Json
    if_absent: bool = False
    file: File | None = None


class Case(NamedTuple):
    """A message, who sent it, and the reference to whom it is about."""

    message: Message
    sender: Sender
    patient: str

    @property
    def subject(self) -> Json:
        """Give the reference to the patient."""
        return {"reference": self.patient}

    @property
    def author(self) -> str:
        """Name who numbers what has no authority of its own: the feed and the application."""
        return f"{self.sender.name}|{self.message.header.sender}"

    def key(self, kind: str, *parts: str) -> str:
        """Name a resource: the same parts have the same name in every message about a patient.

        Two charts never share one: a number that comes again for another person is another thing.
        """
        told = "\x00".join((self.patient, *parts)).encode()
        return f"{kind}/{hashlib.sha256(told).hexdigest()[:32]}"

    def time(self, segment: Segment, field: int) -> str:
        """Read a time. Raises BadInputError, naming the field."""
        return self.moment(segment.text(field), f"{segment.name}-{field}")

    def moment(self, text: str, place: str) -> str:
        """Read a time that stands at a place. Raises BadInputError, naming it."""
        return fhir_time(text, self.sender.zone, place)

    def system(self, value: Value, component: int, what: str) -> str:
        """Say the system of a number by its assigning authority (HD), else the feed's issuer's.

        `what` parts the kinds of numbers one issuer gives out. Only of what decides no chart: whose
        numbers are a patient's, `people` says.
        """
        return self._system((value.text(component, 1), value.text(component, 2)), what)

    def entity_system(self, value: Value, what: str) -> str:
        """Say the system of an order's or document's number (EI: number, namespace, id, type)."""
        return self._system((value.text(2), value.text(3)), what)

    def _system(self, authority: tuple[str, str], what: str) -> str:
        named = "&".join(filter(None, authority))
        kind = f"{self.sender.issuer}{what}"
        return self.sender.issuers.system(named, kind) or f"{kind}/{slug(named)}"


def slug(text: str) -> str:
    """Write a name that is no URI as a part of one."""
    return re.sub("[^A-Za-z0-9._-]", "-", text)


def without_empty(body: Json) -> Json:
    """Leave out what says nothing: FHIR has no empty element."""
    return {name: value for name, value in body.items() if value or value is False or value == 0}
