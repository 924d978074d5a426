"""Pages from templates: every value that goes in is escaped, and a name nobody gave is an error."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chartkeep.console.asked import Answer
from chartkeep.console.static import address
from chartkeep.console.visitor import Visitor
from chartkeep.console.words import LANGUAGES, Words

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    auto_reload=False,
)  # fmt: skip
_TEMPLATES.globals |= {"static": address, "languages": LANGUAGES}

for _name in _TEMPLATES.list_templates():  # compiled at start, not while somebody waits
    _TEMPLATES.get_template(_name)


def page(
    template: str, words: Words, visitor: Visitor | None = None, *, status: int = 200,
    **values: object,
) -> Answer:  # fmt: skip
    """Draw a page, or a piece of one."""
    text = _TEMPLATES.get_template(template).render(t=words, visitor=visitor, **values)
    return Answer(status, text.encode())
