"""Decoys at the store: touched is touched, and a machine that cannot look has touched nothing."""

from pathlib import Path

import pytest

from chartkeep.store.guard.decoys import Decoys, decoys_of
from tests.store.guard.conftest import KEY
from tests.store.house import FACILITY


def test_want_of_descriptors_is_no_touch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoys = Decoys(tmp_path, decoys_of(FACILITY, KEY))
    decoys.lay()

    def none_left(_: Path) -> bytes:
        raise OSError(24, "too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", none_left)
        with pytest.raises(OSError, match="too many"):
            decoys.changed()
    assert decoys.changed() == []
    first = decoys.paths[0]
    first.unlink()
    assert decoys.changed() == [first.name]
