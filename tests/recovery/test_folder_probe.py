"""A folder is probed as its own user: what the kernel does not hold is said."""

from pathlib import Path

import pytest

from chartkeep.errors import NotAllowedError
from chartkeep.model import Millis
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.probing.certificate import DAY, PROBE_AGAIN, Certificate, Trial, Verdict
from chartkeep.recovery.probing.folder import TRIED, probe_folder
from chartkeep.recovery.probing.probed import ProbedPlace
from tests.recovery.place_contract import NOW, PlaceContract


def folder(root: Path, *, immutable: bool = True) -> FolderPlace:
    root.mkdir(mode=0o700, exist_ok=True)
    return FolderPlace(root, immutable=immutable)


def verdicts(certificate: Certificate) -> dict[str, Verdict]:
    return {trial.tried: trial.verdict for trial in certificate.trials}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def read(self) -> Millis:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(tmp_path: Path, clock: Clock) -> ProbedPlace:
    root = tmp_path / "vault"
    inner = folder(root, immutable=False)
    probed = ProbedPlace(
        inner, lambda _: probe_folder(root, inner, clock.now), clock.read, tmp_path / "probed.json"
    )
    probed.tend()
    return probed


class TestProbed(PlaceContract):
    """A place that was probed is a place like any other."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> ProbedPlace:
        held = Certificate("vault", NOW, (Trial("everything", "refused", Verdict.HELD),))
        place = ProbedPlace(FolderPlace(tmp_path), lambda _: held, lambda: NOW)
        place.renew()
        return place


@pytest.mark.attack
def test_where_the_kernel_holds_the_files_their_own_user_harms_none(tmp_path: Path) -> None:
    place = folder(tmp_path / "vault")
    if not place.locks:
        pytest.skip("chattr +i is not allowed here")
    found = verdicts(probe_folder(tmp_path / "vault", place, NOW))
    assert set(found.values()) == {Verdict.HELD}
    assert found.keys() >= {words for words, _ in TRIED}


def test_without_the_flag_every_harm_is_told_and_the_folder_is_still_used(tmp_path: Path) -> None:
    place = folder(tmp_path / "vault", immutable=False)
    certificate = probe_folder(tmp_path / "vault", place, NOW)
    found = verdicts(certificate)
    assert certificate.held
    assert {found[words] for words, _ in TRIED} == {Verdict.HOLE}
    assert found["the immutable flag"] is Verdict.HOLE


def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    for immutable in (False, True):
        place = folder(tmp_path / "vault", immutable=immutable)
        probe_folder(tmp_path / "vault", place, NOW)
        assert list(place.names()) == []


def test_a_folder_others_may_write_to_is_refused(tmp_path: Path) -> None:
    place = folder(tmp_path / "vault")
    (tmp_path / "vault").chmod(0o777)
    certificate = probe_folder(tmp_path / "vault", place, NOW)
    assert [one.tried for one in certificate.broken] == ["the folder is its user's alone"]


@pytest.mark.attack
def test_a_place_nobody_probed_today_is_read_and_not_written(
    place: ProbedPlace, clock: Clock
) -> None:
    place.put("records/a", [b"one"], NOW)
    clock.now = Millis(NOW + DAY)
    for act in (
        lambda: place.put("records/b", [b"two"], NOW),
        lambda: place.expire("records/a", clock.now),
    ):
        with pytest.raises(NotAllowedError, match="within a day"):
            act()
    assert place.read("records/a") == b"one"
    assert place.tend() is not None
    place.put("records/b", [b"two"], NOW)


def test_it_is_probed_again_before_its_day_is_over(place: ProbedPlace, clock: Clock) -> None:
    assert place.tend() is None
    clock.now = Millis(NOW + PROBE_AGAIN)
    assert place.tend() is not None
    clock.now = Millis(NOW - 1)
    assert place.tend() is not None


def test_a_certificate_outlives_the_process(place: ProbedPlace, tmp_path: Path) -> None:
    def never(_: Certificate | None) -> Certificate:
        raise AssertionError

    again = ProbedPlace(place, never, lambda: NOW, tmp_path / "probed.json")
    assert again.certificate == place.certificate
    (tmp_path / "probed.json").write_bytes(b"{")
    assert ProbedPlace(place, never, lambda: NOW, tmp_path / "probed.json").certificate is None


@pytest.mark.attack
def test_a_place_that_broke_is_not_written_to(tmp_path: Path, clock: Clock) -> None:
    root = tmp_path / "vault"
    inner = folder(root)
    probed = ProbedPlace(inner, lambda _: probe_folder(root, inner, clock.now), clock.read)
    with pytest.raises(NotAllowedError, match="never probed"):
        probed.put("records/a", [b"one"], NOW)
    root.chmod(0o777)
    probed.renew()
    with pytest.raises(NotAllowedError, match="does not keep"):
        probed.put("records/a", [b"one"], NOW)
