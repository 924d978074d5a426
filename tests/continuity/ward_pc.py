"""A ward PC in a real browser: every process dead, no network, a pack from a file."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="make browser")

from playwright.sync_api import Browser, Page

from chartkeep.continuity.page.rendering import render
from tests.console.chromium import PATIENCE, WIDE, chromium
from tests.continuity.packs import CODE, HOUR, long_pack, ward_key, ward_pack

KEY = ward_key()
NOW = int(datetime.now(UTC).timestamp() * 1000)
EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("packs")
    (made / "ward.html").write_bytes(render(ward_pack(60, NOW - 3 * HOUR), KEY))
    (made / "forty.html").write_bytes(render(ward_pack(40, NOW - 3 * HOUR), KEY))
    (made / "old.html").write_bytes(render(ward_pack(2, NOW - 90 * HOUR), KEY))
    (made / "future.html").write_bytes(render(ward_pack(2, NOW + 90 * HOUR), KEY))
    (made / "evil.html").write_bytes(render(ward_pack(2, NOW, name=EVIL), KEY))
    (made / "long.html").write_bytes(render(long_pack(NOW), KEY))
    return made


Open = Callable[..., Page]


@pytest.fixture
def ward_pc(browser: Browser, folder: Path) -> Iterator[Open]:
    """A ward PC without a network; at the end nothing was asked of one, and no rule was broken."""
    complaints: list[str] = []
    contexts = []

    def start(name: str = "ward.html", locale: str = "en-GB", **more: object) -> Page:
        context = browser.new_context(
            locale=locale,
            offline=True,
            **{"viewport": WIDE, **more},  # type: ignore[arg-type]
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_init_script("window.print = () => { window.asked = true; }")
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("request", lambda asked: complaints.append(asked.url) if far(asked.url) else None)
        page.goto((folder / name).as_uri())
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []


def far(url: str) -> bool:
    return not url.startswith(("file:", "data:", "blob:"))


def opened(page: Page, code: str = CODE) -> Page:
    page.fill("#who", "Aiko Sato")
    page.fill("#code", code)
    page.click("#go")
    page.wait_for_selector(".beds")
    return page


def pdf(page: Page, tmp_path: Path) -> bytes:
    """What a printer would get."""
    page.wait_for_function("window.asked")
    return page.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
