"""Which page a request is: one table of methods and paths."""

from collections.abc import Callable

from chartkeep.console import (
    chart,
    entering,
    inbox,
    keying,
    looks,
    officer,
    paper,
    static,
    ward,
)
from chartkeep.console.asked import Answer, Asked, go_to
from chartkeep.console.cookies import LANGUAGE, drop_token, read_token
from chartkeep.console.desk import Desk
from chartkeep.console.forgery import check_form
from chartkeep.console.outcome import refuse
from chartkeep.console.visitor import Visitor, read_visitor
from chartkeep.console.words import Words, choose
from chartkeep.errors import ChartkeepError, NotFoundError
from chartkeep.web.caller import LoginNeededError

_KNOWN = frozenset(
    {
        "login",
        "logout",
        "language",
        "ward",
        "search",
        "chart",
        "looks",
        "officer",
        "paper",
        "inbox",
        "static",
        "nothing",
    }
)


def template(path: tuple[str, ...]) -> str:
    """Write a path for the access log: without what names a patient."""
    if not path:
        return "/"
    return f"/{path[0]}" + "/…" * (len(path) > 1) if path[0] in _KNOWN else "-"


class Dispatch:
    """Answers every request; it is safe to share between threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answer(self, asked: Asked) -> Answer:
        """Answer a request; whatever is wrong becomes a page that says so."""
        words = choose(asked.cookies.get(LANGUAGE, ""), asked.header("accept-language"))
        visitor: Visitor | None = None
        try:
            if (found := self._open_to_all(asked, words)) is not None:
                return found
            visitor = read_visitor(asked, self._desk.sessions, words)
            if asked.method == "POST":
                check_form(asked, visitor.token)
            return self._inside(asked, visitor)
        except LoginNeededError:
            return _to_login(asked, words)
        except ChartkeepError as error:
            return refuse(error, asked, words, visitor)

    def _open_to_all(self, asked: Asked, words: Words) -> Answer | None:
        match asked.method, asked.path:
            case "GET", ("static", mark, name):
                return static.serve(mark, name)
            case "GET", ("login",):
                return entering.show_login(asked, words)
            case "POST", ("login",):
                return entering.log_in(self._desk, asked, words)
            case "POST", ("language",):
                return entering.change_language(asked)
            case _:
                return None

    def _inside(self, asked: Asked, visitor: Visitor) -> Answer:
        handler = _PAGES.get((asked.method, *asked.path[:1], *("*" for _ in asked.path[1:])))
        if handler is None:
            raise NotFoundError("there is no such page")
        return handler(self._desk, visitor, asked, *asked.path[1:])


_PAGES: dict[tuple[str, ...], Callable[..., Answer]] = {
    ("GET",): entering.show_home,
    ("GET", "nothing"): entering.show_nothing,
    ("POST", "logout"): entering.log_out,
    ("GET", "ward"): ward.show_ward,
    ("POST", "search"): ward.search,
    ("GET", "chart", "*"): chart.show_chart,
    ("POST", "chart", "*"): chart.show_chart,
    ("GET", "chart", "*", "*"): chart.show_section,
    ("POST", "chart", "*", "*"): chart.show_section,
    ("GET", "looks", "*"): looks.show_looks,
    ("GET", "inbox"): inbox.show_inbox,
    ("GET", "inbox", "*"): inbox.show_aside,
    ("POST", "inbox", "*", "*"): inbox.act,
    ("GET", "paper"): paper.show_paper,
    ("POST", "paper", "*"): paper.act,
    ("GET", "paper", "*"): keying.show_form,
    ("POST", "paper", "*", "*"): keying.act,
    ("GET", "officer"): officer.show_desk,
    ("GET", "officer", "*"): officer.show_part,
    ("POST", "officer", "*"): officer.act,
}
"""What somebody with a session may ask for; each is given desk, visitor, request, and the path's
parts where a star stands."""


def _to_login(asked: Asked, words: Words) -> Answer:
    """Ask who is there; a page that was asked for comes after the log-in.

    A cookie that came and holds no more is taken back. One that did not come is left alone: another
    site's form comes without it (SameSite), and must not log anybody out.
    """
    plain = asked.by_htmx or asked.method != "GET"
    answer = go_to("/login", asked) if plain else entering.show_login(asked, words, status=401)
    return answer.adding(drop_token(asked)) if read_token(asked) else answer
