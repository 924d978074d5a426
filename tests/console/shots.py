"""Pictures of every page, to be looked at: python -m tests.console.shots /tmp/shots."""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page

from chartkeep.clinical.claim import Claim, Number
from chartkeep.continuity.forms import FormKind
from chartkeep.custody.inbox import Aside, put_aside
from chartkeep.custody.placing import Why
from chartkeep.model import to_text
from tests import cast, memory
from tests.console.chromium import NARROW, WIDE, chromium, log_in, screen
from tests.console.hospital import Hospital, open_hospital
from tests.console.paperwork import after_downtime, begin_form, key_given

LOCALES = {"en": "en-GB", "ja": "ja-JP"}


def main(out: Path) -> None:
    """Take them all."""
    out.mkdir(parents=True, exist_ok=True)
    with (
        memory.folder() as folder,
        open_hospital(folder, cast.FakeClock()) as hospital,
        chromium() as browser,
    ):
        for language, locale in LOCALES.items():
            _ward(browser, hospital, out / language, locale)
        for language, locale in LOCALES.items():
            _officer(browser, hospital, out / language, locale)
            _inbox(browser, hospital, out / language, locale)
            _paper(browser, hospital, out / language, locale)


def _ward(browser: Browser, hospital: Hospital, out: Path, locale: str) -> None:
    out.mkdir(exist_ok=True)
    page = screen(browser, locale)
    page.goto(f"{hospital.address}/")
    _shoot(page, out / "login")
    log_in(page, hospital, "aiko")
    _shoot(page, out / "ward")
    page.fill("#typed", "長")
    page.wait_for_selector("#found a")
    _shoot(page, out / "search")
    page.goto(f"{hospital.address}/ward")
    page.click(".beds a >> nth=2")
    page.wait_for_selector("h1 .name")
    _shoot(page, out / "chart")
    for section in ("documents", "imaging"):
        page.click(f"#{section} button")
        page.wait_for_selector(f"#{section} section")
    page.click(".note summary >> nth=0")
    page.click(".results details summary >> nth=0")
    _shoot(page, out / "chart-open")
    page.emulate_media(media="print")
    _shoot(page, out / "print")
    page.emulate_media(media="screen")
    page.goto(f"{hospital.address}/chart/{to_text(hospital.charts[-1])}?open=restricted")
    _shoot(page, out / "trouble")
    page.goto(f"{hospital.address}/chart/{to_text(hospital.charts[-2])}")
    _shoot(page, out / "glass")
    page.fill("#reason", "found unconscious in the corridor, no ward known yet")
    page.click("button.danger")
    page.wait_for_selector(".broken")
    _shoot(page, out / "broken")


def _officer(browser: Browser, hospital: Hospital, out: Path, locale: str) -> None:
    page = screen(browser, locale)
    log_in(page, hospital, "dewi")
    page.click("#lines button")
    page.wait_for_selector("table.live")
    _shoot(page, out / "officer")
    page.goto(f"{hospital.address}/looks/{to_text(hospital.charts[2])}")
    _shoot(page, out / "looks")


def _inbox(browser: Browser, hospital: Hospital, out: Path, locale: str) -> None:
    claim = Claim((Number("urn:mrn", "4711"),), ("山田 太郎", "Yamada Taro"), "1956-08-03")
    raw = b"MSH|^~\\&|LAB|MINATO\rPID|1||4711||Yamada^Taro\rOBX|1|NM|glucose||5.4"
    kind = "x-application/hl7-v2+er7"
    aside = Aside("hl7", "lab", "M1", Why.MISMATCH, claim, kind, raw, "the name is another")
    ident = put_aside(aside, hospital.house.engine)
    page = screen(browser, locale)
    log_in(page, hospital, "hiro")
    page.wait_for_selector("table.inbox")
    _shoot(page, out / "inbox")
    page.goto(f"{hospital.address}/inbox/{to_text(ident)}")
    page.fill("#typed", "長")
    page.click("section[aria-labelledby=whose] button")
    page.wait_for_selector("#choose p")
    _shoot(page, out / "aside")


def _paper(browser: Browser, hospital: Hospital, out: Path, locale: str) -> None:
    afternoon = after_downtime(hospital)
    page = screen(browser, locale)
    log_in(page, hospital, "aiko")
    page.goto(f"{hospital.address}/paper")
    _shoot(page, out / "paper")
    begin_form(page, hospital, afternoon, FormKind.MEDICATION)
    key_given(page, "1", "Amoxicillin 500 mg", "500 mg")
    key_given(page, "2", "Metformin", "500 mg")
    key_given(page, "2", "Metformin", "850 mg")
    _shoot(page, out / "keying")
    begin_form(page, hospital, afternoon, FormKind.VITALS)
    page.fill("[name=pulse]", "720")
    page.fill("[name=time]", "08:30")
    with page.expect_navigation():
        page.click(".keyed button.main")
    _shoot(page, out / "vitals")
    page.goto(f"{hospital.address}/paper/{afternoon[FormKind.NOTES]}")
    _shoot(page, out / "form")


def _shoot(page: Page, name: Path) -> None:
    """Take a page wide and narrow."""
    page.screenshot(path=name.with_suffix(".png"), full_page=True)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.screenshot(path=name.with_suffix(".390.png"), full_page=True)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
