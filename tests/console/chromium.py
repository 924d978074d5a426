"""Debian's Chromium, driven by Playwright: people at their screens."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import cast
from tests.console.hospital import Hospital

PROGRAM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 60_000
"""Milliseconds in which a page must have done what it was asked for, however busy the machine."""
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


expect.set_options(timeout=PATIENCE)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=SWITCHES)
        yield browser
        browser.close()


def screen(browser: Browser, locale: str = "en-GB", **more: object) -> Page:
    """Give a person a screen of their own."""
    context = browser.new_context(locale=locale, viewport=WIDE, **more)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def log_in(page: Page, hospital: Hospital, person: str) -> None:
    """Log a person in, by keyboard alone."""
    hospital.house.clock.move(seconds=30)
    page.goto(f"{hospital.address}/")
    page.wait_for_selector("#name:focus")
    for text in (person, cast.PASSWORD, hospital.house.clock.code(person)):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".who b")
