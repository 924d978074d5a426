"""The ward pack printed by a real browser: patients, forms and their numbers."""

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="make browser")

from chartkeep.continuity.forms import read_number
from chartkeep.continuity.openings import read_lines
from tests.continuity.ward_pc import KEY, Open, browser, folder, opened, pdf, ward_pc

__all__ = ["browser", "folder", "ward_pc"]
pytestmark = pytest.mark.browser
PAGES = re.compile(rb"/Type\s*/Page\b(?!s)")


def test_forty_patients_are_printed_each_with_head_and_page_numbers(
    ward_pc: Open, tmp_path: Path
) -> None:
    page = opened(ward_pc("forty.html"))
    page.click("text=Print the whole ward")
    page.wait_for_function("window.asked")
    papers = page.locator("#paper .a4")
    heads = papers.evaluate_all("all => all.map(p => p.querySelector('header').textContent)")
    raw = page.pdf(path=tmp_path / "ward.pdf", prefer_css_page_size=True)
    assert len(PAGES.findall(raw)) == len(heads) >= 40
    assert sum("page 1 of " in head for head in heads) == 40
    for head in heads:
        assert re.search(r"hospital no\.\s47\d{5}", head)
        assert "data of " in head
    check_text(tmp_path / "ward.pdf", len(heads))


def check_text(path: Path, pages: int) -> None:
    """Read the heads off the paper itself, where pypdf is there."""
    try:
        from pypdf import PdfReader  # noqa: PLC0415 - not everywhere
    except ImportError:
        return
    texts = [each.extract_text() for each in PdfReader(path).pages]
    assert len(texts) == pages
    assert all("data of " in text and "hospital no. 47" in text for text in texts)


def test_nothing_is_cut_off_any_paper(ward_pc: Open) -> None:
    page = opened(ward_pc("forty.html"))
    page.evaluate("layPatients(wardPack.sheets)")
    cut = page.locator("#paper .a4 .body").evaluate_all(
        "all => all.filter(b => b.scrollHeight > b.clientHeight).length"
    )
    assert cut == 0


def test_whatever_a_chart_holds_all_of_it_is_on_paper(ward_pc: Open, tmp_path: Path) -> None:
    page = opened(ward_pc("long.html"))
    page.click(".beds a >> nth=0")
    page.click("text=Print this patient")
    page.wait_for_function("window.asked")
    paper = page.locator("#paper").inner_text() or page.locator("#paper").text_content() or ""
    for word in ("alert-end", "note-end", "order-44", "allergy-39"):
        assert word in paper
    cut = page.locator("#paper .a4:not(.long) .body").evaluate_all(
        "all => all.filter(b => b.scrollHeight > b.clientHeight).length"
    )
    assert cut == 0
    page.evaluate("printForms('2', [wardPack.sheets[0]], 1)")
    page.wait_for_function("document.querySelector('#paper .form')")
    forms = page.locator("#paper .form")
    assert all(f"order-{at}" in "".join(forms.all_text_contents()) for at in range(45))
    numbers = page.locator("#paper .number b").all_text_contents()
    assert len(set(numbers)) == len(numbers) >= 3


def test_the_browsers_own_print_makes_paper_too(ward_pc: Open, tmp_path: Path) -> None:
    page = opened(ward_pc())
    page.click(".beds a >> nth=3")
    raw = page.pdf(path=tmp_path / "own.pdf", prefer_css_page_size=True)
    assert 1 <= len(PAGES.findall(raw)) <= 4


@pytest.mark.parametrize("kind", "1234")
def test_forms_are_printed_with_numbers_of_their_own(
    ward_pc: Open, tmp_path: Path, kind: str
) -> None:
    page = opened(ward_pc())
    page.evaluate("location.hash = '#forms/0'")
    page.check(f"input[name=kind][value='{kind}']")
    page.check("input[name=bed][value='1']")
    page.check("input[name=nobody]")
    page.fill("#copies", "2")
    page.click("text=Print the forms")
    page.wait_for_function("window.asked")
    numbers = page.locator("#paper .number b").all_text_contents()
    assert len(set(numbers)) == len(numbers) == 6
    assert {read_number(each).kind for each in numbers} == {int(kind)}
    assert page.locator("#paper .bars").count() == 6
    assert len(PAGES.findall(pdf(page, tmp_path))) == 6
    lines = read_lines(page.evaluate("lines.export()"), KEY)
    told = {line.number for line in lines if line.act == "form"}
    assert told == {each.replace(" ", "") for each in numbers}


def test_a_number_once_used_is_never_given_again_on_this_pc(ward_pc: Open, folder: Path) -> None:
    page = opened(ward_pc())
    used: set[str] = set()
    for _ in range(2):
        page.evaluate("printForms('4', [null], 20)")
        page.wait_for_function("window.asked && document.querySelectorAll('.number').length === 20")
        used |= set(page.locator("#paper .number b").all_text_contents())
        page.goto((folder / "ward.html").as_uri())
        page.reload()
        opened(page)
    assert len(used) == 40
