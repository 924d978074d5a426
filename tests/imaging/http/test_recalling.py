"""What a session has open is shown with one question, and never when the chart has changed."""

from collections.abc import Callable
from typing import Any

import pytest

from chartkeep.inventor.dicom import xray
from tests.house import Meddling
from tests.imaging.http.conftest import LINDA, Clinic, Web, path, where

AS_IS = 'multipart/related; type="application/dicom"; transfer-syntax=*'
OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
LOOKS = [("", AS_IS), ("/frames/1", OCTETS), ("/rendered", "image/jpeg")]


class Watched(Meddling):
    """A store whose questions are written down."""

    def __init__(self, client: Any, **changes: Callable[..., Any]) -> None:
        super().__init__(client, **changes)
        self.asked: list[str] = []

    def __getattr__(self, verb: str) -> Any:
        self.asked.append(verb)
        return super().__getattr__(verb)


def watch(clinic: Clinic, **changes: Callable[..., Any]) -> Watched:
    made = Watched(clinic.door.house.store, **changes)
    clinic.door.house.store = made  # type: ignore[assignment]
    return made


@pytest.mark.parametrize(("what", "accept"), LOOKS)
def test_what_is_open_is_shown_with_one_question(
    clinic: Clinic, aiko: Web, xray_of_linda: bytes, what: str, accept: str
) -> None:
    first = aiko.get(path(where()) + what, accept)
    store = watch(clinic)
    again = aiko.get(path(where()) + what, accept)
    assert again.status == 200
    assert len(again.raw) == len(first.raw)
    assert store.asked == ["read_blobs_now"]


@pytest.mark.attack
@pytest.mark.parametrize(("what", "accept"), LOOKS)
def test_what_was_open_is_shown_to_nobody_once_the_chart_has_changed(
    clinic: Clinic, aiko: Web, xray_of_linda: bytes, what: str, accept: str
) -> None:
    aiko.get(path(where()) + what, accept)
    lines = len(clinic.verbs())
    clinic.keep(xray(LINDA, where("a", 1, 2), 16))
    store = watch(clinic)
    assert aiko.get(path(where()) + what, accept).status == 200
    assert store.asked[:2] == ["read_blobs_now", "where"]
    assert "release" in clinic.verbs()[lines:]


@pytest.mark.attack
def test_whom_the_keyholder_refuses_now_is_not_shown_what_was_open_before(
    clinic: Clinic, aiko: Web, xray_of_linda: bytes
) -> None:
    aiko.get(path(where()), AS_IS)
    clinic.keep(xray(LINDA, where("a", 1, 2), 16))
    clinic.house.admit(clinic.mine, ward="5E")
    assert aiko.get(path(where()), AS_IS).status == 403


@pytest.mark.attack
def test_what_one_session_has_open_is_not_open_to_another(
    clinic: Clinic, aiko: Web, xray_of_linda: bytes
) -> None:
    aiko.get(path(where()), AS_IS)
    assert clinic.web("budi").get(path(where()), AS_IS).status == 403
