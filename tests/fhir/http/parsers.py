"""What reads a stranger's request before anybody knows who it is, under any bytes."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from chartkeep.errors import ChartkeepError
from chartkeep.fhir.http.asked import Asked, check_forms
from chartkeep.fhir.http.bundles import Page
from chartkeep.fhir.http.tokens import _form
from chartkeep.fhir.preconditions import (
    parse_if_match,
    parse_if_modified_since,
    parse_if_none_match,
)
from chartkeep.web.caller import read_token, write_token

BASE = "http://minato.example/fhir"
PREFERENCES = ("return", "handling", "respond-async", "")


def feed(data: bytes) -> None:
    """Read bytes as the first byte says: something understood, or an error of ours."""
    chosen = PARSERS[(data[0] if data else 0) % len(PARSERS)]
    try:
        chosen(data[1:])
    except ChartkeepError:
        return


def token_form(data: bytes) -> None:
    found = _form(asked(body=data))
    assert all(isinstance(value, str) for value in found.values())


def bearer(data: bytes) -> None:
    token = read_token(f"Bearer {data.decode('latin-1')}")
    assert read_token(f"Bearer {write_token(token)}") == token


def authorization(data: bytes) -> None:
    assert len(read_token(data.decode("latin-1"))) == 32


def prefer(data: bytes) -> None:
    header = asked({"prefer": data.decode("latin-1")})
    assert all(len(header.prefer(name)) <= len(data) for name in PREFERENCES)


def tags(data: bytes) -> None:
    for parse in (parse_if_match, parse_if_none_match):
        try:
            parse(data.decode("latin-1")).names(1)
        except ChartkeepError:
            continue
    assert parse_if_modified_since(data.decode("latin-1")) is not None


def forms(data: bytes) -> None:
    text = data.decode("latin-1")
    for name in ("accept", "content-type"):
        try:
            check_forms(asked({name: text}, body=b"{}"))
        except ChartkeepError:
            continue
    check_forms(asked(query=text))


def page(data: bytes) -> None:
    """A link of ours leads to where it says it does."""
    first = Page.of(asked(query=data.decode("latin-1")))
    for link in first.links(first.offset + 2 * first.size, 7):
        again = Page.of(asked(query=urlsplit(link["url"]).query))
        assert (again.pairs, again.size) == (first.pairs, first.size)
        assert again.offset in (first.offset, first.offset + first.size)


def asked(headers: dict[str, str] | None = None, query: str = "", body: bytes = b"") -> Asked:
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    return Asked("GET", ("Observation",), pairs, headers or {}, body, BASE)


PARSERS: tuple[Callable[[bytes], None], ...] = (
    token_form, bearer, authorization, prefer, tags, forms, page,
)  # fmt: skip
