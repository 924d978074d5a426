"""The page of one's own: who has the letter and is the person sees it, and nobody else a word."""

import asyncio
from html import unescape
from pathlib import Path

import httpx
import pytest

from chartkeep.bureau.asked import Asked
from chartkeep.bureau.page.asking import Paragraph, Said, poster, read_key
from chartkeep.bureau.page.front import STYLE, choose, show
from chartkeep.clinical.keywords import Query
from chartkeep.custody.merging import merge
from chartkeep.custody.release import Look, charts_of
from chartkeep.errors import NotAllowedError, RefusedError
from chartkeep.incident.notify.code import fresh_code
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.patience import ABOUT_ONE
from chartkeep.incident.notify.register import Called, Outcome
from chartkeep.incident.notify.words import LANGUAGES, words_of
from chartkeep.keyholder.actions import SetLimit
from chartkeep.keyholder.roles import mask
from chartkeep.model import Purpose, Section
from chartkeep.wiring.page import page as bounded
from tests.bureau.page.conftest import ANN, HANA, Page, desk_of
from tests.continuity.ward_house import two


def outcomes(page: Page) -> list[Outcome]:
    calls = (each.what for each in page.office.register().calls)
    return [each.outcome for each in calls if isinstance(each, Called)]


def test_who_has_the_letter_sees_which_of_their_data_is_concerned(page: Page) -> None:
    shown = page.look(code=page.code("ann").lower(), **ANN)
    assert shown.status == 200
    assert b"laboratory results" in shown.body
    assert b'lang="en"' in shown.body
    assert outcomes(page) == [Outcome.OWN_PAGE]
    assert "検査結果" in page.look("ja", code=page.code("hana"), **HANA).body.decode()


def test_it_says_whom_to_call_and_in_which_language_it_is(page: Page) -> None:
    code = page.code("ann")
    shown = page.look(code=code, **ANN).body.decode()
    assert "+81 120 000 000" in shown
    assert "The Japanese version is the authoritative one" in shown
    assert words_of("en").own_page["other"] not in shown
    french = unescape(page.look("fr", code=code, **ANN).body.decode())
    assert '<html lang="fr"' in french
    assert '<div lang="ja"' in french
    assert words_of("fr").own_page["other"] in french
    assert "0120-000-000" in french


def test_each_look_is_a_line_of_both_ledgers_and_opens_the_face_alone(page: Page) -> None:
    page.look(code=page.code("ann"), **ANN)
    [line] = page.office.register().calls
    assert isinstance(line.what, Called)
    released = [each for each in page.house.lines() if each.session.hex() == line.what.session]
    assert {each.sections for each in released if each.verb == "release"} == {mask(Section.FACE)}
    assert line.what.agent == ""


def test_a_letter_that_was_looked_up_is_received(page: Page) -> None:
    register, code = page.office.register(), page.code("ann")
    for state in (State.PRINTED, State.POSTED):
        register.move([code], state)
    page.look(code=code, **ANN)
    assert page.office.register().states[code] is State.RECEIVED


def test_who_has_two_charts_sees_both_by_either_letter(page: Page) -> None:
    old = page.office.admit("old", "Miller", "Ann", birthDate="1970-01-01")
    page.office.make("old", sections=mask(Section.IMAGING))
    merge(page.office.charts["ann"], old, page.house.engine)
    for name in ("ann", "old"):
        shown = page.look(code=page.code(name), **ANN)
        assert b"laboratory results" in shown.body, name
        assert b"X-rays" in shown.body, name


@pytest.mark.attack
def test_whatever_is_wrong_looks_alike_and_says_nothing(page: Page) -> None:
    code = page.code("ann")
    wrong = [
        {"code": code, **HANA},
        {"code": code, "name": "Ann", "birth_date": "1970-01-01"},
        {"code": code, "name": "Ann Miller", "birth_date": "1970-01-02"},
        {"code": fresh_code(), **ANN},
        {"code": "", **ANN},
        {"code": code[:-1] + "*", **ANN},
        {"code": code, "name": "x" * 10_000, "birth_date": "1970-01-01"},
        {"code": code, "name": "Ann Miller", "birth_date": "1970-01-01", "number": "A-9999"},
        {},
    ]
    answers = [page.look(**typed) for typed in wrong]
    assert {(each.status, each.body) for each in answers} == {(403, answers[0].body)}
    assert words_of("en").own_page["refused"].encode() in answers[0].body
    junk = Asked("POST", (), {"language": "en"}, {}, b"\xff" + b"&a=b" * 50)
    assert page.front.answer(junk).status == 403


@pytest.mark.attack
def test_a_letter_guessed_at_is_silent_for_the_day_and_the_call_desk_stays_open(
    page: Page,
) -> None:
    code = page.code("ann")
    for _ in range(ABOUT_ONE + 3):
        assert page.look(code=code, **HANA).status == 403
    assert page.look(code=code, **ANN).status == 403
    assert outcomes(page) == [Outcome.NOT_CONFIRMED] * ABOUT_ONE
    for _ in range(70):
        page.look(code=fresh_code(), **ANN)
    assert len(outcomes(page)) == ABOUT_ONE  # strangers fill no register
    assert page.look(code=page.code("hana"), **HANA).status == 200


@pytest.mark.attack
def test_whoever_takes_the_pages_host_asks_as_a_visitor_does(page: Page) -> None:
    stolen = desk_of(page)
    stolen.ask({"code": page.code("ann"), **ANN})
    bearer = stolen._token
    for method, path in (("GET", "/cases"), ("GET", f"/cases/{page.office.case.id}/events")):
        assert ask(page, method, path, bearer) == 403
    # Without a letter it finds nobody, although it knows all that a caller could say.
    said = {**HANA, "code": "", "phone": "09012345678"}
    assert page.post(f"/cases/{page.office.case.id}/calls", bearer, said)[0] == 403
    assert page.post("/cases/20260101-aaaaaa/calls", bearer, {**ANN, "code": "x"})[0] == 404
    # Nor at any other door of the house, which knows its key too.
    gate = page.house.desk
    token = gate.keyholder.login_program(stolen._program.assertion(page.house.now())).token
    look = Look(token, frozenset({Section.FACE}), Purpose.PATIENT_REQUEST, "")
    with pytest.raises(NotAllowedError, match="does not search"):
        charts_of(Query(name="Ann Miller"), look, gate, 20)


def ask(page: Page, method: str, path: str, token: str) -> int:

    parts = tuple(part for part in path.split("/") if part)
    headers = {"authorization": f"Bearer {token}"}
    return page.dispatch.answer(Asked(method, parts, {}, headers)).status


@pytest.mark.attack
def test_another_programs_key_asks_nothing(page: Page) -> None:
    page.front = type(page.front)(desk_of(page, "ES384"))
    assert page.look(code=page.code("ann"), **ANN).status == 503


def test_whoever_comes_after_too_many_is_told_so_in_their_language_until_two_raise_it(
    page: Page,
) -> None:
    def allow(most: int) -> None:
        limit = SetLimit("person", "letters", "face", 3_600_000, most)
        two(page.house, "dewi", "gita", limit)

    allow(0)
    for language in LANGUAGES:
        told = page.look(language, code=page.code("ann"), **ANN)
        assert told.status == 503
        assert words_of(language).own_page["busy"] in unescape(told.body.decode())
    assert not outcomes(page)
    allow(1)
    assert page.look(code=page.code("ann"), **ANN).status == 200


def test_a_session_that_ended_is_made_anew(page: Page) -> None:
    assert page.look(code=page.code("ann"), **ANN).status == 200
    page.house.clock.move(minutes=20)
    assert page.look(code=page.code("ann"), **ANN).status == 200


def test_a_desk_that_is_away_is_said_as_that(page: Page) -> None:
    page.away = True
    shown = page.look(code=page.code("ann"), **ANN)
    assert shown.status == 503
    assert words_of("en").own_page["later"].encode() in shown.body


def test_the_form_is_there_in_every_language_of_the_letters() -> None:
    for language in LANGUAGES:
        drawn = show(language)
        shown, own = unescape(drawn.body.decode()), words_of(language).own_page
        for name in ("title", "intro", "code", "name", "birth_date", "number", "privacy"):
            assert own[name] in shown
        assert f'lang="{language}"' in shown
        for wanted in ({"language": language}, {}):
            accepts = {"accept-language": f"xx, {language}-XX;q=0.9"}
            assert choose(Asked("GET", (), wanted, accepts)) == language


def test_markup_in_what_the_desk_says_is_shown_and_does_nothing(page: Page) -> None:

    said = Said("en", [Paragraph("body", "<script>x</script>")])
    assert b"&lt;script&gt;" in show("en", said=said).body


def test_it_is_served_in_bounds_without_cookies_and_kept_by_nobody(
    page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    app, typed = bounded(desk_of(page)), {"code": page.code("ann"), **ANN}

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            found = [await client.get("/"), await client.post("/?language=en", data=typed)]
            found.append(await client.get(f"/static/{STYLE}"))
            found.append(await client.get("/../etc/passwd"))
            return [*found, await client.post("/", content=b"x" * 9_000)]

    form, told, style, other, long = asyncio.run(ask())
    assert [each.status_code for each in (form, told, style, other, long)] == [
        200, 200, 200, 404, 413,
    ]  # fmt: skip
    assert b"laboratory results" in told.content
    assert told.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in told.headers["content-security-policy"]
    assert not any("set-cookie" in each.headers for each in (form, told))
    log = capsys.readouterr().err
    assert page.code("ann") not in log
    assert "Miller" not in log


@pytest.mark.attack
def test_the_desk_is_asked_over_tls_or_on_this_machine(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="over TLS"):
        poster("http://desk.example:8082")
    poster("http://127.0.0.1:8082")
    with pytest.raises(RefusedError, match="no key"):
        read_key(tmp_path / "none")
