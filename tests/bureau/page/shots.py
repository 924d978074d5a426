"""Pictures of the page, to be looked at: python -m tests.bureau.page.shots /tmp/shots."""

import sys
from datetime import date
from pathlib import Path

from playwright.sync_api import Browser

from chartkeep.bureau.asked import Asked
from chartkeep.bureau.page.asking import Paragraph, Said
from chartkeep.bureau.page.front import STYLE, Front, show
from chartkeep.incident.notify.affected import Affected, Sure
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.letter import Occasion
from chartkeep.incident.notify.notice import read_notice
from chartkeep.incident.notify.recipient import To
from chartkeep.incident.notify.register import Row
from chartkeep.incident.notify.telling import tell_rows
from chartkeep.incident.notify.words import LANGUAGES
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Millis, Section
from tests import cast
from tests.console.chromium import NARROW, WIDE, chromium, screen
from tests.incident.notify.conftest import NOTICE


class _States:
    """A register as far as words need one."""

    def __init__(self) -> None:
        self.states = {"C": State.POSTED}


def told(language: str) -> Said:
    """What the desk says to somebody whose name and results are concerned."""
    now = Millis(cast.START)
    where = Affected(
        ChartId(b"c" * 16), mask(Section.FACE, Section.RESULTS), now, now, Sure.CERTAIN
    )
    row = Row("C", where, To.PERSON, language, False, State.POSTED)
    occasion = Occasion(read_notice(NOTICE), date(2027, 1, 15))
    said = tell_rows([row], _States(), occasion, language, "")  # type: ignore[arg-type]  # its states
    return Said(said.language, [Paragraph(each.style, each.text) for each in said.paragraphs])


def main(out: Path) -> None:
    """Take them all."""
    out.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for language in LANGUAGES:
            pages = {
                "form": show(language), "refused": show(language, trouble="refused"),
                "told": show(language, said=told(language)),
            }  # fmt: skip
            for name, drawn in pages.items():
                _shoot(browser, drawn.body, out / f"{language}-{name}")


def _shoot(browser: Browser, body: bytes, out: Path) -> None:
    style = Front(None).answer(Asked("GET", ("static", STYLE), {}, {}))  # type: ignore[arg-type]  # asks nobody
    for size, viewport in (("wide", WIDE), ("phone", NARROW)):
        page = screen(browser)
        page.set_viewport_size(viewport)  # type: ignore[arg-type]  # two numbers
        page.route(
            "**/static/*", lambda route: route.fulfill(body=style.body, content_type=style.kind)
        )
        page.route("http://page/", lambda route: route.fulfill(body=body, content_type="text/html"))
        page.goto("http://page/")
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        page.screenshot(path=f"{out}-{size}.png", full_page=True)
        print(out.name, size, "overflows" if wider > 0 else "fits")
        page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
