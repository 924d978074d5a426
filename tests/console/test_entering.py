"""Log in and out: the session is a cookie no script and no other site can use."""

import pytest

from tests.console.conftest import HOST, Clinic, read


def test_a_person_logs_in_and_comes_to_their_ward(clinic: Clinic) -> None:
    web = clinic.web("aiko")
    assert web.get("/").headers["location"] == "/ward"
    assert "aiko · nurse" in web.get("/ward").words


@pytest.mark.parametrize(("person", "place"), [("dewi", "/officer"), ("erik", "/nothing")])
def test_each_role_begins_where_its_work_is(clinic: Clinic, person: str, place: str) -> None:
    web = clinic.web(person)
    assert web.get("/").headers["location"] == place
    assert web.get(place).status == 200


def test_a_wrong_code_is_said_in_the_readers_language(clinic: Clinic) -> None:
    proof = clinic.proof("aiko") | {"code": "000000"}
    english = clinic.web().ask("POST", "/login", proof)
    japanese = clinic.web(language="ja").ask("POST", "/login", proof)
    assert (english.status, japanese.status) == (401, 401)
    assert "Name, password or code is wrong" in english.words
    assert "認証コードのいずれかが違います" in japanese.words
    assert "set-cookie" not in english.headers


def test_the_page_asked_for_comes_after_the_log_in(clinic: Clinic) -> None:
    web, chart = clinic.web(), clinic.chart(clinic.mine)
    asked = web.get(chart)
    assert asked.status == 401
    assert f'name="where" value="{chart}"' in asked.text
    answer = web.ask("POST", "/login", clinic.proof("aiko") | {"where": chart})
    assert answer.headers["location"] == chart


@pytest.mark.attack
@pytest.mark.parametrize(
    "where", ["//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "x", "/é"]
)
def test_the_log_in_sends_nobody_to_another_site(clinic: Clinic, where: str) -> None:
    answer = clinic.web().ask("POST", "/login", clinic.proof("aiko") | {"where": where})
    assert (answer.status, answer.headers["location"]) == (303, "/")


@pytest.mark.attack
def test_the_session_is_in_no_page_and_no_address(clinic: Clinic) -> None:
    web = clinic.web("aiko")
    token = web.cookies["chartkeep"]
    assert len(token) == 43
    for place in ("/ward", clinic.chart(clinic.mine), clinic.chart(clinic.other)):
        assert token not in web.get(place).text


def test_the_cookie_is_for_no_script_and_no_other_site(clinic: Clinic) -> None:
    plain = clinic.web().ask("POST", "/login", clinic.proof("aiko")).headers["set-cookie"]
    assert plain.startswith("chartkeep=")
    assert plain.endswith("; Path=/; SameSite=Strict; HttpOnly")


def test_over_tls_the_cookie_is_bound_to_this_host(clinic: Clinic) -> None:
    web = clinic.web()
    asked = web.asked("POST", "/login", clinic.proof("aiko"))._replace(secure=True)
    answer = read(clinic.dispatch.answer(asked))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-chartkeep=")
    assert cookie.endswith("; Path=/; SameSite=Strict; HttpOnly; Secure")
    web.cookies["chartkeep"] = cookie.partition(";")[0].partition("=")[2]
    asked = web.asked("GET", "/ward")
    assert clinic.dispatch.answer(asked).status == 200
    assert clinic.dispatch.answer(asked._replace(secure=True)).status == 401


def test_a_log_out_ends_the_session_at_the_keyholder(clinic: Clinic) -> None:
    web = clinic.web("aiko")
    web.get(clinic.chart(clinic.mine))
    kept = dict(web.cookies)
    out = web.post("/logout")
    assert (out.status, out.headers["location"]) == (303, "/login")
    assert web.cookies["chartkeep"] == ""
    web.cookies = kept
    assert web.get("/ward").status == 401
    assert "logout" in clinic.house.verbs()


def test_a_session_that_ended_asks_to_log_in_again(clinic: Clinic) -> None:
    web = clinic.web("aiko")
    clinic.house.clock.move(hours=12.1)
    assert web.get("/ward").status == 401
    piece = web.get("/officer/lines", hx_request="true")
    assert (piece.status, piece.headers["hx-redirect"]) == (204, "/login")


def test_the_language_is_kept(clinic: Clinic) -> None:
    web = clinic.web("aiko")
    assert 'lang="en"' in web.get("/ward").text
    answer = web.ask("POST", "/language", {"language": "ja", "where": "/ward"})
    assert answer.headers["location"] == "/ward"
    assert "担当病棟" in web.get("/ward").words


@pytest.mark.attack
def test_a_stolen_cookie_is_worthless_at_another_instance(clinic: Clinic) -> None:
    aiko, thief = clinic.web("aiko"), clinic.web(desk=clinic.join("second desk"))
    thief.cookies = dict(aiko.cookies)
    for place in ("/ward", clinic.chart(clinic.mine)):
        stolen = thief.get(place)
        assert stolen.status == 401
        assert "Tanaka" not in stolen.text


@pytest.mark.attack
@pytest.mark.parametrize("place", ["/logout", "/search", "/officer/freeze", "/language"])
@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "", "origin": "https://evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": ""},
    ],
)
def test_a_form_sent_from_elsewhere_does_nothing(
    clinic: Clinic, place: str, headers: dict[str, str]
) -> None:
    web = clinic.web("dewi")
    web.get("/officer")
    before = clinic.house.verbs()
    assert web.post(place, {"scope": "site", "sure": "yes"}, **headers).status == 403
    assert clinic.house.verbs() == before
    assert web.get("/officer").status == 200


@pytest.mark.attack
def test_a_form_of_another_site_logs_nobody_out(clinic: Clinic) -> None:
    answer = clinic.web().ask("POST", "/logout", sec_fetch_site="cross-site")
    assert answer.headers == {"location": "/login"}


@pytest.mark.attack
@pytest.mark.parametrize("form", ["", "0" * 32, "é"])
def test_a_form_without_its_word_does_nothing(clinic: Clinic, form: str) -> None:
    web = clinic.web("aiko")
    assert web.ask("POST", "/logout", {"form": form}, origin=f"http://{HOST}").status == 403
    assert web.get("/ward").status == 200


@pytest.mark.attack
def test_the_word_of_one_session_opens_no_form_of_another(clinic: Clinic) -> None:
    aiko, budi = clinic.web("aiko"), clinic.web("budi")
    word = aiko.get("/ward").form
    assert budi.ask("POST", "/logout", {"form": word}).status == 403


@pytest.mark.parametrize("place", ["/nowhere", "/chart/x", "/chart/a/b/c", "/static/0/x.js"])
def test_an_address_nobody_has_is_said_so(clinic: Clinic, place: str) -> None:
    assert clinic.web("aiko").get(place).status == 404
