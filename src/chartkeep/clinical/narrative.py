"""The narrative of a section: XHTML a person can read when no program can (narrative.html).

Promises: whatever a resource says stands in it as text only; nothing becomes a tag, an attribute,
or a character XML does not allow.
"""

import re
from collections.abc import Sequence
from html import escape

# XML 1.0, 2.2: all else may stand in no document, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 500
"""Characters of one cell: a note of pages belongs in its resource."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table."""
    head = "".join(f"<th>{plain(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{plain(each)}</td>' for each in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def paragraph(text: str) -> str:
    """Write a paragraph."""
    return f"<p>{plain(text)}</p>"


def division(inner: str) -> str:
    """Put finished XHTML into the element FHIR wants around it."""
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'


def plain(text: str) -> str:
    """Make any text safe to stand between tags."""
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return escape(_NOT_XML.sub("\ufffd", shown))
