"""The viewer's files are given as they were published; pictures to its own page alone."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from chartkeep.errors import RefusedError
from chartkeep.imaging.viewer.app import give, policy
from chartkeep.imaging.viewer.config import write_config
from chartkeep.imaging.viewer.files import Viewer, find_viewer
from chartkeep.imaging.viewer.riding import ride
from chartkeep.web.caller import write_token

COOKIES = ("__Host-chartkeep", "chartkeep")
TOKEN = write_token(bytes(range(32)))


@pytest.fixture
def viewer(tmp_path: Path) -> Viewer:
    (tmp_path / "secret.txt").write_text("no")
    folder = tmp_path / "viewer"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<script>boot()</script><script src=/a.js></script>")
    for name in ("app.bundle.0f6159c501addfe9.js", "sw.js", "a.js.map", "assets/logo.svg"):
        (folder / name).write_text(name)
    return find_viewer(folder)


def body_of(answer: Any) -> bytes:
    return answer.body + b"".join(answer.stream or ())


def test_every_address_of_the_viewer_is_its_page(viewer: Viewer) -> None:
    for path in ("", "viewer", "segmentation/dicomweb"):
        answer = give(viewer, "GET", path)
        assert answer.status == 200
        assert body_of(answer) == viewer.page


def test_files_with_their_hash_in_the_name_may_be_kept_and_no_other(viewer: Viewer) -> None:
    bundle = give(viewer, "GET", "app.bundle.0f6159c501addfe9.js")
    assert "javascript" in bundle.kind
    assert "immutable" in dict(bundle.headers)["Cache-Control"]
    assert "Cache-Control" not in dict(give(viewer, "GET", "assets/logo.svg").headers)
    assert viewer.fixed == ("/app.bundle.0f6159c501addfe9.js",)


@pytest.mark.parametrize(
    "path", ["../secret.txt", "/etc/passwd.txt", "sw.js", "a.js.map", "assets/../index.html"]
)
def test_nothing_else_of_the_disk_is_given(viewer: Viewer, path: str) -> None:
    assert give(viewer, "GET", path).status == 404


def test_the_viewer_is_only_read(viewer: Viewer) -> None:
    assert give(viewer, "POST", "viewer").status == 405


def test_a_house_without_the_viewer_says_how_to_fetch_it(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as raised:
        find_viewer(tmp_path)
    assert "make viewer" in raised.value.hint


def test_the_policy_names_no_other_origin_and_no_script_but_the_published(viewer: Viewer) -> None:
    rules = dict(each.split(" ", 1) for each in policy(viewer).split("; "))
    assert "http" not in policy(viewer)
    assert "'unsafe-inline'" not in rules["script-src"]
    assert "'unsafe-eval'" not in rules["script-src"]
    assert rules["script-src"].count("'sha256-") == 1
    assert rules["form-action"] == rules["base-uri"] == rules["default-src"] == "'none'"


def test_what_a_worker_may_more_the_page_may_not(viewer: Viewer) -> None:
    page = dict(give(viewer, "GET", "viewer").headers)["Content-Security-Policy"]
    script = dict(give(viewer, "GET", viewer.fixed[0][1:]).headers)["Content-Security-Policy"]
    assert "'unsafe-eval'" not in page
    assert "'unsafe-eval'" in script
    assert "connect-src 'self' data: blob:;" in script


def test_the_configuration_names_one_source_and_no_address() -> None:
    text = write_config().decode()
    config = json.loads(text.split("const config = ", 1)[1].split(";\n", 1)[0])
    assert [each["sourceName"] for each in config["dataSources"]] == ["house"]
    assert config["showStudyList"] is False
    assert "http" not in text
    assert "token" not in text.lower()


def asked(method: str = "GET", **headers: str) -> tuple[int, dict[bytes, bytes]]:
    """Ask for a picture through the viewer; give the status, and the headers the door saw."""
    seen: dict[bytes, bytes] = {}
    statuses: list[int] = []

    async def door(scope: Any, _receive: Any, send: Any) -> None:
        seen.update(dict(scope["headers"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    async def receive() -> Any:
        return {"type": "http.request"}

    pairs = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "method": method, "headers": pairs}
    asyncio.run(ride(door, COOKIES)(scope, receive, send))
    return statuses[0], seen


def test_the_sessions_cookie_becomes_the_doors_token() -> None:
    status, seen = asked(sec_fetch_site="same-origin", cookie=f"language=ja; chartkeep={TOKEN}")
    assert status == 200
    assert seen[b"authorization"] == f"Bearer {TOKEN}".encode()
    assert b"cookie" not in seen


def test_the_cookie_no_other_host_can_set_goes_first() -> None:
    both = f"chartkeep=planted; __Host-chartkeep={TOKEN}"
    assert asked(sec_fetch_site="same-origin", cookie=both)[1][b"authorization"].endswith(
        TOKEN.encode()
    )


@pytest.mark.attack
@pytest.mark.parametrize("site", ["same-site", "cross-site", "none", ""])
def test_no_other_page_has_pictures_with_the_sessions_cookie(site: str) -> None:
    headers = {"sec_fetch_site": site} if site else {}
    status, seen = asked(cookie=f"chartkeep={TOKEN}", **headers)
    assert status == 403
    assert not seen


@pytest.mark.attack
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_is_written_with_the_sessions_cookie(method: str) -> None:
    status, seen = asked(method, sec_fetch_site="same-origin", cookie=f"chartkeep={TOKEN}")
    assert status == 405
    assert not seen


@pytest.mark.attack
def test_a_token_a_script_sends_is_dropped() -> None:
    _, seen = asked(sec_fetch_site="same-origin", authorization="Bearer stolen")
    assert b"authorization" not in seen
