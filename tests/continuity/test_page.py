"""The ward pack's page as a file: nothing in clear, nothing from elsewhere, nothing evaluated."""

import base64
import json
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from chartkeep.continuity.forms import FormKind, FormRange
from chartkeep.continuity.page import rendering
from chartkeep.continuity.page.rendering import SCRIPTS, render, render_places
from chartkeep.continuity.ward import WardPack
from chartkeep.sealing.pack import open_pack
from tests.continuity.packs import CODE, ward_key, ward_pack
from tests.sealing.test_pack import second_reader

HERE = Path(rendering.__file__).parent
KEY = ward_key()
PACK = ward_pack(6, 1_767_225_600_000)


@pytest.fixture(scope="module")
def html() -> str:
    return render(PACK, KEY).decode()


def sealed(html: str) -> bytes:
    found = re.search(r'id="pack"[^>]*>([^<]+)<', html)
    assert found is not None
    return base64.b64decode(found[1])


def scripts(html: str) -> list[str]:
    """What runs; data blocks do not."""
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def test_what_was_packed_is_what_opens(html: str) -> None:
    assert msgspec.json.decode(open_pack(sealed(html), KEY), type=WardPack) == PACK


def test_a_second_reader_opens_the_page_with_the_code(html: str) -> None:
    reader = second_reader()
    assert json.loads(reader.open_pack(reader.find_pack(html), CODE))["ward"] == "3 East"


@pytest.mark.attack
def test_nothing_of_a_patient_stands_in_the_file_in_clear(html: str) -> None:
    for each in PACK.sheets:
        for text in (each.who.name, each.chart, each.who.numbers[0].value, "Penicillin"):
            assert text not in html
    assert CODE not in html
    assert CODE.replace("-", "") not in html


def test_the_policy_names_each_script_and_the_style_and_allows_nothing_else(html: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    running = [*scripts(html), style[1]]
    assert len(running) == len(SCRIPTS) + 1
    for text in running:
        assert base64.b64encode(sha256(text.encode()).digest()).decode() in policy[1]
    assert policy[1].count("sha256-") == len(running)
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]
    assert "connect-src" not in policy[1]


@pytest.mark.attack
def test_no_script_makes_markup_or_code_of_text(html: str) -> None:
    source = "\n".join(scripts(html))
    assert len(source) > 20_000
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(",
                'setTimeout("', "createContextualFragment", "DOMParser", "srcdoc", "javascript:",
                "fetch(", "XMLHttpRequest", "WebSocket", "import("):  # fmt: skip
        assert way not in source


def test_no_address_of_anywhere_stands_in_the_file(html: str) -> None:
    found = set(re.findall(r"https?://[^\"'\s)]+", html.replace("http://www.w3.org/2000/svg", "")))
    assert found == set()
    assert not re.search(r"\s(?:src|style|on\w+)=", re.sub(r"<script.*?</script>", "", html))


def test_a_wards_name_cannot_end_the_block_it_stands_in() -> None:
    named = msgspec.structs.replace(PACK, ward="</script><script>alert(1)</script>")
    assert "alert(1)" not in render(named, KEY).decode()


def test_every_script_is_in_the_page_and_short() -> None:
    there = {path.stem: path.read_text() for path in (HERE / "scripts").glob("*.js")}
    assert set(SCRIPTS) == there.keys()
    assert all(len(text.splitlines()) < 300 for text in there.values())
    assert all('"use strict";' in text for text in there.values())


def test_files_for_several_places_differ_in_their_place_alone() -> None:
    made = [page.decode() for page in render_places(PACK, KEY, 3)]
    assert len(set(made)) == 3
    assert len({re.sub(r'data-place="\d/3"', "", page) for page in made}) == 1


def test_sixty_patients_fit_into_ten_megabytes() -> None:
    assert len(render(ward_pack(60, 1_767_225_600_000, points=72), KEY)) < 10 << 20


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_numbers_forms_as_the_registry_does() -> None:
    given = FormRange(47, FormKind.ORDERS, 21_884_501, 400)
    ask = f"[1,7,400].map((n) => formNumber({msgspec.json.encode(given).decode()}, n))"
    assert in_node("numbers", ask) == [str(list(given.numbers())[n - 1]) for n in (1, 7, 400)]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize(("count", "places"), [(400, 3), (7, 4), (2, 3), (1, 1)])
def test_no_number_is_given_at_two_places_and_none_is_left_over(count: int, places: int) -> None:
    given = FormRange(47, FormKind.NOTES, 21_884_501, count)
    ask = f"""[...Array({places}).keys()].map((at) => {{
      globalThis.byId = () => ({{ dataset: {{ place: `${{at + 1}}/{places}` }} }});
      const found = [], store = {{}};
      globalThis.kept = (name) => store[name] ?? "";
      globalThis.keep = (name, text) => {{ store[name] = text; }};
      const range = {msgspec.json.encode(given).decode()};
      while (new Book(range).left()) found.push(new Book(range).take());
      return found;
    }}).flat()"""
    found = in_node("numbers", ask)
    assert isinstance(found, list)
    assert sorted(found) == sorted(str(each) for each in given.numbers())


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_every_symbol_of_the_bar_code_is_eleven_wide_and_its_own() -> None:
    widths = in_node("numbers", "WIDTHS")
    assert isinstance(widths, list)
    assert len(set(widths)) == 106
    assert all(sum(map(int, each)) == 11 for each in widths)
    assert all(sum(map(int, each[::2])) % 2 == 0 for each in widths)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_opens_the_golden_packs_and_refuses_the_others() -> None:
    folder = Path(__file__).resolve().parents[1] / "vectors/sealing/packs.json"
    cases = json.loads(folder.read_text())["cases"]
    ask = """(async () => {
      const told = [];
      for (const each of CASES) {
        try {
          const raw = Uint8Array.from(each.sealed.match(/../g).map((pair) => parseInt(pair, 16)));
          told.push((await openPack(raw, readFront(raw), each.code)).pack.resourceType);
        } catch (error) { told.push(error instanceof SealError ? "refused" : String(error)); }
      }
      return told;
    })()""".replace("CASES", json.dumps(cases))
    wanted = ["Observation" if case["expect"] == "ok" else "refused" for case in cases]
    assert in_node("seal", ask) == wanted


def in_node(script: str, ask: str) -> object:
    """Ask a script something outside a browser."""
    source = (HERE / "scripts" / f"{script}.js").read_text()
    tell = f"Promise.resolve({ask}).then((found) => console.log(JSON.stringify(found)))"
    program = f"const t = (s) => s;\n{source}\n{tell}"
    done = subprocess.run(["node", "-e", program], capture_output=True, check=True, timeout=60)
    return json.loads(done.stdout)
