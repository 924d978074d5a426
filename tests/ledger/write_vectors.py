"""Write the golden vectors of lines: `python -m tests.ledger.write_vectors VERSION`, once for each.

Published files are never edited: they are what later versions must still read. Those of version 1
were written by the code of that version, before there was a second.
"""

import json
import sys

from chartkeep.ledger.body import Whole, write
from chartkeep.ledger.line import FIELDS, Line, field_value
from chartkeep.ledger.proof import Proof
from chartkeep.ledger.proofs import inclusion_proof

from .releases import LOG_VKEY, VECTORS, WITNESS_VKEY, Releases, about_nurse, day, salt_of

SHOWN = ([], ["verb"], ["verb", "time"], ["verb", "person"], ["verb", "session"],
         ["verb", "instance"], ["chart", "detail"], list(FIELDS))  # fmt: skip
LINES = {
    "a release": Line(
        1_717_200_000_000, "release", "山田", b"s" * 16, "serve-1", b"w" * 16, b"c" * 16, 5, b"\x80"
    ),
    "a program's key": Line(
        1_717_200_000_001, "seal_key", "", b"", "loader", b"w" * 16, b"c" * 16, 28, bytes(300)
    ),
    "a gap": Line(1_717_200_000_002, "gap"),
    "the last": Line(2**64 - 1, "a_verb_of_as_many_letters_as_may", "x" * 300, sections=2**32 - 1),
}


def main(version: str) -> None:
    """Write the three files of a version."""
    VECTORS.mkdir(exist_ok=True)
    cases = [_case(name, line, salt_of(at)) for at, (name, line) in enumerate(LINES.items())]
    keys = {"log": LOG_VKEY.text(), "witness": WITNESS_VKEY.text()}
    ledger = Releases(day(90, gaps=(33, 70)))
    bodies = [body.hex() for body in ledger.bodies]
    text = json.dumps(keys | {"cases": cases, "ledger": bodies}, indent=1, ensure_ascii=False)
    (VECTORS / f"lines-{version}.json").write_text(text + "\n")
    (VECTORS / f"exposure-{version}.list").write_bytes(ledger.exposure(about_nurse(30, 40), 29, 41))
    hashes = inclusion_proof(42, ledger.size, ledger.read)
    extra = Whole.parse(ledger.bodies[42]).open(["verb", "chart"]).raw()
    proof = Proof(42, tuple(hashes), ledger.note().raw(), extra)
    (VECTORS / f"line-{version}.tlog-proof").write_bytes(proof.raw())


def _case(name: str, line: Line, salt: bytes) -> dict[str, object]:
    entry, body = write(line, salt)
    whole = Whole.parse(body)
    return {
        "name": name,
        "fields": {field: field_value(line, field).hex() for field in FIELDS},
        "body": body.hex(),
        "entry": entry.hex(),
        "shown": [{"names": names, "raw": whole.open(names).raw().hex()} for names in SHOWN],
    }


if __name__ == "__main__":
    main(sys.argv[1])
