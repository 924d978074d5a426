"""The pages about roles and messages say what the code says."""

import pytest

from chartkeep.keyholder.service import HANDLERS
from tests.keyholder import pages


@pytest.mark.parametrize("page", pages.TABLES)
def test_a_pages_tables_are_those_of_the_code(page: str) -> None:
    told = "python -m tests.keyholder.pages writes it"
    assert (pages.DOCS / page).read_text() == pages.rendered(page), told


def test_every_request_has_a_handler_and_a_row() -> None:
    assert set(HANDLERS) == set(pages.requests())
    text = (pages.DOCS / "formats/keyholder-protocol.md").read_text()
    may = text.split("| may ask | what |")[1].split("\n\n")[0]
    assert all(f"`{request.__name__}`" in may for request in HANDLERS)
