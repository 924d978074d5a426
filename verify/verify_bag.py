"""Check a bag that Chartkeep's incident desk handed out, without Chartkeep.

    python verify_bag.py BAG --key VERIFIER_KEY [--house VERIFIER_KEY] [--tsa-ca CA.pem]
                             [--head OLDER_CHECKPOINT]

Needs Python 3.11 and `cryptography`, `two_people.py` beside it, OpenSSL for time stamps. The keys
are the desk's and that of the house's ledger: ask the hospital for them by another way than the bag
came by. Checked, each from the bytes: the manifests (BagIt, RFC 8493), the signature over them, the
case's ledger from its entries, every event shown against its entry, every piece of evidence against
its event, what two people agreed to against the house's ledger, the time stamp (RFC 3161) when its
authority's certificates are given. Named: what is left out, what stands on one person's word. Not
checked: whether what people wrote is true; `case.txt`, `custody.csv` and `stix.json` against the
events they are made from.
"""

# ruff: noqa: D102, D103, INP001, S603, T201 - to be copied away, read at one go, prints; fixed words run
import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from two_people import Key, check_agreements, demand, unbase64

MOST = 64 << 20
TAGS = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "manifest-sha512.txt"}
SEALS = {"tagmanifest-sha256.txt", "tagmanifest-sha512.txt", "signature"}
STAMP = "timestamp.tsr"


class Bag:
    """A folder whose files are read with bounds, links refused."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, Path] = {}
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            demand(not path.is_symlink(), f"{name} is a link")
            if path.is_dir():
                continue
            demand(path.is_file(), f"{name} is no plain file")
            self.files[name] = path

    def read(self, name: str) -> bytes:
        demand(name in self.files, f"{name} is missing")
        with self.files[name].open("rb") as file:
            content = file.read(MOST + 1)
        demand(len(content) <= MOST, f"{name} is too long")
        return content

    def lines(self, name: str) -> list[str]:
        text = self.read(name).decode()
        demand(not text or text.endswith("\n"), f"{name} is cut short")
        return text.split("\n")[:-1]

    def digests(self, name: str) -> tuple[str, str]:
        short, long = sha256(), sha512()
        with self.files[name].open("rb") as file:
            while piece := file.read(1 << 20):
                short.update(piece)
                long.update(piece)
        return short.hexdigest(), long.hexdigest()


def check_manifests(bag: Bag) -> str:
    """Check that the manifests name every file and no other; gives the digest to be signed."""
    demand(bag.lines("bagit.txt")[0] == "BagIt-Version: 1.0", "this is no bag of a known version")
    others = set(bag.files) - TAGS - SEALS - {STAMP}
    demand(all(name.startswith("data/") for name in others), f"files beside the payload: {others}")
    for kind, names in (("manifest", others), ("tagmanifest", TAGS)):
        sums = {name: bag.digests(name) for name in names if name in bag.files}
        for place, algorithm in enumerate(("sha256", "sha512")):
            listed = dict[str, str]()
            for line in bag.lines(f"{kind}-{algorithm}.txt"):
                digest, _, name = line.partition("  ")
                demand(name not in listed, f"{name} is listed twice")
                listed[name] = digest
            for name in sorted(names | listed.keys()):
                demand(name in listed, f"{name} is in no {kind}-{algorithm}")
                demand(name in sums, f"{name} is listed and missing")
                demand(sums[name][place] == listed[name], f"{name} was changed ({algorithm})")
    print(f"verified: {len(others)} files, each as both manifests say")
    return sha512(bag.read("tagmanifest-sha512.txt")).hexdigest()


def check_signature(bag: Bag, key: Key, digest: str) -> tuple[str, int, str]:
    """Check who made the bag of what; gives origin, size and root (base64) of the case."""
    rows = key.open(bag.read("signature"), "signature")
    demand(len(rows) == 4 and rows[0] == "chartkeep-bag@v1", "the signature is of no known bag")
    demand(rows[3] == f"sha512 {digest}", "the bag is not what was signed")
    size, _, root = rows[2].partition(" ")
    print(f"verified: signed by {key.name}\n  case       {rows[1]}, {size} events")
    return rows[1], int(size), root


def root_of(leaves: list[bytes]) -> bytes:
    """Compute the root of a Merkle tree (RFC 6962 section 2.1)."""
    if not leaves:
        return sha256(b"").digest()
    row = leaves
    while len(row) > 1:  # an odd last one goes up as it is: the tree of RFC 6962, row by row
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [sha256(b"\1" + a + b).digest() for a, b in pairs] + row[len(row) & ~1 :]
    return row[0]


def check_ledger(bag: Bag, key: Key, signed: tuple[str, int, str]) -> list[bytes]:
    """Check the case's book from its entries; gives them."""
    origin, size, root = signed
    entries = [bytes.fromhex(line) for line in bag.lines("data/ledger/entries")]
    rows = Key(origin, key.public).open(bag.read("data/ledger/checkpoint"), "checkpoint")
    demand(rows[:3] == [origin, str(size), root], "the head is not the one the signature names")
    demand(len(entries) == size, f"{len(entries)} entries of {size} are there")
    leaves = [sha256(b"\0" + entry).digest() for entry in entries]
    demand(root_of(leaves) == unbase64(root), "the entries do not give the head's root")
    print(f"verified: the ledger from its {size} entries, root {unbase64(root).hex()}")
    return leaves


def check_head(path: Path, key: Key, origin: str, leaves: list[bytes]) -> None:
    """Check that the case only added to what it was at an older head."""
    rows = Key(origin, key.public).open(path.read_bytes(), "older head")
    demand(rows[0] == origin, "the older head is another case's")
    size = int(rows[1])
    follows = size <= len(leaves) and root_of(leaves[:size]) == unbase64(rows[2])
    demand(follows, "the case does not follow from the older head: its past was rewritten")
    print(f"verified: it only added to what it was at {size} events")


def check_events(bag: Bag, entries: list[bytes]) -> list[dict[str, Any]]:
    """Check every event shown against its entry, and that each one not shown is named."""
    events = []
    for line in bag.lines("data/ledger/salts"):
        number, _, salt = line.partition(" ")
        body = bag.read(f"data/events/{int(number):06}.json")
        entry = sha256(b"chartkeep-case-1\0" + bytes.fromhex(salt) + body).digest()
        demand(entry == entries[int(number)], f"event {number} is not what its entry commits to")
        events.append(json.loads(body))
        demand(events[-1]["number"] == int(number), f"event {number} says another number")
    shown = {each["number"] for each in events}
    files = {name for name in bag.files if name.startswith("data/events/")}
    demand(len(shown) == len(events) == len(files), "an event is there twice, or without its salt")
    missing = set(range(len(entries))) - shown
    demand(missing == {int(name) for name in withheld(bag, "event")}, "an event is missing")
    print(f"verified: {len(events)} events, each what its entry commits to")
    for number in sorted(missing):
        print(f"  left out   event {number}")
    return events


def check_evidence(bag: Bag, events: list[dict[str, Any]]) -> None:
    """Check that what was kept is there, unchanged, or named as left out."""
    kept = {
        each["what"]["sha256"]: each["what"] for each in events if each["what"]["kind"] == "kept"
    }
    there = {name.removeprefix("data/evidence/") for name in bag.files if "/evidence/" in name}
    for digest in sorted(there):
        sums = bag.digests(f"data/evidence/{digest}")
        named = digest in kept and sums == (digest, kept[digest]["sha512"])
        demand(named, f"the evidence {digest} is not what was kept")
    out = set(withheld(bag, "evidence"))
    demand(not out & there, "evidence is there and named as left out")
    lacking = sorted(kept.keys() - there - out)
    demand(not lacking, f"the evidence {lacking} is missing")
    print(f"verified: {len(there)} pieces of evidence, each what was kept")
    for digest in sorted(out):
        print(f"  left out   evidence {digest}")


def withheld(bag: Bag, what: str) -> Iterator[str]:
    rows = csv.DictReader(bag.lines("data/withheld.csv"))
    return (row["name"] for row in rows if row["what"] == what)


def check_stamp(bag: Bag, authority: str | None) -> None:
    """Have OpenSSL check the time stamp (RFC 3161) over the signature; without it say how."""
    command = ["openssl", "ts", "-verify", "-data", str(bag.files["signature"])]
    command += ["-in", str(bag.files[STAMP]), "-CAfile", authority or "CA.pem"]
    if not authority:
        print(f"  stamped    not checked: {' '.join(command)}")
        return
    said = subprocess.run(command, check=False, capture_output=True, timeout=60)
    demand(said.returncode == 0, "the time stamp is not this authority's, or of another bag")
    command = ["openssl", "ts", "-reply", "-in", str(bag.files[STAMP]), "-text"]
    said = subprocess.run(command, check=True, capture_output=True, timeout=60)
    rows = said.stdout.decode().splitlines()
    moment = next((row for row in rows if row.startswith("Time stamp:")), "time stamp: unknown")
    print(f"verified: {moment.lower()}, by the authority of {authority}")


def verify_bag(args: argparse.Namespace) -> None:
    bag, key = Bag(Path(args.bag)), Key.parse(args.key)
    signed = check_signature(bag, key, check_manifests(bag))
    leaves = check_ledger(bag, key, signed)
    if args.head:
        check_head(Path(args.head), key, signed[0], leaves)
    entries = [bytes.fromhex(line) for line in bag.lines("data/ledger/entries")]
    events = check_events(bag, entries)
    check_evidence(bag, events)
    house = Key.parse(args.house) if args.house else None
    forged = check_agreements(
        entries, events, lambda digest: bag.read(f"data/evidence/{digest}"), house
    )
    if STAMP in bag.files:
        check_stamp(bag, args.tsa_ca)
    else:
        print("  stamped    by nobody")
    demand(not forged, f"nobody agreed as the events {forged} say; all else holds")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Check a bag of Chartkeep's incident desk.")
    parser.add_argument("bag", help="the bag's folder")
    parser.add_argument("--key", required=True, help="the desk's verifier key")
    parser.add_argument("--house", help="the verifier key of the house's ledger `releases`")
    parser.add_argument("--tsa-ca", help="certificates (PEM) of the time-stamping authority")
    parser.add_argument("--head", help="an older checkpoint of the case, kept elsewhere")
    try:
        verify_bag(parser.parse_args())
    except InvalidSignature:
        sys.exit("REFUSED: a signature is wrong")
    except (OSError, ValueError, LookupError, TypeError, subprocess.SubprocessError) as error:
        sys.exit(f"REFUSED: {str(error) or type(error).__name__}")
