"""The ward pack in a real browser: every process dead, no network, from a file."""

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="make browser")

from playwright.sync_api import expect

from chartkeep.continuity.openings import read_lines
from tests.console.chromium import NARROW, WIDE
from tests.continuity.packs import CODE
from tests.continuity.ward_pc import EVIL, KEY, Open, browser, folder, opened, pdf, ward_pc

__all__ = ["browser", "folder", "ward_pc"]
pytestmark = pytest.mark.browser
FOUND = {
    "naga": 8, "ながし": 8, "ナガシマ": 8, "長島": 8, "301-2": 1, "47100": 3, "elodie lef": 8,
    "o'connor": 7, "zzz": 0,
}  # fmt: skip
SAID = (
    "Full code", "Penicillin", "Contact precautions (MRSA)", "61.5 kg", "減塩食 6 g",
    "医療保護入院", "Ringer's lactate", "Heart failure", "Blood culture", "Chest X-ray",
    "Echocardiography", "+81 90 0000 0000", "Influenza", "3 more in the chart",
)  # fmt: skip


def test_it_opens_with_everything_else_dead(ward_pc: Open) -> None:
    page = opened(ward_pc())  # how fast: bench/pack_open.py
    expect(page.locator(".beds tbody tr")).to_have_count(60)
    expect(page.locator("#bar")).to_contain_text(re.compile(r"data of .*, 3 h \d+ min old"))


@pytest.mark.parametrize(("who", "code"), [("", CODE), ("   ", CODE), ("Aiko Sato", " ")])
def test_without_a_name_or_a_code_it_says_what_is_missing(
    ward_pc: Open, who: str, code: str
) -> None:
    page = ward_pc()
    page.fill("#who", who)
    page.fill("#code", code)
    page.click("#go")
    expect(page.locator("#answer")).to_contain_text("your name and the code")
    assert page.locator(".beds").count() == 0


@pytest.mark.attack
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("0000-0000-0000-0000-0000", "another ward, or an older one"),
        (CODE.replace("7", "8"), "compare it with the envelope"),
        ("1234", "20 letters and digits"),
    ],
)
def test_a_wrong_code_opens_nothing_and_says_what_is_wrong(
    ward_pc: Open, code: str, said: str
) -> None:
    page = ward_pc()
    page.fill("#who", "Aiko Sato")
    page.fill("#code", code)
    page.click("#go")
    expect(page.locator("#answer")).to_contain_text(said)
    expect(page.locator("#code")).to_be_focused()
    assert page.locator(".beds").count() == 0
    opened(page)


def test_a_code_typed_in_small_letters_and_full_width_opens_it(ward_pc: Open) -> None:
    full_width = CODE.lower().translate({each: each + 0xFEE0 for each in range(0x21, 0x7F)})
    opened(ward_pc(), full_width)


def test_a_browser_that_lacks_webcrypto_is_told_so(ward_pc: Open, folder: Path) -> None:
    page = ward_pc()
    page.context.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    page.goto((folder / "ward.html").as_uri())
    expect(page.get_by_role("alert")).to_contain_text("WebCrypto is missing")


@pytest.mark.attack
def test_a_changed_file_says_that_it_was_changed(ward_pc: Open, folder: Path) -> None:
    html = (folder / "ward.html").read_text()
    at = html.index('id="pack"') + 4_000
    other = "A" if html[at] != "A" else "B"
    (folder / "changed.html").write_text(html[:at] + other + html[at + 1 :])
    page = ward_pc("changed.html")
    page.fill("#who", "Aiko Sato")
    page.fill("#code", CODE)
    page.click("#go")
    expect(page.locator("#answer")).to_contain_text("the file was changed")


def test_a_patient_is_found_by_name_bed_or_number(ward_pc: Open) -> None:
    page = opened(ward_pc())
    rows = page.locator(".beds tbody tr:not([hidden])")
    for typed, found in FOUND.items():
        page.fill("#typed", typed)
        expect(rows).to_have_count(found)
    expect(page.locator("#none")).to_contain_text("Nobody on this ward")


def test_a_patient_is_reached_by_keyboard_alone(ward_pc: Open) -> None:
    page = ward_pc()
    for text in ("Aiko Sato", CODE):
        page.keyboard.press("Tab") if text == CODE else page.locator("#who").focus()
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator("#typed")).to_be_focused()
    page.keyboard.type("takeo")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("南橋 雄郎")
    page.keyboard.press("Escape")
    expect(page.locator("#typed")).to_be_focused()


def test_enter_opens_a_patient_only_when_nobody_else_is_meant(ward_pc: Open) -> None:
    page = opened(ward_pc())
    page.keyboard.press("Enter")
    page.fill("#typed", "naga")
    page.keyboard.press("Enter")
    expect(page.locator(".beds a >> nth=0")).to_be_focused()
    page.fill("#typed", "301-2")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("南橋 雄郎")


def test_two_people_of_one_name_are_marked(ward_pc: Open) -> None:
    page = opened(ward_pc("evil.html"))
    expect(page.locator(".beds .tag.alert >> nth=0")).to_have_text("Same name on this ward")
    page.click(".beds a >> nth=0")
    expect(page.locator("main .wrong").first).to_have_text("Same name on this ward")
    page = opened(ward_pc())
    expect(page.locator(".beds")).not_to_contain_text("Same name")


@pytest.mark.parametrize("size", [WIDE, NARROW, {"width": 1280, "height": 620}])
def test_allergies_and_code_status_are_never_below_the_fold(
    ward_pc: Open, size: dict[str, int]
) -> None:
    page = opened(ward_pc(viewport=size))
    page.click(".beds a >> nth=0")
    for part in (".status", ".allergies"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= size["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP", "id-ID", "fr-FR"])
def test_no_view_is_wider_than_a_telephone(ward_pc: Open, locale: str) -> None:
    page = opened(ward_pc(locale=locale, viewport=NARROW))
    assert page.evaluate("document.documentElement.lang") == locale[:2]
    for place in ("", "#patient/0", "#patient/2", "#forms/0", "#lines"):
        page.evaluate(f"location.hash = '{place}'")
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], place


def test_everything_of_a_sheet_is_shown_and_what_is_not_known_is_said(ward_pc: Open) -> None:
    page = opened(ward_pc())
    page.click(".beds a >> nth=0")
    main = page.locator("main")
    for text in SAID:
        expect(main).to_contain_text(text)
    expect(page.locator("[data-part=pregnancy]")).to_contain_text("No data")
    expect(page.locator("[data-part=results] svg.plot")).not_to_have_count(0)
    page.click("summary.course >> nth=0")
    expect(page.locator("figure svg .band").first).to_be_visible()
    page.evaluate("location.hash = '#patient/1'")
    expect(page.locator(".allergies")).to_contain_text("None, as the chart says")


def test_the_language_is_switched_in_the_page(ward_pc: Open) -> None:
    page = opened(ward_pc())
    for tag, word in (
        ("ja", "病棟全員を印刷"),
        ("id", "Cetak seluruh bangsal"),
        ("fr", "Imprimer tout"),
    ):
        page.select_option("#language", tag)
        expect(page.locator("main")).to_contain_text(word)


@pytest.mark.attack
def test_markup_in_names_is_shown_and_does_nothing(ward_pc: Open, tmp_path: Path) -> None:
    page = opened(ward_pc("evil.html"))
    expect(page.locator(".beds .name").first).to_have_text(EVIL)
    page.click(".beds a >> nth=0")
    expect(page.locator("h1")).to_contain_text(EVIL)
    page.click("text=Print this patient")
    pdf(page, tmp_path)
    assert page.title() == "Ward pack"
    assert page.locator("main img, main script, #paper img, #paper script").count() == 0


def test_an_expired_pack_says_so_loudly_and_asks_a_second_time(ward_pc: Open) -> None:
    page = ward_pc("old.html")
    expect(page.locator("#bar")).to_contain_text("EXPIRED")
    page.fill("#who", "Aiko Sato")
    page.fill("#code", CODE)
    page.click("#go")
    expect(page.locator("h1")).to_have_text("This pack has expired")
    assert page.locator(".beds").count() == 0
    page.get_by_role("button", name="There is no newer one").click()
    expect(page.locator(".beds")).to_be_visible()
    expect(page.locator("#bar")).to_contain_text("EXPIRED")
    line = read_lines(page.evaluate("lines.export()"), KEY)[0]
    assert (line.act, line.expired, line.who) == ("opened", True, "Aiko Sato")


def test_a_pc_whose_clock_is_wrong_says_that_nobody_knows_how_old_the_pack_is(
    ward_pc: Open,
) -> None:
    expect(ward_pc("future.html").locator("#bar")).to_contain_text("how old it is nobody knows")


def test_lines_of_many_openings_are_one_chain(ward_pc: Open) -> None:
    page = ward_pc()
    for _ in range(3):
        opened(page)
        page.reload()
    opened(page)
    page.evaluate("location.hash = '#lines'")
    expect(page.locator("table.lines tbody tr")).to_have_count(4)
    with page.expect_download() as saved:
        page.click("text=Save as a file")
    text = Path(saved.value.path()).read_text()
    assert [line.who for line in read_lines(text, KEY)] == ["Aiko Sato"] * 4
    assert saved.value.suggested_filename.startswith("chartkeep-lines-")


@pytest.mark.attack
def test_nothing_of_a_patient_stays_in_the_browser(ward_pc: Open) -> None:
    page = opened(ward_pc())
    page.click(".beds a >> nth=0")
    page.click("text=Print this patient")
    page.wait_for_function("window.asked")
    kept = page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie")
    for text in ("長島", "Nagashima", "4710000", "Penicillin"):
        assert text not in kept
    assert "Nagashima" not in page.url
    page.reload()
    expect(page.locator("#code")).to_have_value("")
    assert "Nagashima" not in page.content()


@pytest.mark.attack
def test_a_pc_left_alone_for_half_an_hour_forgets_the_charts(ward_pc: Open, folder: Path) -> None:
    page = ward_pc()
    page.clock.install()
    page.goto((folder / "ward.html").as_uri())
    page.reload()
    opened(page)
    page.clock.fast_forward("29:00")
    expect(page.locator(".beds")).to_be_visible()
    page.clock.fast_forward("02:00")
    expect(page.locator("#code")).to_be_visible()
    assert "Nagashima" not in page.content()


def test_every_field_has_a_label_and_every_view_a_heading(ward_pc: Open) -> None:
    page = ward_pc()
    unlabelled = """() => [...document.querySelectorAll("input, select, textarea")]
      .filter((each) => !each.labels.length && !each.ariaLabel).map((each) => each.outerHTML)"""
    assert page.evaluate(unlabelled) == []
    opened(page)
    for place in ("", "#patient/0", "#forms", "#lines"):
        page.evaluate(f"location.hash = '{place}'")
        page.wait_for_timeout(50)
        assert page.evaluate(unlabelled) == [], place
        assert page.locator("h1").count() == 1


def test_a_browser_that_keeps_nothing_still_opens_and_says_so(ward_pc: Open, folder: Path) -> None:
    page = ward_pc()
    page.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    )
    page.goto((folder / "ward.html").as_uri())
    page.reload()
    opened(page)
    expect(page.locator("main")).to_contain_text("This browser keeps nothing")
    assert len(read_lines(page.evaluate("lines.export()"), KEY)) == 1
