"""A document's XML as a tree, within bounds; no DTD, no entity of its own, nothing fetched."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from chartkeep.errors import BadInputError

LARGEST, MOST_ELEMENTS, DEEPEST = 64 << 20, 400_000, 100
SPACE = "{urn:hl7-org:v3}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


class _Bounded(TreeBuilder):
    """Builds a tree and counts."""

    def __init__(self) -> None:
        super().__init__()
        self._count = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """Begin an element. Raises BadInputError when it is one too many."""
        self._count += 1
        self._depth += 1
        if self._count > MOST_ELEMENTS or self._depth > DEEPEST:
            raise BadInputError("the document has too many elements, or is nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """End an element."""
        self._depth -= 1
        return super().end(tag)


def parse(raw: bytes) -> Element:
    """Parse a document. Raises BadInputError, without content."""
    if len(raw) > LARGEST:
        raise BadInputError(f"the document is over {LARGEST >> 20} MiB")
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(raw)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise BadInputError("the document brings a DTD", hint="send it without") from error
    except (ParseError, ValueError, LookupError) as error:
        raise BadInputError("the document is no XML that can be read") from error
    return root


def one(node: Element | None, path: str) -> Element | None:
    """Give the first element at a path of CDA names (`entryRelationship/observation`)."""
    return None if node is None else node.find(_spaced(path))


def every(node: Element | None, path: str) -> Iterator[Element]:
    """Give all elements at a path."""
    return iter(()) if node is None else node.iterfind(_spaced(path))


def attribute(node: Element | None, path: str, name: str) -> str:
    """Give an attribute of the first element at a path; empty when there is none."""
    found = one(node, path) if path else node
    return "" if found is None else found.get(name, "").strip()


def words(node: Element | None) -> str:
    """Give all text in an element, with single spaces."""
    return "" if node is None else " ".join(" ".join(node.itertext()).split())


def _spaced(path: str) -> str:
    return "/".join(f"{SPACE}{step}" if step[0].isalpha() else step for step in path.split("/"))
