"""One line of syslog: RFC 5424, RFC 3164 (also with the time rsyslog writes now), and vendors'.

Messages may be key=value, CEF, JSON, or a sentence; of sentences only who and from where is read.
"""

import json
import re

Row = dict[str, str]

_5424 = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) \S+ (?P<id>\S+) ?(?P<rest>.*)",
    re.DOTALL,
)
_3164 = re.compile(
    r"(?:<(?P<pri>\d{1,3})>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|"
    r"\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:?\d\d)) (?P<host>\S+) "
    r"(?:(?P<app>[\w./-]{1,48})(?:\[\d+\])?: ?)?(?P<rest>.*)",
    re.DOTALL,
)
_BARE = re.compile(r"<(?P<pri>\d{1,3})>(?P<rest>.*)", re.DOTALL)
_PAIRS = re.compile(r'([A-Za-z][\w.@-]{0,60})=(?:"((?:[^"\\]|\\.){0,4000})"|(\S{0,4000}))')
_CEF = re.compile(r"CEF:\d\|" + r"((?:[^|\\]|\\.)*)\|" * 6)
_EXTENSION = re.compile(r"(?:^|\s)(\w{1,60})=")
_ELEMENT = re.compile(r'\[([\w@.-]{1,64})((?: [^\s=\]"]{1,64}="(?:[^"\\\]]|\\.){0,4000}")*)\] ?')
_FROM = re.compile(
    r"(?:for|user|by)(?: invalid)?(?: user)? [\"']?([\w.@\\-]{1,80})[\"']?.{0,80}?\bfrom "
    r"\[?([0-9a-fA-F.:]{3,45})",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^a-z0-9]")


def is_syslog(line: str) -> bool:
    """Say whether a line is one of syslog's."""
    return bool(_5424.match(line) or _3164.match(line) or _BARE.match(line))


def read_message(line: str) -> Row | None:
    """Read one line; None for what is no syslog."""
    if found := _5424.fullmatch(line):
        rest = found["rest"]
        row = {"time": found["time"], "host": found["host"], "app": found["app"]}
        if found["id"] != "-":
            row["msgid"] = found["id"]
        at = 0  # the rest is cut once: a line of a million elements is read in its own time
        while element := _ELEMENT.match(rest, at):
            row |= _pairs(element[2])
            at = element.end()
        rest = rest[at:].removeprefix("- ").lstrip("\ufeff")
    elif found := _3164.fullmatch(line):
        row = {"time": found["time"], "host": found["host"], "app": found["app"] or ""}
        rest = found["rest"]
    elif found := _BARE.fullmatch(line):
        row, rest = {}, found["rest"]
    else:
        return None
    if found["pri"]:
        row["syslogseverity"] = str(int(found["pri"]) % 8)
    # What the header says stays what it says: a message names other hosts too.
    return _told(rest) | {name: told for name, told in row.items() if told not in {"", "-"}}


def _told(rest: str) -> Row:
    """Read a message by whichever of the vendors' ways it is written in."""
    if cef := _CEF.search(rest):
        vendor, product, _, ident, name, severity = cef.groups()
        return _extension(rest[cef.end() :]) | {
            "vendor": vendor, "product": product, "eventid": ident, "name": name,
            "severity": severity,
        }  # fmt: skip
    if rest.startswith("{"):
        try:
            found = json.loads(rest)
        except (ValueError, RecursionError):
            found = {}
        told = {_plain(k): v if isinstance(v, str) else json.dumps(v) for k, v in found.items()}
        return told or {"message": rest}
    pairs = _pairs(rest)
    if len(pairs) >= 3:
        return pairs
    told = {"message": rest} | pairs
    if sentence := _FROM.search(rest):
        told.setdefault("user", sentence[1])
        told.setdefault("srcip", sentence[2])
    return told


def _extension(text: str) -> Row:
    """Read CEF's extension: a value goes on to the next name, with its spaces. Linear."""
    names = list(_EXTENSION.finditer(text))
    ends = [each.start() for each in names[1:]] + [len(text)]
    return {
        _plain(name[1]): text[name.end() : end].strip()
        for name, end in zip(names, ends, strict=True)
    }


def _pairs(text: str) -> Row:
    return {_plain(name): quoted or bare for name, quoted, bare in _PAIRS.findall(text)}


def _plain(name: str) -> str:
    return _NAME.sub("", name.lower())
