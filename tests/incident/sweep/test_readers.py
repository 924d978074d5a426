import os
from pathlib import Path

import pytest

from chartkeep.incident.sweep.readers import Readers, group_name, person_name
from chartkeep.incident.sweep.walking import Seen, walk

ME, MINE = person_name(os.getuid()), group_name(os.getgid())


def readers(root: Path, folder: int, file: int) -> Readers:
    (root / "in").mkdir()
    (root / "in" / "a.txt").write_text("x")
    (root / "in" / "a.txt").chmod(file)
    (root / "in").chmod(folder)
    (seen,) = walk([root / "in"])
    assert isinstance(seen, Seen)
    return seen.readers


@pytest.mark.parametrize(
    ("folder", "file", "said"),
    [
        (0o755, 0o644, "everyone"),
        (0o755, 0o640, f"owner {ME}, group {MINE}"),
        (0o755, 0o600, f"owner {ME}"),
        (0o700, 0o644, f"owner {ME}"),
        (0o750, 0o644, f"owner {ME}, group {MINE}"),
        (0o750, 0o600, f"owner {ME}"),
    ],
)
def test_who_reads_a_file_is_who_gets_to_it_and_may(
    tmp_path: Path, folder: int, file: int, said: str
) -> None:
    assert str(readers(tmp_path, folder, file)) == said
