"""The stand-alone verifier: it takes what is true, and nothing that was touched."""

import argparse
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.exceptions import InvalidSignature

from chartkeep.ledger.body import Opening, Whole
from chartkeep.ledger.proof import Proof
from chartkeep.ledger.proofs import inclusion_proof
from chartkeep.ledger.publish import publish
from tests.ledger.releases import (
    LOG_VKEY,
    VECTORS,
    WITNESS_VKEY,
    Releases,
    about_nurse,
    day,
    grown,
)

SCRIPT = Path(__file__).parents[2] / "verify" / "verify.py"
REFUSALS = (InvalidSignature, OSError, ValueError, LookupError)
LEDGER = Releases(day(260, gaps=(33,)))
WHOLE = Whole.parse(LEDGER.bodies[77])
GROWN = grown()


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stand_alone_verify", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFY = load()


def run(what: str, path: Path, *, since: Path | None = None, lines: bool = False) -> None:
    args = argparse.Namespace(
        path=path, key=LOG_VKEY.text(), witness=[WITNESS_VKEY.text()], since=since, lines=lines
    )
    checks = {
        "ledger": VERIFY.verify_ledger,
        "proof": VERIFY.verify_proof,
        "exposure": VERIFY.verify_exposure,
    }
    checks[what](args)


def published(folder: Path, ledger: Releases, note: bytes | None = None) -> Path:
    files = publish(
        note or ledger.note().raw(),
        ledger.size,
        ledger.read,
        lambda start, end: ledger.entries[start:end],
    )
    for path, raw in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    return folder


def proof_of(index: int, extra: bytes) -> Proof:
    hashes = inclusion_proof(index, LEDGER.size, LEDGER.read)
    return Proof(index, tuple(hashes), LEDGER.note().raw(), extra)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 513])
def test_it_takes_a_published_ledger(tmp_path: Path, size: int) -> None:
    run("ledger", published(tmp_path, Releases(day(size))))


def test_it_takes_partial_tiles_that_older_checkpoints_left(tmp_path: Path) -> None:
    for size in (3, 200, 257, 300):
        run("ledger", published(tmp_path, Releases(day(size))))


def test_it_says_what_it_verified(tmp_path: Path) -> None:
    folder = published(tmp_path / "log", LEDGER)
    command = [sys.executable, str(SCRIPT), "ledger", str(folder), "--key", LOG_VKEY.text()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "verified: every entry" in done.stdout
    assert "260 entries" in done.stdout
    (folder / "checkpoint").write_bytes(LEDGER.note().raw().replace(b"epoch 1", b"epoch 2"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "REFUSED: a signature is wrong\n")


def flips(raw: bytes, step: int = 1) -> list[bytes]:
    places = range(0, len(raw), step)
    return [raw[:at] + bytes([raw[at] ^ 1 << at % 8]) + raw[at + 1 :] for at in places]


@pytest.mark.attack
@pytest.mark.parametrize("size", [3, 258])
def test_it_refuses_every_flipped_byte_of_every_file(tmp_path: Path, size: int) -> None:
    folder = published(published(tmp_path, Releases(day(2))), Releases(day(size)))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 5
    for path in files:
        raw = path.read_bytes()
        for changed in flips(raw, step=1 if len(raw) < 1000 else 61):
            path.write_bytes(changed)
            with pytest.raises(REFUSALS):
                run("ledger", folder)
        path.write_bytes(raw)
    run("ledger", folder)


@pytest.mark.attack
def test_it_refuses_files_that_are_missing_cut_or_added(tmp_path: Path) -> None:
    folder = published(tmp_path, LEDGER)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        raw = path.read_bytes()
        for changed in (raw[:-1], raw[:-32], raw + b"\0", raw + bytes(32), b""):
            path.write_bytes(changed)
            with pytest.raises(REFUSALS):
                run("ledger", folder)
        path.unlink()
        with pytest.raises(REFUSALS):
            run("ledger", folder)
        path.write_bytes(raw)
    for name in ("tile/0/002", "tile/0/000.p/256", "tile/0/001.p/5", "tile/2/000.p/1", "notes"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(32))
        with pytest.raises(REFUSALS):
            run("ledger", folder)
        (folder / name).unlink()
    run("ledger", folder)


@pytest.mark.attack
def test_it_refuses_a_ledger_that_does_not_follow_the_older_checkpoint(tmp_path: Path) -> None:
    older = tmp_path / "older"
    folder = published(tmp_path / "log", LEDGER)
    older.write_bytes(LEDGER.note(200).raw())
    run("ledger", folder, since=older)
    for other in (Releases(day(200)), Releases(day(300))):
        older.write_bytes(other.note().raw())
        with pytest.raises(REFUSALS, match="does not follow"):
            run("ledger", folder, since=older)


@pytest.mark.attack
def test_it_demands_the_witness(tmp_path: Path) -> None:
    note = LEDGER.note()
    alone = b"".join(note.raw().splitlines(keepends=True)[:-1])
    with pytest.raises(REFUSALS, match="not signed by witness"):
        run("ledger", published(tmp_path, LEDGER, alone))


@pytest.mark.parametrize(
    "extra",
    [WHOLE.body, WHOLE.open(["time"]).raw(), WHOLE.open(["chart"]).raw(), WHOLE.entry()],
)
def test_it_takes_a_proof_and_no_byte_of_it_changed(tmp_path: Path, extra: bytes) -> None:
    path, raw = tmp_path / "one.tlog-proof", proof_of(77, extra).raw()
    path.write_bytes(raw)
    run("proof", path)
    for changed in flips(raw):
        path.write_bytes(changed)
        with pytest.raises(REFUSALS):
            run("proof", path)


@pytest.mark.parametrize("version", [1, 2])
def test_it_takes_proofs_and_lists_of_every_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], version: int
) -> None:
    run("proof", VECTORS / f"line-{version}.tlog-proof")
    run("exposure", VECTORS / f"exposure-{version}.list")
    said = capsys.readouterr().out
    assert f"chart={bytes([42]).hex() * 16}" in said
    assert "4 listed, 1 gaps, 7 excluded" in said


@pytest.mark.attack
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("extra", ["body", "shown"])
def test_it_refuses_every_flipped_byte_of_a_line_of_every_version(version: int, extra: str) -> None:
    file = json.loads((VECTORS / f"lines-{version}.json").read_text())
    case = file["cases"][0]
    raws = [case["body"]] if extra == "body" else [each["raw"] for each in case["shown"]]
    for raw in map(bytes.fromhex, raws):
        assert VERIFY.read_line(raw)[0].hex() == case["entry"]
        for changed in flips(raw):
            try:
                assert VERIFY.read_line(changed)[0].hex() != case["entry"]
            except REFUSALS:
                continue


@pytest.mark.attack
@pytest.mark.parametrize("version", [1, 2])
def test_what_it_reads_of_a_line_is_what_we_read(version: int) -> None:
    file = json.loads((VECTORS / f"lines-{version}.json").read_text())
    for case in file["cases"]:
        body = bytes.fromhex(case["body"])
        fields = {name: bytes.fromhex(value) for name, value in case["fields"].items()}
        assert VERIFY.read_line(body) == (bytes.fromhex(case["entry"]), fields, True)
        for each in case["shown"]:
            raw = bytes.fromhex(each["raw"])
            entry, shown, whole = VERIFY.read_line(raw)
            assert (entry.hex(), shown) == (case["entry"], Opening.parse(raw).shown())
            assert whole == (raw == body)


def test_it_prints_an_exposure_list_with_its_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "exposure"
    path.write_bytes(LEDGER.exposure(about_nurse(30, 40), 29, 41))
    run("exposure", path, lines=True)
    said = capsys.readouterr().out
    assert "the whole exposure of person=sari" in said
    assert "4 listed, 1 gaps, 7 excluded" in said
    assert said.count("verb=gap") == 1


@pytest.mark.attack
@pytest.mark.parametrize("ledger", [LEDGER, GROWN], ids=["version 2", "both versions"])
def test_it_refuses_every_flipped_byte_of_an_exposure_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger: Releases
) -> None:
    path, raw = tmp_path / "exposure", ledger.exposure(about_nurse(30, 36), 29, 37)
    path.write_bytes(raw)
    run("exposure", path)
    honest = capsys.readouterr().out.splitlines()[:2]
    for changed in flips(raw):
        path.write_bytes(changed)
        try:
            run("exposure", path)
        except REFUSALS:
            continue
        # What was accepted answers another question, which it names, truthfully.
        assert capsys.readouterr().out.splitlines()[:2] != honest


@pytest.mark.attack
@pytest.mark.parametrize(
    ("start", "end", "since", "until"),
    [(10, 21, 10, 20), (9, 20, 10, 20), (12, 12, 10, 20), (9, 33, 10, 33)],
)
def test_it_refuses_a_list_that_does_not_cover_its_window(
    tmp_path: Path, start: int, end: int, since: int, until: int
) -> None:
    path = tmp_path / "exposure"
    path.write_bytes(LEDGER.exposure(about_nurse(since, until), start, end))
    with pytest.raises(REFUSALS):
        run("exposure", path)
