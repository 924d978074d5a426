"""Train the entries' zstd dictionary (docs/formats/entry.md) on invented patients only.

    python tools/train_dictionary.py            train from the kept set, write the dictionary
    python tools/train_dictionary.py --invent   invent the set anew first (a new format version)

The set is kept beside the vectors, so the committed dictionary can be made again for ever, also
when the inventor has learned to write other patients. A published dictionary never changes.
"""

import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

import orjson
import zstandard

from chartkeep.inventor.hospital import invent_hospital

ROOT = Path(__file__).resolve().parent.parent
SET = ROOT / "tests/vectors/sealing/training-1.jsonl.zst"
DICTIONARY = ROOT / "src/chartkeep/sealing/data/dictionary-1.zstd"
SEED, PATIENTS, TODAY = 1, 150, date(2026, 1, 1)
PER_TYPE = 300
DICTIONARY_BYTES = 32 << 10
"""Half the size limit: on bundles of other makers 32 KiB packs no worse than 64."""


def invent_set() -> list[bytes]:
    """Write the resources of an invented hospital, so many of each type."""
    hospital = invent_hospital(SEED, PATIENTS, TODAY)
    kept: dict[str, list[bytes]] = defaultdict(list)
    for index in range(PATIENTS):
        for entry in orjson.loads(hospital.bundle(index))["entry"]:
            resource = entry["resource"]
            lines = kept[resource["resourceType"]]
            if len(lines) < PER_TYPE:
                lines.append(orjson.dumps(resource))
    return [line for kind in sorted(kept) for line in kept[kind]]


def kept_set() -> list[bytes]:
    """Read the kept set."""
    return zstandard.ZstdDecompressor().decompress(SET.read_bytes()).splitlines()


def train(samples: list[bytes]) -> bytes:
    """Train; the same samples and zstd version give the same bytes."""
    return zstandard.train_dictionary(DICTIONARY_BYTES, samples, k=1024, d=8).as_bytes()


def main() -> None:
    """Do what the module's first lines say."""
    if "--invent" in sys.argv[1:]:
        packed = zstandard.ZstdCompressor(level=19).compress(b"\n".join(invent_set()))
        SET.write_bytes(packed)
    samples = kept_set()
    DICTIONARY.write_bytes(train(samples))
    print(f"{len(samples)} invented resources, dictionary of {DICTIONARY.stat().st_size} bytes")


if __name__ == "__main__":
    main()
