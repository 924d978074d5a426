"""January 2022, played against three small hospitals: everything that had to hold does."""

import subprocess
import sys
from pathlib import Path


def test_what_happened_in_jakarta_is_answered_here(tmp_path: Path) -> None:
    folder = tmp_path / "jakarta"
    command = [
        sys.executable, "-m", "chartkeep", "drill", "jakarta", "--small", "--folder", str(folder),
    ]  # fmt: skip
    played = subprocess.run(command, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    report = (folder / "report.html").read_text()
    assert "Everything held" in report
    assert "consistent with bulk doors: export of 2" in report
