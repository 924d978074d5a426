"""The pages in a real browser: keyboard alone, no script of an intruder's, nothing left behind."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

pytest.importorskip("playwright", reason="make browser")

from playwright.sync_api import Browser, Page, expect

from chartkeep.model import to_text
from tests import cast, memory
from tests.console.chromium import NARROW, chromium, log_in, screen
from tests.console.hospital import BEDS, Hospital, open_hospital

pytestmark = pytest.mark.browser
WHY = "found unconscious in the corridor"


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with (
        memory.folder() as folder,
        open_hospital(folder, cast.FakeClock()) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """One person's screen; at the end nothing on it may have broken a rule of the policy."""
    made = screen(browser)
    complaints: list[str] = []
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("console", lambda said: complaints.append(said.text) if "olicy" in said.text else None)
    yield made
    made.context.close()
    assert complaints == []


def chart_of(hospital: Hospital, at: int) -> str:
    return f"{hospital.address}/chart/{to_text(hospital.charts[at])}"


def test_a_nurse_works_by_keyboard_alone(page: Page, hospital: Hospital) -> None:
    log_in(page, hospital, "aiko")
    expect(page.locator(".beds tbody tr")).to_have_count(BEDS + 1)
    page.keyboard.press("/")
    page.keyboard.type("na")
    expect(page.locator("#found a").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found a").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#typed")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chart/*")


def test_what_is_typed_is_found_while_it_is_typed(page: Page, hospital: Hospital) -> None:
    log_in(page, hospital, "aiko")
    page.fill("#typed", "長")
    expect(page.locator("#found a")).to_contain_text("長島 千香")
    page.fill("#typed", "zzzz")
    expect(page.locator("#found")).to_contain_text("Nobody is found by that")
    page.fill("#typed", "z")
    expect(page.locator("#found")).to_contain_text("Type two letters")


def test_a_chart_is_opened_section_by_section(page: Page, hospital: Hospital) -> None:
    log_in(page, hospital, "aiko")
    page.click(".beds a >> nth=2")
    expect(page.locator("h1")).to_contain_text("南橋 雄郎")
    for title in ("Allergies", "Problems", "Medication", "Results", "Timeline"):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    page.click("#documents button")
    expect(page.locator("#documents .note").first).to_be_visible()
    page.click(".results summary >> nth=0")
    expect(page.locator("svg.plot").first).to_be_visible()
    assert page.locator("svg.plot polyline").first.get_attribute("points")


def test_the_glass_is_broken_and_an_officer_answers(
    page: Page, browser: Browser, hospital: Hospital
) -> None:
    log_in(page, hospital, "aiko")
    page.goto(chart_of(hospital, -2))
    expect(page.get_by_role("heading", level=1)).to_have_text("This chart is not open to you")
    page.get_by_label("Why do you need this chart now?").fill(WHY)
    page.get_by_role("button", name="Break the glass").click()
    expect(page.locator(".broken")).to_contain_text(WHY)
    page.click("#documents button")
    expect(page.locator("#documents .note").first).to_be_visible()
    officer = screen(browser)
    log_in(officer, hospital, "dewi")
    expect(officer.locator(".review")).to_contain_text(WHY)
    officer.get_by_label("What came of it").fill("asked the ward, all is well")
    officer.get_by_role("button", name="Reviewed").click()
    expect(officer.get_by_role("status")).to_have_text("Done, and written down")
    expect(officer.locator(".review")).to_have_count(0)
    officer.context.close()


def test_an_officer_watches_what_goes_on(page: Page, hospital: Hospital) -> None:
    log_in(page, hospital, "dewi")
    page.get_by_role("button", name="Watch").click()
    expect(page.locator("table.live")).to_contain_text("logged in")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("table.live")).to_have_count(0)


def test_without_script_everything_still_works(browser: Browser, hospital: Hospital) -> None:
    page = screen(browser, java_script_enabled=False)
    log_in(page, hospital, "aiko")
    page.fill("#typed", "長島")
    page.keyboard.press("Enter")
    page.click("#found a")
    expect(page.locator("h1")).to_contain_text("長島 千香")
    page.click("#documents button")
    expect(page.locator("#documents .note").first).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_no_page_is_wider_than_a_telephone(
    browser: Browser, hospital: Hospital, locale: str
) -> None:
    for person, places in (("aiko", ["/ward", *_charts(hospital)]), ("dewi", ["/officer"])):
        page = screen(browser, locale)
        log_in(page, hospital, person)
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        for place in places:
            page.goto(hospital.address + place)
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], place
        page.context.close()


def _charts(hospital: Hospital) -> list[str]:
    return [f"/chart/{to_text(hospital.charts[at])}?open=documents" for at in (2, -1, -2)]


@pytest.mark.attack
def test_markup_in_names_and_notes_is_shown_and_does_nothing(
    page: Page, hospital: Hospital
) -> None:
    log_in(page, hospital, "aiko")
    for place in ("/ward", f"/chart/{to_text(hospital.charts[-1])}?open=documents&open=restricted"):
        page.goto(hospital.address + place)
        page.wait_for_load_state("networkidle")
        assert "owned" not in page.title()
        expect(page.locator("main")).to_contain_text("<script>document.title='owned'</script>")
        assert page.locator("main img, main script").count() == 0


@pytest.mark.attack
def test_after_the_log_out_the_way_back_shows_nothing(page: Page, hospital: Hospital) -> None:
    log_in(page, hospital, "aiko")
    page.goto(chart_of(hospital, 2))
    expect(page.locator("h1")).to_contain_text("南橋 雄郎")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    page.go_back()
    page.wait_for_load_state("networkidle")
    assert "南橋" not in page.content()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


@pytest.mark.attack
def test_nothing_of_a_patient_stays_in_the_browser(page: Page, hospital: Hospital) -> None:
    log_in(page, hospital, "aiko")
    page.fill("#typed", "長島")
    expect(page.locator("#found a")).to_be_visible()
    page.goto(chart_of(hospital, 2))
    page.click("#documents button")
    expect(page.locator("#documents .note").first).to_be_visible()
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    assert page.evaluate("Object.values(sessionStorage)") == [page.url[len(hospital.address) :]]
    assert page.evaluate("caches.keys()") == []
    assert "%E9" not in page.url


@pytest.mark.attack
def test_a_page_of_another_site_posts_in_vain(
    page: Page, hospital: Hospital, elsewhere: str
) -> None:
    log_in(page, hospital, "dewi")
    before = len(hospital.house.lines())
    page.goto(f"{elsewhere}/?{hospital.address}")
    page.wait_for_url(f"{hospital.address}/**")
    assert page.locator("body").inner_text() != ""
    page.goto(f"{hospital.address}/officer")
    expect(page.get_by_text("Nothing is frozen")).to_be_visible()
    assert len(hospital.house.lines()) == before


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A site of an intruder's, whose page sends a form at once to the address in its query."""

    class Evil(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = self.path.partition("?")[2]
            body = (
                f'<form method="post" action="{address}/officer/freeze">'
                '<input name="scope" value="site"><input name="sure" value="yes"></form>'
                "<script>document.forms[0]?.submit()</script>"
            ).encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Evil)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.attack
def test_a_cookie_carried_to_another_browser_is_still_one_session(
    page: Page, browser: Browser, hospital: Hospital
) -> None:
    """Whoever has the cookie has the session, until it ends: so it ends for both at once."""
    log_in(page, hospital, "aiko")
    thief = screen(browser)
    thief.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    thief.goto(f"{hospital.address}/ward")
    expect(thief.locator(".beds")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    thief.goto(f"{hospital.address}/ward")
    expect(thief.get_by_role("heading", level=1)).to_have_text("Log in")
    thief.context.close()


def test_a_page_is_usable_within_a_second(page: Page, hospital: Hospital) -> None:
    log_in(page, hospital, "aiko")
    script = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    for place in ("/ward", f"/chart/{to_text(hospital.charts[2])}"):
        times = []
        for _ in range(3):
            page.goto(hospital.address + place)
            times.append(page.evaluate(script))
        print(place, "usable after", [round(each) for each in times], "ms")
        assert page.locator("h1").is_visible()
