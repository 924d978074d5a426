"""What the desk writes out in clear, only its owner reads."""

from pathlib import Path

import pytest

from chartkeep.cli.incident.options import put
from chartkeep.errors import RefusedError


@pytest.mark.attack
def test_a_file_in_clear_is_its_owners_alone_and_goes_over_none(tmp_path: Path) -> None:
    folder = tmp_path / "open to all"
    folder.mkdir(mode=0o755)
    put(folder / "letters-1.pdf", b"Tanaka")
    assert (folder / "letters-1.pdf").stat().st_mode & 0o777 == 0o600
    with pytest.raises(RefusedError, match="is there already"):
        put(folder / "letters-1.pdf", b"Mori")
    assert (folder / "letters-1.pdf").read_bytes() == b"Tanaka"
    put(tmp_path / "new" / "x", b"")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
