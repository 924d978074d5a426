"""The golden vectors: what was ever written opens, and what lies does not."""

import importlib.util
import io
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chartkeep.errors import SealBrokenError, UnknownFormatError
from chartkeep.model import KeyId
from chartkeep.sealing import backup, blob, entry, frame, keyed, lines, shares, wrap
from chartkeep.sealing.kek import PassphraseDocument, PassphraseFile
from chartkeep.sealing.keys import SectionKey

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests/vectors/sealing"
ERRORS = {"seal broken": SealBrokenError, "unknown format": UnknownFormatError}


def cases(name: str) -> list[Any]:
    found = json.loads((FOLDER / f"{name}.json").read_text())["cases"]
    return [pytest.param(case, id=case["name"]) for case in found]


def second_reader() -> ModuleType:
    spec = importlib.util.spec_from_file_location("open_entry", ROOT / "verify/open_entry.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def house(case: dict[str, str]) -> PassphraseFile:
    document = PassphraseDocument("chartkeep-kek-1", "", 1, 64, 1, "")
    found = PassphraseFile(document, bytes.fromhex(case["kek"]))
    found.kek_id = bytes.fromhex(case["kek_id"])
    return found


def open_ours(case: dict[str, str]) -> bytes:
    chart_key = wrap.unwrap_chart_key(bytes.fromhex(case["chart_wrap"]), house(case))
    wrapped, sealed = bytes.fromhex(case["wrap"]), bytes.fromhex(case["entry"])
    key = wrap.unwrap_section_key(wrapped, chart_key)
    wrap.check_entry_under_wrap(entry.read_header(sealed), wrap.read_wrap(wrapped))
    return entry.open_entry(sealed, key)


@pytest.mark.parametrize("case", cases("chains"))
def test_a_chain_from_house_key_to_entry_opens_or_is_refused(case: dict[str, str]) -> None:
    if case["expect"] == "ok":
        assert open_ours(case) == case["plaintext"].encode()
        return
    with pytest.raises(ERRORS[case["expect"]]):
        open_ours(case)


@pytest.mark.parametrize("case", cases("chains"))
def test_the_second_reader_agrees(case: dict[str, str]) -> None:
    reader = second_reader()
    errors = {"seal broken": reader.SealBrokenError, "unknown format": reader.UnknownFormatError}
    objects = [bytes.fromhex(case[name]) for name in ("kek", "chart_wrap", "wrap", "entry")]
    if case["expect"] == "ok":
        assert reader.open_chain(*objects, frame.DICTIONARY) == case["plaintext"].encode()
        return
    with pytest.raises(errors[case["expect"]]):
        reader.open_chain(*objects, frame.DICTIONARY)


def test_the_second_reader_is_small_and_imports_none_of_ours() -> None:
    text = (ROOT / "verify/open_entry.py").read_text()
    assert len(text.splitlines()) < 150
    assert "import chartkeep" not in text
    assert "from chartkeep" not in text


def test_the_second_reader_runs_from_a_command_line(tmp_path: Path) -> None:
    case = json.loads((FOLDER / "chains.json").read_text())["cases"][0]
    for name in ("chart_wrap", "wrap", "entry"):
        (tmp_path / name).write_bytes(bytes.fromhex(case[name]))
    (tmp_path / "kek.hex").write_text(case["kek"] + "\n")
    (tmp_path / "dictionary").write_bytes(frame.DICTIONARY)
    command = [sys.executable, "-I", str(ROOT / "verify/open_entry.py"), "--kek", "kek.hex"]
    command += ["--dictionary", "dictionary", "chart_wrap", "wrap"]
    done = subprocess.run([*command, "entry"], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == case["plaintext"].encode()
    wrong = subprocess.run([*command, "wrap"], cwd=tmp_path, capture_output=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (1, b"")
    assert b"UnknownFormatError: entry" in wrong.stderr


@pytest.mark.parametrize("case", cases("blobs"))
def test_a_blob_opens_or_is_refused(case: dict[str, Any]) -> None:
    key = SectionKey(KeyId(b"K" * 16), bytes.fromhex(case["key"]))
    sealed, out = io.BytesIO(bytes.fromhex(case["sealed"])), io.BytesIO()
    if case["expect"] == "ok":
        blob.open_blob(sealed, out.write, key)
        assert out.getvalue() == b"x" * case["size"]
        return
    with pytest.raises(ERRORS[case["expect"]]):
        blob.open_blob(sealed, out.write, key)


@pytest.mark.parametrize("case", cases("lines"))
def test_a_line_opens_or_is_refused(case: dict[str, Any]) -> None:
    secret, sealed = bytes.fromhex(case["key"]), bytes.fromhex(case["sealed"])
    key = lines.BundleKey("chartkeep.example/releases", case["bundle"], secret)
    if case["expect"] == "ok":
        assert lines.open_body(key, case["index"], sealed).startswith(b'{"resourceType"')
        return
    with pytest.raises(ERRORS[case["expect"]]):
        lines.open_body(key, case["index"], sealed)


@pytest.mark.parametrize("case", cases("backups"))
def test_a_backup_opens_with_two_shares_or_is_refused(case: dict[str, Any]) -> None:
    secret = backup.join_operators([shares.read_share(text) for text in case["shares"][1:]])
    sealed, out = io.BytesIO(bytes.fromhex(case["sealed"])), io.BytesIO()
    if case["expect"] == "ok":
        backup.open_backup(sealed, out.write, secret)
        assert out.getvalue().startswith(b'{"resourceType"')
        return
    with pytest.raises(ERRORS[case["expect"]]):
        backup.open_backup(sealed, out.write, secret)


@pytest.mark.parametrize("case", cases("derived"))
def test_what_is_derived_stays_what_it_was(case: dict[str, str]) -> None:
    secret = bytes(range(32))
    search = keyed.SearchKey(secret)
    name = search.keyword_hash("family:sat")
    found = {
        "derive": keyed.derive(secret, b"chartkeep-blob-1"),
        "keyed hash": keyed.keyed_hash(secret, b"ab", b"", b"c"),
        "keyword hash": name,
        "label": search.label(name, 3),
        "label of a later number": search.label(name, 256),
        "hidden number": search.hide(3),
    }
    assert found[case["name"]].hex() == case["expect"]


@pytest.mark.parametrize("case", cases("dictionary"))
def test_the_dictionary_is_the_one_the_magic_names(case: dict[str, Any]) -> None:
    assert sha256(frame.DICTIONARY).hexdigest() == case["expect"]
    assert len(frame.DICTIONARY) == case["size"] <= 65_536
