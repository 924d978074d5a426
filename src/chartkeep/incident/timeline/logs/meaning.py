"""What a row of another machine's log means: its words, as an Event.

Windows' own numbers first, since they mean one thing each; then what kind of columns a row has;
then its words. What nothing fits is OTHER: shown in the timeline, never a reason for anything.
"""

import re
from collections.abc import Mapping

from chartkeep.incident.timeline.event import MOST_TEXT, Event, What

Row = Mapping[str, str]

TIMES = (
    "timecreated", "systemtime", "timestamp", "eventtime", "datetime", "dateandtime", "time",
    "devicetime", "receivetime", "starttime", "utctime", "rt", "ts", "date",
)  # fmt: skip
HOSTS = (
    "computer", "computername", "machinename", "hostname", "devicename", "devname", "dvchost",
    "host", "agentname", "endpoint", "dvc",
)  # fmt: skip
SOURCES = (
    "srcip", "src", "sourceip", "srcaddr", "sourceaddress", "sourcenetworkaddress", "ipaddress",
    "clientip", "clientaddress", "remip", "remoteip", "remoteaddr", "peer", "callingstationid",
)  # fmt: skip
TARGETS = (
    "dstip", "dst", "destinationip", "destip", "destinationaddress", "dstaddr", "serverip",
    "tunnelip", "assignip", "assignedip", "framedipaddress",
)  # fmt: skip
"""Of a VPN's log-in: the address it was given inside."""
PEOPLE = (
    "targetusername", "user", "username", "accountname", "duser", "suser", "srcuser", "account",
    "subjectusername", "login", "userid", "upn",
)  # fmt: skip
ACTIONS = ("action", "act", "outcome", "result", "status", "disposition", "eventoutcome")
LEVELS = ("severity", "threatlevel", "risk", "crlevel", "level", "priority")
THREATS = ("threatname", "threat", "attack", "signature", "alertname", "detection", "rulename")
PROGRAMS = ("newprocessname", "processname", "image", "process", "commandline", "exe")
PARENTS = ("parentprocessname", "parentimage", "parentname", "parentprocess", "parent")
DIGESTS = ("sha256", "filehash", "hash", "hashes")
WORDS = ("message", "msg", "description", "logdesc", "reason", "name", "event", "cfgpath")
PORTS = ("dstport", "dpt", "destinationport", "destport", "port")

WINDOWS: Mapping[str, tuple[What, bool]] = {
    "4624": (What.LOGIN, True), "4625": (What.LOGIN, False), "4771": (What.LOGIN, False),
    "4634": (What.LOGOUT, True), "4647": (What.LOGOUT, True), "4688": (What.RUN, True),
    "4697": (What.SERVICE, True), "7045": (What.SERVICE, True), "4698": (What.SERVICE, True),
    "4720": (What.ACCOUNT, True), "4722": (What.ACCOUNT, True), "4725": (What.ACCOUNT, True),
    "4726": (What.ACCOUNT, True), "4728": (What.ACCOUNT, True), "4732": (What.ACCOUNT, True),
    "4740": (What.LOGIN, False), "1102": (What.CLEARED, True), "104": (What.CLEARED, True),
    "6416": (What.DEVICE, True), "20001": (What.DEVICE, True), "1116": (What.DETECTION, True),
    "1117": (What.DETECTION, False), "5001": (What.CONFIG, True),
}  # fmt: skip
"""Event ids of Windows' logs (Microsoft, "Appendix L: Events to Monitor")."""
GONE_IDS = frozenset({"4725", "4726"})
"""An account was disabled, or deleted."""

ALWAYS = frozenset({What.CLEARED, What.ACCOUNT, What.SERVICE, What.LOGOUT, What.DEVICE, What.OTHER})
"""What is said only once it took effect: its words name what was refused, cleared or removed."""

_NOBODY = frozenset(
    {"", "-", "system", "anonymous logon", "local service", "network service", "n/a"}
)
_REFUSED = re.compile(
    r"den(y|ied)|drop|block|fail|reject|invalid|quarantin|prevent|refus|clean|remov|wrong|locked",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"log-?(in|on)\b|logged (in|on)|authenticat|tunnel-(up|start)|ssl-?vpn|"
    r"accepted (password|publickey)|password for",
    re.IGNORECASE,
)
_LOGOUT = re.compile(
    r"log-?(out|off)\b|logged (out|off)|tunnel-down|session closed|disconnected", re.IGNORECASE
)
_GONE = re.compile(r"(account|user).{0,40}(disabled|deleted|removed)", re.IGNORECASE)
_ACCOUNT = re.compile(r"(account|user|admin)\b.{0,40}(creat|add|enabled)", re.IGNORECASE)
_CONFIG = re.compile(r"config|object (edited|added)|policy (changed|added)|firmware", re.IGNORECASE)
_CLEARED = re.compile(r"log.{0,20}(cleared|erased|deleted)", re.IGNORECASE)
_DEVICE = re.compile(r"usb|removable", re.IGNORECASE)
_SERVICE = re.compile(r"service was installed|scheduled task.{0,20}creat", re.IGNORECASE)
_KEYED = re.compile(r"(?:^|\n|\t|  )\s{0,8}([A-Z][A-Za-z ]{2,40}):[ \t]+([^\r\n\t]{1,200})")
_HIGH = re.compile(r"high|crit|severe|emerg|alert|fatal", re.IGNORECASE)
_MEDIUM = re.compile(r"medium|moderate|warn|error", re.IGNORECASE)


def first(row: Row, names: tuple[str, ...]) -> str:
    """Give the first of some columns that says something."""
    for name in names:  # a loop: this is most of what reading a log costs
        if name in row and row[name] not in {"-", ""}:
            return row[name]
    return ""


def time_of(row: Row) -> str:
    """Give the words of a row's time; a date and a time in two columns are joined."""
    if "date" in row and "time" in row:
        return f"{row['date']} {row['time']}"
    return first(row, TIMES)


def person_of(text: str) -> str:
    """Name a person as all sources share it: no domain, no capitals; machines are nobody."""
    name = text.rpartition("\\")[2].partition("@")[0].strip().lower()
    return "" if name in _NOBODY or name.endswith("$") else name


def event_of(row: Row, source: str, place: str) -> Event:
    """Say what a row means; its time is the caller's."""
    row = _with_message(row)
    ident = row.get("eventid") or row.get("eventcode") or row.get("id", "")
    known = WINDOWS.get(ident) if _is_windows(row) else None
    what, ok = known or _kind(row)
    person, host = person_of(first(row, PEOPLE)), first(row, HOSTS)
    return Event(
        0, source, place, what, ok=ok, host=_host(host), address=_address(first(row, SOURCES)),
        target=_address(first(row, TARGETS)), person=person,
        how=row.get("logontype") or first(row, PORTS), program=first(row, PROGRAMS)[:MOST_TEXT],
        parent=first(row, PARENTS)[:MOST_TEXT], digest=first(row, DIGESTS)[:100],
        level=_level(row, known is not None), text=_text(row, what, ident),
    )  # fmt: skip


def own_address(row: Row) -> tuple[str, str]:
    """Say which address a row calls its host's own: host and address, empty when it says none."""
    address = first(row, ("hostip", "localip", "deviceip", "agentip", "leaseip"))
    return _host(first(row, HOSTS)), _address(address)


def is_gone(event: Event) -> bool:
    """Say whether an event means that an account is no longer anybody's."""
    return event.what is What.ACCOUNT and event.text.startswith("account gone")


def _with_message(row: Row) -> Row:
    """Add what Windows says in its messages, line by line, where no column says it."""
    message = row.get("message", "")
    if "\n" not in message and "\t" not in message:
        return row
    told: dict[str, str] = {}
    for name, value in _KEYED.findall(message[:20_000]):
        if value.strip() != "-":  # of two accounts the second is whom it is about
            told[name.replace(" ", "").lower()] = value.strip()
    return told | dict(row)


def _is_windows(row: Row) -> bool:
    return any(
        name in row
        for name in ("channel", "providername", "machinename", "computer", "logontype", "logname",
                     "taskcategory", "targetusername")
    )  # fmt: skip


def _kind(row: Row) -> tuple[What, bool]:
    """Say what kind of row it is by its columns, then by its words, and whether it took effect."""
    action = first(row, ACTIONS)
    ok = not _REFUSED.search(action)
    words = " ".join((row.get("type", ""), row.get("subtype", ""), action, first(row, WORDS)))
    what = What.DETECTION if first(row, THREATS) else _told(row, words)
    if what is What.LOGIN:
        ok = not _REFUSED.search(words)
    return what, ok or what in ALWAYS


def _told(row: Row, words: str) -> What:
    """Say what kind of row it is by the first of these that fits."""
    tried = (
        (What.CLEARED, _CLEARED.search(words)),
        (What.ACCOUNT, _GONE.search(words) or _ACCOUNT.search(words)),
        (What.SERVICE, _SERVICE.search(words)),
        (What.RUN, first(row, PROGRAMS)),
        (What.LOGOUT, _LOGOUT.search(words)),
        (What.LOGIN, _LOGIN.search(words)),
        (What.CONFIG, _CONFIG.search(words)),
        (What.CONNECT, first(row, TARGETS)),
        (What.DEVICE, _DEVICE.search(words)),
    )
    return next((what for what, fits in tried if fits), What.OTHER)


def _level(row: Row, windows: bool) -> int:  # noqa: FBT001 - Windows' levels mean something else
    text = "" if windows else first(row, LEVELS)
    if text.isdecimal():
        return 3 if int(text) >= 7 else 2 if int(text) >= 4 else 1
    return 3 if _HIGH.search(text) else 2 if _MEDIUM.search(text) else 1 if text else 0


def _text(row: Row, what: What, ident: str) -> str:
    """Keep the source's own words, cut; a gone account is marked as such, whoever says it how."""
    words = first(row, THREATS) or first(row, WORDS) or first(row, ACTIONS)
    words = " ".join(words.split())
    if what is What.ACCOUNT and (ident in GONE_IDS or _GONE.search(words)):
        words = f"account gone: {words}"
    return words[:MOST_TEXT]


def _host(text: str) -> str:
    """Name a machine without its domain."""
    text = text.strip().lower()[:100]
    return text if _address(text) else text.partition(".")[0]


def _address(text: str) -> str:
    """Keep an IP address as one, whatever stands before and behind it; else nothing."""
    found = re.search(
        r"(\d{1,3}(?:\.\d{1,3}){3})|([0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})",
        text[:200],
        re.IGNORECASE,
    )
    return found[0].lower() if found else ""
