"""What runs where: programs out of mails, from disks, under servers, new ones everywhere."""

import re
from collections.abc import Iterator

from chartkeep.incident.timeline.bounded import Bounded
from chartkeep.incident.timeline.event import Event, What
from chartkeep.incident.timeline.known import Known
from chartkeep.incident.timeline.signs import Door, Sign, Strength

HOUR = 3_600_000
HOSTS = 3
"""Hosts on which an updater starts a program nobody knew, within an hour."""
HIGH = 3
MOST_STARTS = 100

_READERS = re.compile(
    r"(outlook|winword|excel|powerpnt|acrord32|acrobat|thunderbird|onenote)(\.exe)?$", re.IGNORECASE
)
_SERVERS = re.compile(
    r"(granian|uvicorn|gunicorn|nginx|httpd|w3wp|tomcat\d*|java|php-fpm|sslvpnd|httpsd)(\.exe)?$",
    re.IGNORECASE,
)
_SHELLS = re.compile(
    r"(^|[\\/ ])(powershell|pwsh|cmd|wscript|cscript|mshta|rundll32|regsvr32|bash|sh|dash|"
    r"busybox|curl|wget)(\.exe)?($|\s)",
    re.IGNORECASE,
)
_UPDATERS = re.compile(r"(update|upgrade|deploy|installer|agent)", re.IGNORECASE)
_DRIVE = re.compile(r"^([D-Z]):\\|^/(media|run/media|mnt)/", re.IGNORECASE)


class Programs:
    """What started on each machine."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._plugged: Bounded[list[Event]] = Bounded(list)
        self._starts: Bounded[list[Event]] = Bounded(list)

    def look(self, event: Event) -> Iterator[Sign]:
        """Look at programs, disks, services and what the guards of PCs found."""
        match event.what:
            case What.DEVICE if event.host:
                self._plugged[event.host][:] = [event]
            case What.RUN if event.ok:
                yield from self._run(event)
            case What.DETECTION if (
                event.ok and event.level >= HIGH and not self._is_from_outside(event)
            ):
                words = f"{event.text} on {event.host}"
                yield Sign(event, event, Strength.HARM, words)
            case What.SERVICE if self._known.learned(event):
                words = f"a service or task was made on {event.host}"
                yield Sign(event, event, Strength.WEAK, words)
            case What.CLEARED:
                words = f"the log of {event.host or event.source} was cleared"
                yield Sign(event, event, Strength.CLEAR, words)
            case _:
                pass

    def _is_from_outside(self, event: Event) -> bool:
        return self._known.is_outside(event.address)

    def _run(self, event: Event) -> Iterator[Sign]:
        shell = bool(_SHELLS.search(event.program))
        parent = _name(event.parent)
        if shell and _READERS.search(parent):
            words = f"{parent} started {_name(event.program)} on {event.host}"
            yield Sign(event, event, Strength.CLEAR, words, Door.MAIL)
        elif shell and _SERVERS.search(parent):
            words = f"{parent} started {_name(event.program)} on {event.host}"
            yield Sign(event, event, Strength.CLEAR, words, self._served(event.host))
        elif _DRIVE.match(event.program) and self._is_plugged(event):
            words = f"{_name(event.program)} ran from a disk just plugged in at {event.host}"
            yield Sign(event, event, Strength.CLEAR, words, Door.DISK)
        elif event.digest:
            yield from self._everywhere(event, parent)

    def _served(self, host: str) -> Door | None:
        facts = self._known.facts
        if host in facts.gateways:
            return Door.GATEWAY
        return Door.APPLICATION if host in facts.applications else None

    def _is_plugged(self, event: Event) -> bool:
        return any(event.time - each.time <= HOUR for each in self._plugged[event.host])

    def _everywhere(self, event: Event, parent: str) -> Iterator[Sign]:
        """Say when an updater brings what nobody knew to many machines: it may be just that."""
        starts = self._starts[event.digest]
        known = {each.host for each in starts}
        if event.host in known or len(starts) >= MOST_STARTS:
            return
        starts.append(event)
        if not (_UPDATERS.search(parent) and self._known.learned(starts[0])):
            return
        if len(starts) == HOSTS and event.time - starts[0].time <= HOUR:
            for each in starts:
                words = f"{parent} brought {_name(event.program)}, new to the house, to {each.host}"
                yield Sign(starts[0], each, Strength.WEAK, words, Door.UPDATE)
        elif len(starts) > HOSTS and event.time - starts[0].time <= HOUR:
            words = f"{parent} brought {_name(event.program)}, new to the house, to {event.host}"
            yield Sign(starts[0], event, Strength.WEAK, words, Door.UPDATE)


def _name(path: str) -> str:
    return re.split(r"[\\/]", path.strip('" '))[-1].lower()[:60]
