"""The dictionary holds nothing but what invented patients wrote into the kept set."""

import gzip
import importlib.util
import os
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from chartkeep.sealing import frame

ROOT = Path(__file__).resolve().parents[2]
SHINGLE = 24


@cache
def trainer() -> ModuleType:
    path = ROOT / "tools/train_dictionary.py"
    spec = importlib.util.spec_from_file_location("train_dictionary", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def shingles() -> frozenset[bytes]:
    text = frame.DICTIONARY
    return frozenset(text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1))


def test_the_kept_set_gives_the_packaged_bytes() -> None:
    assert trainer().train(trainer().kept_set()) == frame.DICTIONARY


def test_its_content_is_cut_from_the_kept_set() -> None:
    samples = b"".join(trainer().kept_set())
    text, at, pieces, foreign = frame.DICTIONARY, 0, 0, 0
    while at < len(text):
        size = longest_piece(text, at, samples)
        pieces, foreign = pieces + 1, foreign + (size if size < SHINGLE else 0)
        at += size
    assert pieces > 10
    assert foreign < 600  # zstd's entropy tables stand before the content


def longest_piece(text: bytes, at: int, samples: bytes) -> int:
    low, high = 1, len(text) - at
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[at : at + middle] in samples else (low, middle - 1)
    return low


def test_no_patient_of_the_synthea_set_is_in_it() -> None:
    shared = Path(os.environ.get("CHARTKEEP_SHARED", ROOT.parent / "shared"))
    files = sorted((shared / "data/synthea-r4").rglob("*.json*"))[:5]
    if not files:
        pytest.skip("needs ../shared/data/synthea-r4 or CHARTKEEP_SHARED")
    samples = b"".join(trainer().kept_set())
    for path in files:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found = {raw[at : at + SHINGLE] for at in range(len(raw) - SHINGLE)} & shingles()
        assert all(shingle in samples for shingle in found)
