"""May 2024, played against a small house: everything that had to hold does."""

import subprocess
import sys
from pathlib import Path


def test_what_happened_in_okayama_loses_nothing_here(tmp_path: Path) -> None:
    folder = tmp_path / "okayama"
    command = [
        sys.executable, "-m", "chartkeep", "drill", "okayama", "--small", "--folder", str(folder),
    ]  # fmt: skip
    played = subprocess.run(command, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert "Everything held" in (folder / "report.html").read_text()
    assert (folder / "minato-encrypted").is_dir()
