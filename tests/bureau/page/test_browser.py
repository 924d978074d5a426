"""The page of one's own in a real browser: telephone and desk, four languages, keyboard alone."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="make browser")

from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from chartkeep.incident.notify.words import LANGUAGES, words_of
from chartkeep.wiring.page import page as bounded
from tests.bureau.page.conftest import ANN, Page, desk_of
from tests.console.chromium import NARROW, WIDE, chromium, screen
from tests.web.served import free_port, serving_at

pytestmark = pytest.mark.browser
TOLD = {"ja": "検査結果", "en": "laboratory results", "id": "hasil laboratorium", "fr": "検査結果"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def address(page: Page) -> Iterator[str]:
    with serving_at(bounded(desk_of(page)), free_port()) as found:
        yield found


FITS = "document.documentElement.scrollWidth <= innerWidth"


def look(tab: Tab, code: str, name: str = ANN["name"]) -> None:
    """Type it all by keyboard, as the form leads."""
    tab.focus("#code")
    for text in (code, name):
        tab.keyboard.type(text)
        tab.keyboard.press("Tab")
    tab.fill("#birth", ANN["birth_date"])
    tab.focus("#number")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Tab]:
    made = screen(browser)
    made.set_default_timeout(60_000)
    made.goto(address)
    yield made
    made.context.close()


def test_a_person_sees_their_data_and_whom_to_call_on_a_telephone_and_at_a_desk(
    tab: Tab, page: Page, address: str
) -> None:
    for language in LANGUAGES:
        tab.set_viewport_size(NARROW if language in {"ja", "id"} else WIDE)  # type: ignore[arg-type]  # two numbers
        tab.goto(f"{address}/?language={language}")
        assert tab.title() == words_of(language).own_page["title"]
        assert tab.evaluate(FITS)
        look(tab, page.code("ann"))
        tab.wait_for_selector(".apart")
        said = tab.inner_text("main")
        assert TOLD[language] in said
        assert "120" in said
        assert tab.evaluate(FITS)


def test_whoever_is_not_confirmed_reads_it_aloud_first_and_may_try_again(
    tab: Tab, page: Page
) -> None:
    look(tab, page.code("ann"), "Ann Smith")
    assert "call the number in your letter" in tab.inner_text("[role=alert]")
    look(tab, page.code("ann"))
    tab.wait_for_selector(".apart")


@pytest.mark.attack
def test_the_next_one_at_the_same_telephone_finds_nothing(tab: Tab, page: Page) -> None:
    look(tab, page.code("ann"))
    tab.wait_for_selector(".apart")
    tab.click("main a")
    tab.wait_for_selector("#code")
    assert [tab.input_value(f"#{each}") for each in ("code", "name", "birth")] == ["", "", ""]
    tab.go_back()
    assert "laboratory" not in tab.content()
    assert tab.context.cookies() == []
    assert tab.evaluate("localStorage.length + sessionStorage.length") == 0
