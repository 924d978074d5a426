"""Paper keyed in a real browser: scanned, confirmed, keyed twice blind, and in the chart."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="make browser")

from playwright.sync_api import Browser, expect

from chartkeep.continuity.forms import FormKind
from chartkeep.model import to_text
from tests import cast, memory
from tests.console.chromium import NARROW, chromium, log_in, screen
from tests.console.hospital import Hospital, open_hospital
from tests.console.paperwork import after_downtime, begin_form, key_given

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with (
        memory.folder() as folder,
        open_hospital(folder, cast.FakeClock(), 9) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def test_a_scanned_form_is_keyed_twice_and_stands_in_the_chart(
    browser: Browser, hospital: Hospital
) -> None:
    numbers, page = after_downtime(hospital), screen(browser)
    log_in(page, hospital, "aiko")
    begin_form(page, hospital, numbers, FormKind.ORDERS)
    for _ in range(2):
        again = page.locator("a[href*='at=1']")
        if again.count():
            again.click()
            expect(page.locator("main")).not_to_contain_text("chest X-ray")
        page.fill("[name=time]", "10:30")
        page.select_option("[name=what]", "other")
        page.fill("[name=order]", "chest X-ray")
        with page.expect_navigation():
            page.click(".keyed button.main")
    expect(page.locator("li.filed")).to_contain_text("chest X-ray")
    page.click("text=Finish: all lines are keyed")
    expect(page.locator(".good")).to_contain_text("Entered")
    page.goto(f"{hospital.address}/chart/{to_text(hospital.charts[0])}")
    expect(page.locator("main")).to_contain_text("chest X-ray")
    page.context.close()


def test_on_a_telephone_nothing_is_wider_than_the_screen(
    browser: Browser, hospital: Hospital
) -> None:
    numbers, page = after_downtime(hospital), screen(browser)
    log_in(page, hospital, "aiko")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    begin_form(page, hospital, numbers, FormKind.MEDICATION)
    key_given(page, "1", "Amoxicillin 500 mg", "500 mg")
    for place in (page.url, f"{hospital.address}/paper"):
        page.goto(place)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= NARROW["width"], place
    page.context.close()
