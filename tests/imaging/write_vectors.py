"""Writes tests/vectors/imaging: once for each version of the format, never again.

.venv/bin/python -m tests.imaging.write_vectors
"""

import json

from chartkeep.imaging.instance import encode_instance
from chartkeep.inventor.dicom import JPEG_BASELINE, encapsulate, write_file, xray
from tests.imaging.test_instance import NAMES, VECTORS, WHERE, WHOSE, _plain, manifest


def main() -> None:
    pixels = encapsulate([b"a" * 10, b"b" * 20, b"c" * 30])
    files = {
        "an X-ray": xray(WHOSE, WHERE, 8),
        "three fragments": write_file({**NAMES, 0x00280008: ("IS", "3")}, JPEG_BASELINE, pixels),
    }
    cases = []
    for name, data in files.items():
        instance = manifest(data)
        raw = encode_instance(instance)
        cases.append(
            {"name": name, "expect": "ok", "manifest": raw.hex(), "fields": _plain(instance)}
        )
    good = cases[0]["manifest"]
    cases += [
        {
            "name": "of a later version",
            "expect": "unknown format",
            "manifest": "434b4932" + good[8:],
        },
        {"name": "cut short", "expect": "damaged", "manifest": good[:-20]},
    ]
    origin = "chartkeep, tests/imaging/write_vectors.py, format version 1"
    VECTORS.write_text(json.dumps({"origin": origin, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
