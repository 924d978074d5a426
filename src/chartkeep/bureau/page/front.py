"""The page itself: one form, one answer, in the languages of the letters.

No cookie, no session, nothing in an address: every look says who it is anew, and closing the page
ends it. Whatever was not confirmed looks alike.
"""

from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chartkeep.bureau.asked import Answer, Asked
from chartkeep.bureau.page.asking import Desk, Said
from chartkeep.errors import BadInputError, ChartkeepError, NotAllowedError, OverBudgetError
from chartkeep.incident.notify.code import read_code
from chartkeep.incident.notify.words import LANGUAGES, words_of

HTML: Final = "text/html; charset=utf-8"
FIELDS: Final = ("code", "name", "birth_date", "number")
LONGEST: Final = 200
MOST_FIELDS: Final = 10
_HERE = Path(__file__).parent
_STYLE = (_HERE / "page.css").read_bytes()
STYLE: Final = f"{sha256(_STYLE).hexdigest()[:12]}.css"
_FOR_EVER = ("Cache-Control", "public, max-age=31536000, immutable")
_PAGE = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True, auto_reload=False,
).get_template("page.html")  # fmt: skip


class Front:
    """Answers every request; safe to share between threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answer(self, asked: Asked) -> Answer:
        """Answer a request."""
        language = choose(asked)
        match asked.method, asked.path:
            case "GET" | "HEAD", ("static", name) if name == STYLE:
                return Answer(200, _STYLE, (_FOR_EVER,), "text/css; charset=utf-8")
            case "GET" | "HEAD", ():
                return show(language)
            case "POST", ():
                return self._look(asked, language)
            case _:
                return show(language, status=404)

    def _look(self, asked: Asked, language: str) -> Answer:
        try:
            claim = _claim(asked.body)
            read_code(claim["code"])
            return show(language, said=self._desk.ask(claim | {"language": language}))
        except (NotAllowedError, BadInputError):  # a slip and a guess look alike
            return show(language, trouble="refused", status=403)
        except OverBudgetError:
            return show(language, trouble="busy", status=503)
        except ChartkeepError:
            return show(language, trouble="later", status=503)


def show(
    language: str, *, said: Said | None = None, trouble: str = "", status: int = 200
) -> Answer:
    """Draw the page: the form, what is wrong with it, or what there is to tell."""
    words = words_of(language)
    others = {each: words_of(each).name for each in LANGUAGES if each != language}
    shown = said.language if said and said.language in LANGUAGES else language
    body = _PAGE.render(
        language=language, shown=shown, t=words.own_page, said=said.say if said else (),
        trouble=trouble, others=others, style=STYLE,
        direction=words.direction, shown_direction=words_of(shown).direction,
    )  # fmt: skip
    return Answer(status, body.encode(), (("Vary", "Accept-Language"),), HTML)


def choose(asked: Asked) -> str:
    """Choose a language: the one asked for, else the first a browser wants that is here."""
    named = asked.query.get("language", "")
    if named in LANGUAGES:
        return named
    wanted = asked.header("accept-language")[:LONGEST].split(",")
    tags = (each.partition(";")[0].strip().lower().partition("-")[0] for each in wanted)
    return next((tag for tag in tags if tag in LANGUAGES), "en")


def _claim(body: bytes) -> dict[str, str]:
    """Read what was typed. Raises BadInputError."""
    try:
        fields = parse_qs(body.decode(), max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadInputError("this is no form") from error
    claim = {name: fields.get(name, [""])[0].strip() for name in FIELDS}
    if any(len(each) > LONGEST for each in claim.values()):
        raise BadInputError("a field is too long")
    return claim
