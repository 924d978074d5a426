"""What an outsider gets of a case: whole, checked by others' tools, and nothing not meant."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from hashlib import sha256, sha512
from pathlib import Path

import bagit
import pytest
from cryptography.exceptions import InvalidSignature

from chartkeep.errors import RefusedError, SealBrokenError, UnavailableError
from chartkeep.incident.case import contents
from chartkeep.incident.case.bag import export_bag
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.contents import Wish
from chartkeep.incident.case.events import (
    Concern,
    Concerned,
    Estimate,
    Finding,
    Handed,
    Known,
    Note,
    Window,
)
from chartkeep.incident.case.stamping import stamp_bag
from chartkeep.incident.desk import Desk
from chartkeep.incident.duties.said import WAITS
from chartkeep.model import Millis
from chartkeep.sealing.kek import Cost
from tests.incident.case.bags import SCRIPT, Authority, check, deaf
from tests.incident.case.conftest import NOON, Open

REFUSALS = (InvalidSignature, OSError, ValueError, LookupError, TypeError)
POLICE = Wish("the police", "a warrant")
LEAK = "Tanaka Hanako;1961-05-04"


@pytest.fixture
def told(case: Case) -> Case:
    case.add(Window(Millis(NOON - 9_000), NOON, "the VPN log"))
    case.add(Concerned(Concern.PERSON, "erik.the.nurse"))
    case.add(Concerned(Concern.ADDRESS, "203.0.113.7"))
    case.add(Concerned(Concern.INSTANCE, "serve-2"))
    case.add(Concerned(Concern.FILE, "ab" * 32))
    case.add(Note(f"a patient called: {LEAK}"))
    log = case.keep(b"time;address\n" * 1_000, "firewall log", origin="=aiko", people=False)
    case.add(Finding("cause", "first foreign act: a log-in", "likely"), evidence=[log])
    case.keep(LEAK.encode(), "what was posted")
    return case


@pytest.fixture
def bag(told: Case, tmp_path: Path) -> Path:
    return export_bag(told, tmp_path / "bag", POLICE, NOON).path


def again_sealed(bag: Path) -> None:
    """Write all manifests anew, as whoever changed a bag would."""
    sums = (("sha256", sha256), ("sha512", sha512))
    payload = sorted(path for path in (bag / "data").rglob("*") if path.is_file())
    for prefix in ("manifest", "tagmanifest"):
        tags = [bag / name for name in ("bag-info.txt", "bagit.txt")]
        files = payload if prefix == "manifest" else [*tags, *sorted(bag.glob("manifest-*"))]
        for name, make in sums:
            rows = [f"{make(p.read_bytes()).hexdigest()}  {p.relative_to(bag)}\n" for p in files]
            (bag / f"{prefix}-{name}.txt").write_text("".join(rows))


def test_a_stranger_finds_it_whole(
    desk: Desk, bag: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bagit.Bag(str(bag)).is_valid()
    check(bag, desk.file.key)
    said = capsys.readouterr().out
    assert said.count("verified:") == 5
    assert "left out   evidence " + sha256(LEAK.encode()).hexdigest() in said


def test_it_runs_as_a_script(desk: Desk, bag: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(bag), "--key", desk.file.key]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    (bag / "data" / "case.txt").write_text("nothing happened\n")
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    assert said.returncode != 0
    assert said.stderr.startswith("REFUSED: data/case.txt was changed")


def test_any_event_is_proved_with_the_other_checker(bag: Path) -> None:
    key = (bag / "data/ledger/key").read_text().strip()
    proof = bag / "data/ledger/proofs/000003.tlog-proof"
    words = [sys.executable, str(SCRIPT.with_name("verify.py")), "proof", str(proof), "--key", key]
    assert b"this is entry 3" in subprocess.run(words, check=True, capture_output=True).stdout


def test_who_got_it_is_in_the_case_and_in_the_bag(told: Case, bag: Path, again: Open) -> None:
    ((_, handed),) = again().standing(Handed)
    assert (handed.whom, handed.why) == ("the police", "a warrant")
    assert 'handed,"a bag, without evidence' in (bag / "data/custody.csv").read_text()


def test_what_may_name_patients_comes_only_when_asked_for(told: Case, tmp_path: Path) -> None:
    plain = export_bag(told, tmp_path / "plain", POLICE, NOON)
    full = export_bag(told, tmp_path / "full", Wish("the judge", "asked", people=True), NOON)
    name = f"data/evidence/{sha256(LEAK.encode()).hexdigest()}"
    assert not (plain.path / name).exists()
    assert (full.path / name).read_text() == LEAK
    assert (plain.evidence, plain.withheld, full.evidence, full.withheld) == (1, 1, 2, 0)


def test_an_event_left_out_is_named_and_proved_to_be_there(
    desk: Desk, told: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = Wish("a journalist", "asked", withhold=frozenset({6}))
    made = export_bag(told, tmp_path / "bag", wish, NOON)
    check(made.path, desk.file.key)
    assert "left out   event 6" in capsys.readouterr().out
    words = "".join(p.read_text() for p in made.path.rglob("*") if p.is_file())
    assert "Tanaka" not in words


@pytest.mark.attack
def test_a_flipped_byte_of_any_file_is_refused(desk: Desk, bag: Path) -> None:
    files = sorted(path for path in bag.rglob("*") if path.is_file())
    assert len(files) > 30
    for path in files:
        sound = path.read_bytes()
        path.write_bytes(bytes([*sound[:-2], sound[-2] ^ 1, *sound[-1:]]))
        with pytest.raises(REFUSALS):
            check(bag, desk.file.key)
        path.write_bytes(sound)
    check(bag, desk.file.key)


def remove_line(bag: Path) -> None:
    path = bag / "manifest-sha256.txt"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def remove_evidence(bag: Path) -> None:
    next((bag / "data/evidence").iterdir()).unlink()
    again_sealed(bag)


def remove_event(bag: Path) -> None:
    (bag / "data/events/000003.json").unlink()
    (bag / "data/ledger/proofs/000003.tlog-proof").unlink()
    salts = bag / "data/ledger/salts"
    rows = salts.read_text().splitlines(keepends=True)
    salts.write_text("".join(row for row in rows if not row.startswith("3 ")))
    again_sealed(bag)


def exchange_evidence(bag: Path) -> None:
    next((bag / "data/evidence").iterdir()).write_bytes(b"another log")
    again_sealed(bag)


def add_file(bag: Path) -> None:
    (bag / "data/evidence" / ("cd" * 32)).write_bytes(b"planted")
    again_sealed(bag)


def add_tag(bag: Path) -> None:
    (bag / "notes.txt").write_text("planted")


def add_link(bag: Path) -> None:
    (bag / "data/link").symlink_to("/etc/passwd")


@pytest.mark.attack
@pytest.mark.parametrize(
    "attack",
    [
        remove_line, remove_evidence, remove_event, exchange_evidence, add_file, add_tag, add_link,
        again_sealed,
    ],
)  # fmt: skip
def test_whatever_is_taken_out_of_a_bag_or_put_in_is_refused(
    desk: Desk, bag: Path, attack: Callable[[Path], None]
) -> None:
    if attack is again_sealed:
        (bag / "data/case.txt").write_text("nothing happened\n")
    attack(bag)
    with pytest.raises(REFUSALS):
        check(bag, desk.file.key)


@pytest.mark.attack
def test_a_bag_of_another_desk_is_refused(
    bag: Path, tmp_path: Path, key_file: Path, desk: Desk
) -> None:
    other = Desk.found(tmp_path / "other", ("Minato", "ab" * 16), key_file, Cost(1, 8, 1))
    with pytest.raises(REFUSALS):
        check(bag, other.file.key)


@pytest.mark.attack
def test_a_case_rewritten_since_an_older_head_is_refused(
    desk: Desk, told: Case, bag: Path, tmp_path: Path
) -> None:
    head = tmp_path / "printed"
    head.write_bytes((bag / "data/ledger/checkpoint").read_bytes())
    told.add(Note("later"))
    later = export_bag(told, tmp_path / "later", POLICE, NOON).path
    check(later, desk.file.key, head=head)
    with pytest.raises(ValueError, match="its past was rewritten"):
        check(bag, desk.file.key, head=later / "data/ledger/checkpoint")


@pytest.mark.attack
def test_no_patient_and_no_name_of_staff_is_in_what_the_cyber_agency_gets(bag: Path) -> None:
    raw = (bag / "data/stix.json").read_text()
    assert not [word for word in ("Tanaka", "erik", "dewi", "patient called") if word in raw]
    objects = json.loads(raw)["objects"]
    kinds = {each["type"] for each in objects}
    assert kinds == {
        "identity", "incident", "note", "observed-data", "indicator", "user-account", "ipv4-addr",
        "file",
    }  # fmt: skip
    names = {each["id"] for each in objects}
    assert len(names) == len(objects)
    for each in objects:
        kind, _, ident = each["id"].partition("--")
        assert (kind, each["spec_version"]) == (each["type"], "2.1")
        assert uuid.UUID(ident).version == 5
        assert set(each.get("object_refs", ())) <= names
    patterns = {each["pattern"] for each in objects if each["type"] == "indicator"}
    assert patterns == {
        "[ipv4-addr:value = '203.0.113.7']", f"[file:hashes.'SHA-256' = '{'ab' * 32}']",
    }  # fmt: skip


@pytest.mark.attack
def test_no_free_words_are_in_what_the_cyber_agency_gets(case: Case, tmp_path: Path) -> None:
    case.add(Window(Millis(NOON - 9_000), NOON, "Tanaka saw erik"))
    case.add(Estimate(1, "exposure", gaps=("Tanaka Hanako.pdf: sweep it",)))
    case.add(Concerned(Concern.FILE, "/share/Tanaka Hanako.pdf"))
    case.add(Finding("cause", "door: a removable disk\n  because erik sat there"))
    case.add(Finding("cause", "erik did it"))
    raw = (export_bag(case, tmp_path / "bag", POLICE, NOON).path / "data/stix.json").read_text()
    assert not [word for word in ("Tanaka", "erik") if word in raw]
    assert "cause found: door: a removable disk" in raw


@pytest.mark.attack
def test_evidence_once_said_to_name_patients_goes_out_in_no_bag_without_them(
    desk: Desk, case: Case, tmp_path: Path
) -> None:
    first = case.keep(LEAK.encode(), "a sample", people=False)
    assert case.keep(LEAK.encode(), "came with a report by police") == first
    case.keep(LEAK.encode(), "a sample", people=False)
    bag = export_bag(case, tmp_path / "bag", POLICE, NOON).path
    check(bag, desk.file.key)
    assert not (bag / "data/evidence").exists()
    assert first in (bag / "data/withheld.csv").read_text()


def test_a_cell_that_a_spreadsheet_would_run_is_text(bag: Path) -> None:
    assert ",'=aiko," in (bag / "data/custody.csv").read_text()


def test_evidence_that_is_damaged_leaves_no_half_bag(told: Case, tmp_path: Path) -> None:
    digest = sha256(b"time;address\n" * 1_000).hexdigest()
    path = told._evidence.path(digest)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SealBrokenError, match=digest):
        export_bag(told, tmp_path / "bag", POLICE, NOON)
    assert [each.name for each in tmp_path.iterdir()] == ["desk"]
    assert str(told.events()[-1].what) == f"the bag of event {told.book.size - 2} was not made"


def test_what_lies_there_is_not_written_over(told: Case, bag: Path) -> None:
    with pytest.raises(RefusedError, match="is there already"):
        export_bag(told, bag, POLICE, NOON)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "authority")


def test_a_bag_is_stamped_and_openssl_agrees(
    desk: Desk, bag: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    with authority.serving() as url:
        assert stamp_bag(bag, url, authority.ca.read_bytes()) > NOON - 1_000 * 86_400_000
        with pytest.raises(RefusedError, match="has a time stamp"):
            stamp_bag(bag, url, authority.ca.read_bytes())
    assert bagit.Bag(str(bag)).is_valid()
    check(bag, desk.file.key)
    assert "not checked: openssl ts -verify" in capsys.readouterr().out
    check(bag, desk.file.key, authority=authority.ca)
    assert "verified: time stamp: " in capsys.readouterr().out


@pytest.mark.attack
def test_a_stamp_that_does_not_hold_is_neither_kept_nor_believed(
    desk: Desk, bag: Path, authority: Authority, tmp_path: Path
) -> None:
    ca = authority.ca.read_bytes()
    old = authority.answer(authority.run("ts -query -sha512 -cert -data tsa.cnf"))
    for wrong in (b"", b"no stamp", old, old[:-9]):
        with authority.serving(wrong) as url, pytest.raises(SealBrokenError):
            stamp_bag(bag, url, ca)
    with authority.serving(b"busy", 503) as url, pytest.raises(UnavailableError, match="503"):
        stamp_bag(bag, url, ca)
    with deaf() as url, pytest.raises(UnavailableError, match="does not answer"):
        stamp_bag(bag, url, ca)
    for url in ("file:///etc/passwd", "ftp://here", "nowhere"):
        with pytest.raises(RefusedError, match="not an authority's address"):
            stamp_bag(bag, url, ca)
    assert not (bag / "timestamp.tsr").exists()
    (bag / "timestamp.tsr").write_bytes(old)
    with pytest.raises(ValueError, match="or of another bag"):
        check(bag, desk.file.key, authority=authority.ca)


def test_a_bag_says_what_is_one_persons_word(told: Case, tmp_path: Path) -> None:
    number = told.add(Known("risk to persons", holds=False))
    lines = export_bag(told, tmp_path / "bag", POLICE, NOON).path / "data" / "case.txt"
    marked = [line for line in lines.read_text().splitlines() if line.endswith(f"({WAITS})")]
    assert [int(line.split()[0]) for line in marked] == [number]


def test_who_stops_a_bag_leaves_no_half_of_it_and_no_custody(
    told: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_case: Case, _events: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(contents, "stix_bundle", stop)
    with pytest.raises(KeyboardInterrupt):
        export_bag(told, tmp_path / "bag", POLICE, NOON)
    assert [each.name for each in tmp_path.iterdir()] == ["desk"]
    assert str(told.events()[-1].what) == f"the bag of event {told.book.size - 2} was not made"
