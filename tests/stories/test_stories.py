"""The stories are true: what they show is what the commands say."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.records import lab, organization, patient, stay
from tests.stories.runner import Stage, read_story

STORIES = sorted(Path(__file__).parent.glob("*.txt"))
VERIFY = Path(__file__).parents[2] / "verify" / "verify.py"


def write_bundle(path: Path, *entries: object) -> None:
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    path.write_bytes(orjson.dumps(bundle))


@pytest.fixture
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("story")
    (folder / "bundles").mkdir()
    (folder / "stick").mkdir()
    number = [{"system": "urn:mrn", "value": "4711"}]
    hana = patient("p", identifier=number, birthDate="1956-08-03", gender="female")
    lying = stay("e", "in-progress", start="2026-03-01")
    write_bundle(folder / "bundles" / "hana.json", organization(), hana, lying, lab("a"))
    budi = patient("q", "Santoso", "Budi", birthDate="1990-01-31", gender="male")
    wrong = lab("b", "Patient/q", effectiveDateTime="2024-13-40")
    write_bundle(folder / "bundles" / "budi.json", budi, wrong)
    shutil.copy(VERIFY, folder)
    made = Stage(folder)
    yield made
    made.close()


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_a_story_is_true(stage: Stage, story: Path) -> None:
    assert stage.play(story) > 3


def test_a_story_that_is_not_true_fails(stage: Stage, tmp_path: Path) -> None:
    for told in ("$ echo a\nb\n", "$ echo a\n[2]\n", "$ echo a\n", "$ echo a\na\n…\nz\n"):
        (tmp_path / "lie.txt").write_text(told)
        with pytest.raises(AssertionError, match=r"lie\.txt:1: \$ echo a"):
            stage.play(tmp_path / "lie.txt")
    assert [step.command for step in read_story(tmp_path / "lie.txt")] == ["echo a"]
