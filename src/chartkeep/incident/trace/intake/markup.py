"""XML and HTML: C-CDA documents, XML of any other make, and pages. No entity, no DTD, no script."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BufferedReader, TextIOWrapper
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from chartkeep.incident.trace.found import Kind
from chartkeep.incident.trace.intake.delimited import lines_of
from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.telling import Trouble
from chartkeep.incident.trace.intake.tree import tell_documents

CDA = (
    "id", "other id", "given", "family", "birthTime", "gender", "address", "telecom",
    "encounter", "time", "code", "value", "unit",
)  # fmt: skip
_MOST_DEEP = 60
_ACTS = {"observation", "substanceAdministration", "procedure", "act", "encounter"}


def read_xml(file: BufferedReader, out: Out) -> Kind:
    """Read a clinical document as rows of its patient's acts, other XML as rows of its parts."""
    try:
        elements = iterparse(file, events=("start", "end"), forbid_dtd=True)
        _, root = next(elements)
        if _tag(root) == "ClinicalDocument":
            for event, element in elements:
                if event == "start" and _tag(element) == "nonXMLBody":
                    break
            _tell_document(root, out)
            return Kind.CDA
        tell_documents(_parts(root, elements), _tag(root), out)
    except DefusedXmlException:
        out.trouble = Trouble.ENTITIES
    except (ParseError, StopIteration):
        out.trouble = Trouble.BROKEN
    return Kind.TEXT


def _parts(root: Element, elements: Iterator[tuple[str, Element]]) -> Iterator[object]:
    """Yield each child of the root, laid out by tags, and forget it."""
    depth = 0
    for event, element in elements:
        depth += 1 if event == "start" else -1
        if event == "end" and depth == 0:
            yield _laid(element)
            root.clear()


def _laid(element: Element, depth: int = 0) -> object:
    if depth > _MOST_DEEP:
        return ""
    laid: dict[str, object] = {f"@{_bare(name)}": value for name, value in element.attrib.items()}
    for child in element:
        laid.setdefault(_tag(child), []).append(_laid(child, depth + 1))  # type: ignore[attr-defined]
    text = (element.text or "").strip()
    if not laid:
        return text
    return laid | ({"text": text} if text else {})


def _tell_document(root: Element, out: Out) -> None:
    """Say the patient once for each act that has a value or a code (C-CDA R2.1)."""
    patient = root.find("./{*}recordTarget/{*}patientRole")
    out.table("C-CDA", CDA)
    who = _who(patient) if patient is not None else ["" for _ in CDA[:8]]
    encounter = root.find(".//{*}encompassingEncounter/{*}id")
    visit = "" if encounter is None else encounter.get("extension", "")
    told = False
    for act in root.iter():
        code = act.find("./{*}code") if _tag(act) in _ACTS else None
        if code is None:
            continue
        time, value = act.find("./{*}effectiveTime"), act.find("./{*}value")
        low = None if time is None else time.find("./{*}low")
        out.row([
            *who, visit, _at(time, "value") or _at(low, "value"), _at(code, "code"),
            _at(value, "value") or _at(value, "code"), _at(value, "unit"),
        ])  # fmt: skip
        told = True
    if not told:
        out.row([*who, visit])
    for text in root.iter("{urn:hl7-org:v3}text"):
        for line in " ".join(text.itertext()).splitlines():
            out.text(line)


def _who(patient: Element) -> list[str]:
    ids = [each.get("extension", "") for each in patient.findall("./{*}id")][:2]
    person = patient.find("./{*}patient")
    name = None if person is None else person.find("./{*}name")
    given = [] if name is None else [each.text or "" for each in name.findall("./{*}given")]
    family = None if name is None else name.find("./{*}family")
    born = None if person is None else person.find("./{*}birthTime")
    sex = None if person is None else person.find("./{*}administrativeGenderCode")
    address = patient.find("./{*}addr")
    parts = [] if address is None else [text.strip() for text in address.itertext()]
    phone = _at(patient.find("./{*}telecom"), "value").removeprefix("tel:")
    return [
        *(*ids, "", "")[:2], " ".join(given), "" if family is None else family.text or "",
        _at(born, "value"), _at(sex, "code"), " ".join(filter(None, parts)), phone,
    ]  # fmt: skip


def _at(element: Element | None, name: str) -> str:
    return "" if element is None else element.get(name, "")


def _tag(element: Element) -> str:
    return _bare(str(element.tag))


def _bare(name: str) -> str:
    return name.rsplit("}", 1)[-1]


class _Page(HTMLParser):
    """A page's text, a row of a table as one line."""

    def __init__(self, out: Out) -> None:
        super().__init__(convert_charrefs=True)
        self._out = out
        self._line: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- theirs
        self._hidden += tag in ("script", "style")
        if tag in ("td", "th"):
            self._line.append("\t")
        elif tag in ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "table"):
            self.end_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._line.append(re.sub(r"\s+", " ", data))
            if len(self._line) > 10_000:
                self.end_line()

    def end_line(self) -> None:
        line, self._line = "".join(self._line), []
        if line.strip():
            self._out.text(line)


def read_html(text: TextIOWrapper, out: Out) -> None:
    """Read a page's text line by line."""
    page = _Page(out)
    for line in lines_of(text):
        page.feed(line + "\n")
    page.close()
    page.end_line()


_RTF = re.compile(
    r"\\u(-?\d{1,6})\??|\\'([0-9a-fA-F]{2})|\\(par|line|row|cell|tab)\b ?|\\[a-z]+-?\d* ?|\\\*|[{}]"
)


def read_rtf(text: TextIOWrapper, out: Out) -> None:
    """Read the text between the control words, in Latin letters unless written as Unicode."""
    for line in lines_of(text):
        plain = _RTF.sub(_rtf_sign, line)
        for each in plain.splitlines() or [""]:
            out.text(each)


def _rtf_sign(match: re.Match[str]) -> str:
    code, byte, word = match.groups()
    if code:
        return chr(int(code) % 65_536)
    if byte:
        return bytes.fromhex(byte).decode("cp1252", "replace")
    return {"cell": "\t", "tab": "\t"}.get(word, "\n") if word else ""
