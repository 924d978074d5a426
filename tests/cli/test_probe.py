"""`chartkeep probe` prints what was tried on a place, and its exit code is the verdict."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chartkeep.cli.main import commands
from tests.recovery import s3_bucket
from tests.recovery.s3_bucket import Server
from tests.recovery.s3_server import Run
from tests.recovery.test_bucket_probe import DeletesVersions


def probe(place: str) -> tuple[int, str]:
    result = CliRunner().invoke(commands("probe"), ["probe", place], env={"COLUMNS": "200"})
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("server", "code", "words"),
    [(Server(), 0, "trusted for a day"), (DeletesVersions(), 1, "gone")],
)
def test_a_bucket_is_probed(server: Server, code: int, words: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{s3_bucket.ACCESS}\n{s3_bucket.SECRET}\n")
    keys.chmod(0o600)
    run = Run(server)
    try:
        text = f"s3://{s3_bucket.BUCKET}?endpoint={run.endpoint}&keys={keys}&cluster=127.9.9.9"
        exit_code, output = probe(text)
    finally:
        run.stop()
    assert exit_code == code
    assert words in output
    assert "no operator of the servers deletes" in output


def test_a_folder_is_probed(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir(mode=0o700)
    exit_code, output = probe(f"folder:{tmp_path}/vault")
    assert exit_code == 0
    assert "renaming it away" in output
