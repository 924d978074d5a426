"""A Binary over HTTP: its bytes in their own type, or JSON; to whom its chart is open."""

import base64
from typing import Any

import orjson
import pytest

from chartkeep.clinical.documents import File, document_items
from chartkeep.clinical.incoming import Item, Parsed
from chartkeep.clinical.ownership import Strangers
from chartkeep.custody.deposit import deposit
from chartkeep.custody.routing import route
from chartkeep.fhir.http import binaries
from chartkeep.fhir.http.asked import JSON
from chartkeep.model import to_text
from tests.fhir.http.conftest import Clinic, Web

PDF = b"%PDF-1.7 " * 1_000
FILM = bytes(range(256)) * 12_000


class Archive:
    """A clinic with documents in its charts."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.aiko = clinic.web("aiko")

    def keep(self, content: bytes, media_type: str = "application/pdf", of: str = "p") -> str:
        """Deposit a document; gives the Binary's address."""
        body = {
            "resourceType": "DocumentReference",
            "status": "current",
            "subject": {"reference": f"Patient/{of}"},
        }
        items = document_items(
            f"DocumentReference/{of}", body, File(content, media_type), Strangers(), where="file"
        )
        return self.deposit(items)

    def deposit(self, items: list[Item]) -> str:
        house = self.clinic.house.engine
        (parcel,) = route(Parsed("feed", items, []), "fhir", house).parcels
        deposit(parcel, house)
        return f"/Binary/{items[0].key.removeprefix('Binary/')}"


@pytest.fixture
def archive(clinic: Clinic) -> Archive:
    return Archive(clinic)


def raw(web: Web, url: str, **headers: str) -> tuple[bytes, Any]:
    answer = web.answer("GET", url, **headers)
    assert answer.status == 200, answer.body
    return answer.body + b"".join(answer.stream or ()), answer


@pytest.mark.parametrize("accept", ["", "*/*", "application/pdf", "text/html, application/*;q=.5"])
def test_the_bytes_come_in_the_type_they_are_of(archive: Archive, accept: str) -> None:
    url = archive.keep(PDF)
    content, answer = raw(archive.aiko, url, accept=accept)
    assert (content, answer.kind) == (PDF, "application/pdf")
    headers = dict(answer.headers)
    assert headers["Content-Length"] == str(len(PDF))
    assert headers["ETag"] == 'W/"1"'


def test_a_long_one_comes_in_pieces(archive: Archive) -> None:
    url = archive.keep(FILM, "video/mp4")
    answer = archive.aiko.answer("GET", url)
    pieces = [answer.body, *(answer.stream or ())]
    assert b"".join(pieces) == FILM
    assert max(map(len, pieces)) == 1 << 20


@pytest.mark.parametrize("ask", [{"accept": JSON}, {"accept": "application/json"}, {}])
def test_as_json_it_has_its_data(archive: Archive, ask: dict[str, str]) -> None:
    url = archive.keep(PDF)
    got = archive.aiko.get(url + ("" if ask else "?_format=json"), **ask)
    assert got.body["contentType"] == "application/pdf"
    assert base64.b64decode(got.body["data"]) == PDF
    assert got.body["securityContext"] == {"reference": "Patient/p"}


def test_what_is_too_long_for_json_says_how_to_get_it(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "MOST_AS_JSON", 1_000)
    got = archive.aiko.get(archive.keep(PDF), accept=JSON)
    assert got.status == 406
    assert "too long" in got.issue["details"]["text"]


def test_another_type_than_its_own_is_not_made(archive: Archive) -> None:
    assert archive.aiko.get(archive.keep(PDF), accept="image/png").status == 406


def test_the_document_reference_names_it_by_an_address_that_works(archive: Archive) -> None:
    archive.keep(PDF)
    told = archive.aiko.get("/DocumentReference/p").body["content"][0]["attachment"]
    assert raw(archive.aiko, "/" + told["url"])[0] == PDF
    assert told["size"] == len(PDF)


def test_a_new_file_is_the_next_version_and_the_old_one_is_still_there(archive: Archive) -> None:
    url = archive.keep(PDF)
    archive.keep(PDF)
    archive.keep(FILM, "video/mp4")
    assert raw(archive.aiko, url)[0] == FILM
    assert raw(archive.aiko, f"{url}/_history/1")[0] == PDF
    assert archive.aiko.get(f"{url}/_history/2", accept=JSON).body["contentType"] == "video/mp4"
    assert archive.aiko.get(f"{url}/_history/3").status == 404


def test_one_that_came_with_its_data_is_served_alike(archive: Archive) -> None:
    body = {
        "resourceType": "Binary", "contentType": "image/png", "id": "b",
        "securityContext": {"reference": "Patient/p"}, "data": base64.b64encode(PDF).decode(),
    }  # fmt: skip
    assert archive.aiko.put("/Binary/b", body).status == 201
    content, answer = raw(archive.aiko, "/Binary/b")
    assert (content, answer.kind) == (PDF, "image/png")
    assert archive.aiko.get("/Binary/b", accept=JSON).body["data"] == body["data"]


def test_a_file_is_replaced_and_not_patched(archive: Archive) -> None:
    url = archive.keep(PDF)
    patch = b'[{"op": "replace", "path": "/contentType", "value": "text/plain"}]'
    kind = "application/json-patch+json"
    got = archive.aiko.ask("PATCH", url, patch, content_type=kind)
    assert "replaced, not patched" in got.issue["details"]["text"]
    assert raw(archive.aiko, url)[0] == PDF


def test_found_by_a_search_it_says_that_its_bytes_are_not_there(archive: Archive) -> None:
    url = archive.keep(PDF)
    (found,) = archive.aiko.get("/Patient/p/$everything?_type=Binary").entries
    assert found["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert "data" not in found["resource"]
    whole = archive.aiko.get(url, accept=JSON).body
    assert "tag" not in whole["meta"]


def test_in_a_bundle_it_is_json(archive: Archive) -> None:
    url = archive.keep(PDF)
    bundle = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": url[1:]}}],
    }
    (entry,) = archive.aiko.post("", bundle).entries
    assert base64.b64decode(entry["resource"]["data"]) == PDF


@pytest.mark.attack
def test_what_a_browser_would_run_it_is_told_not_to(archive: Archive) -> None:
    page = b"<script>fetch('/console')</script>"
    _, answer = raw(archive.aiko, archive.keep(page, "text/html"))
    headers = dict(answer.headers)
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Content-Disposition"] == "attachment"


@pytest.mark.attack
@pytest.mark.parametrize(
    "media_type", ["text/html\nSet-Cookie:x", "no type", "x", "text/plain; charset=\u3042"]
)
def test_a_type_that_is_none_reaches_no_header(archive: Archive, media_type: str) -> None:
    _, answer = raw(archive.aiko, archive.keep(PDF, media_type))
    assert answer.kind == "application/octet-stream"


@pytest.mark.attack
def test_a_binary_of_another_wards_chart_and_none_are_refused_alike(archive: Archive) -> None:
    url = archive.keep(PDF, of="q")
    theirs, nobodys = archive.aiko.get(url), archive.aiko.get("/Binary/nobodys")
    assert theirs.status == 403
    assert theirs == nobodys


@pytest.mark.attack
def test_a_damaged_one_is_an_error_before_its_first_byte(archive: Archive) -> None:
    url = archive.keep(PDF)
    (path,) = archive.clinic.house.blob_files()
    path.write_bytes(path.read_bytes()[:-1])
    got = archive.aiko.get(url)
    assert got.status == 500
    assert b"%PDF" not in got.raw
    assert orjson.loads(got.raw)["resourceType"] == "OperationOutcome"
    assert to_text(archive.clinic.mine[1]) not in got.raw.decode()
