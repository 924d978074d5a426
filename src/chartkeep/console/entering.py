"""Log in and out, and the language."""

from chartkeep.console.asked import Answer, Asked, Fields, first, go_to
from chartkeep.console.cookies import drop_token, keep_language, keep_token
from chartkeep.console.desk import Desk
from chartkeep.console.forgery import check_origin
from chartkeep.console.outcome import tell
from chartkeep.console.pages import page
from chartkeep.console.visitor import Visitor
from chartkeep.console.words import CATALOGUE, Words
from chartkeep.errors import ChartkeepError, NotAllowedError, UnavailableError
from chartkeep.model import Section

WRONG = "Name, password or code is wrong. A code works once: wait for the next."


def show_home(_: Desk, visitor: Visitor, asked: Asked) -> Answer:
    """Send a person to where their role begins."""
    if visitor.rights.audit:
        return go_to("/officer", asked)
    if Section.INBOX in visitor.sections:
        return go_to("/inbox", asked)
    return go_to("/ward" if Section.FACE in visitor.sections else "/nothing", asked)


def show_login(asked: Asked, words: Words, sentence: str = "", status: int = 200) -> Answer:
    """Draw the form."""
    where = "/".join(("", *asked.path)) if asked.path[:1] != ("login",) else "/"
    return page("login.html", words, status=status, sentence=sentence, where=where, name="")


def log_in(desk: Desk, asked: Asked, words: Words) -> Answer:
    """Prove a person to the keyholder, and give their browser the session."""
    check_origin(asked)
    form = asked.form()
    name = first(form, "name").strip()
    code = "".join(first(form, "code").split())
    try:
        session = desk.house.keyholder.login(name, first(form, "password"), code)
    except ChartkeepError as error:
        status, sentence = tell(error)
        sentence = WRONG if type(error) is NotAllowedError else sentence
        status = status if isinstance(error, UnavailableError) else 401
        return page(
            "login.html", words, status=status, sentence=sentence, where=_ours(form), name=name
        )
    return go_to(_ours(form), asked).adding(keep_token(asked, session.token))


def log_out(desk: Desk, visitor: Visitor, asked: Asked) -> Answer:
    """End the session at the keyholder, here and in the browser."""
    desk.end(visitor.token)
    return go_to("/login", asked).adding(drop_token(asked))


def change_language(asked: Asked) -> Answer:
    """Keep a language."""
    check_origin(asked)
    form = asked.form()
    chosen = first(form, "language")
    answer = go_to(_ours(form), asked)
    return answer.adding(keep_language(asked, chosen)) if chosen in CATALOGUE else answer


def show_nothing(_: Desk, visitor: Visitor, asked: Asked) -> Answer:  # noqa: ARG001 - as every page is called
    """Say that a role opens no chart here."""
    return page("nothing.html", visitor.words, visitor)


def _ours(form: Fields) -> str:
    """Give the page to go back to: one of ours, or the first."""
    where = first(form, "where")
    plain = where.startswith("/") and not where.startswith(("//", "/\\", "/login", "/nothing"))
    return where if plain and where.isprintable() and where.isascii() else "/"
