"""An afternoon after a downtime, in a browser: numbers were given out, and paper is keyed."""

from playwright.sync_api import Page

from chartkeep.continuity.downtimes import declare
from chartkeep.continuity.forms import FormKind, FormNumber
from chartkeep.continuity.numbers import Hold
from chartkeep.continuity.registry import issue_forms
from chartkeep.custody.release import Face, Look, faces_of
from chartkeep.model import ChartId, Millis, Purpose, Section
from tests.console.hospital import Hospital

HOUR = 3_600_000
Numbers = dict[FormKind, FormNumber]


def after_downtime(hospital: Hospital) -> Numbers:
    """Give numbers to a pack, and write down six hours of downtime after it."""
    house, serve = hospital.house, hospital.house.join("serve")
    ranges = issue_forms(
        "a pack", "3W", dict.fromkeys(FormKind, 20), Millis(house.now() + 24 * HOUR), serve
    )
    house.clock.move(hours=1)
    begins = house.now()
    house.clock.move(hours=6)
    token = house.login("aiko", "serve")
    declare(["3W"], begins, house.now(), "ransomware", "hiro", Hold(token, serve, serve))
    return {each.kind: next(each.numbers()) for each in ranges}


def first_face(hospital: Hospital) -> Face:
    """Give who lies in the first bed."""
    house = hospital.house
    look = Look(house.login("aiko", "serve"), frozenset({Section.FACE}), Purpose.TREATMENT)
    return faces_of([ChartId(hospital.charts[0])], look, house.join("serve"))[0]


def begin_form(page: Page, hospital: Hospital, numbers: Numbers, kind: FormKind) -> None:
    """Scan a form, and confirm whose it is by two identifiers."""
    person = first_face(hospital).person
    page.goto(f"{hospital.address}/paper")
    page.wait_for_selector("#number:focus")
    page.keyboard.type(f"{numbers[kind]}\n")
    page.fill("[name=identifier]", person.identifiers[0].value)
    page.fill("[name=born]", person.birth_date)
    page.click(".keyed button.main")
    page.wait_for_selector("#key")


def key_given(page: Page, at: str, medicine: str, dose: str) -> None:
    """Key a line of medication given; where it was keyed once, the second time."""
    again = page.locator(f"a[href*='at={at}']")
    if again.count():
        again.click()
    page.fill("[name=time]", "08:30")
    page.fill("[name=medicine]", medicine)
    page.fill("[name=dose]", dose)
    page.select_option("[name=done]", "given")
    with page.expect_navigation():
        page.click(".keyed button.main")
