"""A folder of bundles nobody has seen: what is wrong is named, all else is in; a mend completes."""

import gzip
import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from chartkeep.clinical.incoming import Refusal
from chartkeep.errors import RefusedError, UnavailableError
from chartkeep.wiring.loading import Loaded, bundle_files, load_file
from tests.house import HouseRun
from tests.records import lab, organization, patient, put


def bundle(*entries: object, kind: str = "transaction") -> bytes:
    return orjson.dumps({"resourceType": "Bundle", "type": kind, "entry": entries})


def load_all(house: HouseRun, folder: Path) -> dict[str, Loaded]:
    return {path.name: load_file(path, "load", house.engine) for path in bundle_files(folder)}


def named(refusal: Refusal) -> tuple[str, str]:
    return refusal.where, refusal.element


BAD_ENTRIES: dict[str, tuple[Any, str]] = {
    "a type that does not exist": (put("Observatoin", "x1", status="final"), "resourceType"),
    "a reference to nobody": (
        lab("x2", performer=[{"reference": "Practitioner/nobody"}]), "Observation.performer[0]",
    ),
    "a patient nobody sent": (lab("x3", "Patient/nobody"), "Observation.subject"),
    "two deciding patients": (
        put(
            "Observation", "x4", status="final", code={"text": "x"},
            subject=[{"reference": "Patient/p"}, {"reference": "Patient/q"}],
        ),
        "Observation.subject",
    ),
    "a date that is none": (
        lab("x5", effectiveDateTime="2024-13-40"), "Observation.effectiveDateTime",
    ),
    "no patient at all": (
        put("Observation", "x6", status="final", code={"text": "x"}), "Observation.subject",
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "bundles"
    made.mkdir()
    return made


def test_a_bad_entry_is_named_and_the_others_are_in(house: HouseRun, folder: Path) -> None:
    entries = [entry for entry, _ in BAD_ENTRIES.values()]
    path = folder / "a.json"
    path.write_bytes(bundle(patient(), lab("good"), *entries, organization(), kind="batch"))
    done = load_file(path, "load", house.engine)
    expected = [
        (f"entry[{at}]", element) for at, (_, element) in enumerate(BAD_ENTRIES.values(), 2)
    ]
    assert sorted(map(named, done.refusals)) == expected
    assert all(refusal.message for refusal in done.refusals)
    assert (done.new, done.before, done.path.name) == (3, 0, "a.json")


def broken_files(folder: Path) -> dict[str, str]:
    """Write files that are no bundles; gives a word of what must be said of each."""
    (folder / "cut.json").write_bytes(bundle(patient())[:-9])
    (folder / "empty.json").write_bytes(b"")
    (folder / "list.json").write_bytes(b"[1, 2]")
    (folder / "deep.json").write_bytes(b"[" * 200_000)
    (folder / "latin.json").write_bytes(b'{"resourceType":"Bundle","type":"batch\xe9"}')
    (folder / "other.json").write_bytes(b'{"resourceType":"Patient"}')
    (folder / "torn.json.gz").write_bytes(gzip.compress(bundle(patient()))[:-9])
    (folder / "bomb.json.gz").write_bytes(gzip.compress(b" " * (140 << 20), 1))
    (folder / "gone.json").symlink_to(folder / "nowhere")
    with (folder / "large.json").open("wb") as large:
        large.truncate(200 << 20)
    return {
        "cut.json": "broken JSON at line 1", "empty.json": "broken JSON", "list.json": "bundle",
        "deep.json": "", "latin.json": "", "other.json": "not a FHIR bundle",
        "torn.json.gz": "ends too early", "bomb.json.gz": "too large once unpacked",
        "gone.json": "No such file", "large.json": "over 128 MiB",
    }  # fmt: skip


def test_files_that_are_no_bundles_are_one_refusal_each(house: HouseRun, folder: Path) -> None:
    words = broken_files(folder)
    (folder / "good.json").write_bytes(bundle(patient()))
    done = load_all(house, folder)
    assert done.pop("good.json").new == 1
    assert set(done) == set(words)
    for name, each in done.items():
        (refusal,) = each.refusals
        assert words[name] in refusal.message, name
        assert "Tanaka" not in refusal.message


def test_a_file_of_200_mb_is_refused_unread(
    house: HouseRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (folder / "large.json").open("wb") as large:
        large.truncate(200 << 20)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    (refusal,) = load_file(folder / "large.json", "load", house.engine).refusals
    assert "128 MiB" in refusal.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(house: HouseRun, folder: Path) -> None:
    (folder / "a.json").write_bytes(bundle(patient()))
    (folder / "a.json").chmod(0)
    (refusal,) = load_file(folder / "a.json", "load", house.engine).refusals
    assert "ermission" in refusal.message


def test_an_empty_folder_or_none_is_refused_with_a_hint(folder: Path) -> None:
    (folder / "notes.txt").write_text("no bundle")
    for place in (folder, folder / "nowhere"):
        with pytest.raises(RefusedError, match=r"no \.json") as refused:
            bundle_files(place)
        assert refused.value.hint


def test_folders_and_pipes_that_are_called_json_are_no_bundles(folder: Path) -> None:
    (folder / "sub.json").mkdir()
    (folder / "sub.json" / "a.json").write_bytes(b"{}")
    os.mkfifo(folder / "pipe.json")
    assert bundle_files(folder) == [folder / "sub.json" / "a.json"]


def test_a_second_run_after_a_mend_takes_only_what_is_missing(
    house: HouseRun, folder: Path
) -> None:
    bad = lab("x", effectiveDateTime="2024-13-40")
    path = folder / "a.json"
    path.write_bytes(bundle(patient(), lab("good"), bad, organization()))
    first = load_file(path, "load", house.engine)
    bad["resource"]["effectiveDateTime"] = "2024-12-30"
    path.write_bytes(bundle(patient(), lab("good"), bad, organization()))
    second = load_file(path, "load", house.join("engine"))
    third = load_file(path, "load", house.join("engine"))
    counts = [(done.new, done.before, len(done.refusals)) for done in (first, second, third)]
    assert counts == [(3, 0, 1), (1, 3, 0), (0, 4, 0)]
    assert first.charts == second.charts


def test_what_a_keeper_refuses_is_a_refusal_of_each_entry(house: HouseRun, folder: Path) -> None:
    path = folder / "a.json"
    path.write_bytes(bundle(patient(), lab()))
    charts = load_file(path, "load", house.engine).charts
    holder = house.keyholder.keyholder
    holder.standing.shredded.add(charts[0])
    path.write_bytes(bundle(patient(family="Mori"), lab(), organization()))
    done = load_file(path, "load", house.join("engine"))
    assert done.new == 1
    assert {refusal.where for refusal in done.refusals} == {"entry[0]", "entry[1]"}
    assert all("shredded" in refusal.message for refusal in done.refusals)


def test_a_keeper_that_is_down_ends_the_load(house: HouseRun, folder: Path) -> None:
    (folder / "a.json").write_bytes(bundle(patient()))
    house.stop_store()
    with pytest.raises(UnavailableError):
        load_file(folder / "a.json", "load", house.engine)
    house.start_store()


def test_synthea_bundles_go_in_whole_and_once(house: HouseRun) -> None:
    shared = Path(os.environ.get("CHARTKEEP_SHARED", Path(__file__).parents[3] / "shared"))
    files = sorted(
        (shared / "data" / "synthea-r4").glob("*.json.gz"), key=lambda p: p.stat().st_size
    )
    if not files:
        pytest.skip("the Synthea set is not here: CHARTKEEP_SHARED names its folder")
    first = [load_file(path, "load", house.engine) for path in files[:3]]
    again = [load_file(path, "load", house.join("engine")) for path in files[:3]]
    assert [done.refusals for done in first] == [[]] * 3
    assert sum(done.new for done in first) > 100
    assert [(done.new, done.before) for done in again] == [(0, done.new) for done in first]
