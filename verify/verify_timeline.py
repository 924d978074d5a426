"""Check a Chartkeep timeline with Python 3.11 and `cryptography` alone.

    python verify_timeline.py FOLDER --key KEY

Verified means: the desk whose key you give signed exactly these events and this description of
them. KEY is its C2SP verifier key, which somebody you trust tells you, not the folder.
"""

# ruff: noqa: INP001, T201 - a script to be copied away, that prints
import argparse
import base64
import json
import sys
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "chartkeep-timeline@v1"


def demand(truth: object, message: str) -> None:
    """Stop with a message unless something is true."""
    if not truth:
        raise ValueError(message)


def read_note(raw: bytes, key: str) -> list[str]:
    """Give the lines of a note that the key signed."""
    name, _, rest = key.partition("+")
    ident, _, material = rest.partition("+")
    public = base64.b64decode(material, validate=True)
    demand(len(public) == 33 and public[0] == 1, "the key is no Ed25519 verifier key")
    wanted = sha256(name.encode() + b"\n" + public).digest()[:4]
    demand(wanted.hex() == ident, "the key's id does not fit the key")
    text, blank, tail = raw.decode().rpartition("\n\n")
    demand(blank and tail.endswith("\n"), "this is no signed note")
    signed = tail[:-1].split("\n")
    demand(all(each.startswith("\N{EM DASH} ") for each in signed), "a signature line is malformed")
    for line in signed:
        signer, _, value = line.removeprefix("\N{EM DASH} ").partition(" ")
        signature = base64.b64decode(value, validate=True)
        if signer == name and signature[:4] == wanted:
            try:
                Ed25519PublicKey.from_public_bytes(public[1:]).verify(
                    signature[4:], f"{text}\n".encode()
                )
            except InvalidSignature:
                raise ValueError("the signature is wrong") from None
            return text.split("\n")
    raise ValueError("this key did not sign the note")


def check(folder: Path, key: str) -> tuple[int, dict[str, object]]:
    """Check a folder; gives how many events it has and what it is about."""
    lines = read_note((folder / "timeline.note").read_bytes(), key)
    demand(len(lines) == 5 and lines[0] == FORMAT, "the note is of no format known here")
    count, _, wanted = lines[2].partition(" ")
    about = (folder / "about.json").read_bytes()
    demand(sha256(about).hexdigest() == lines[3], "about.json was changed")
    seen, events = sha256(), 0
    with (folder / "timeline.jsonl").open("rb") as file:
        for line in file:
            seen.update(line)
            events += 1
    demand(seen.hexdigest() == wanted and str(events) == count, "timeline.jsonl was changed")
    return events, json.loads(about)


def main() -> int:
    """Check, and say what it is."""
    parser = argparse.ArgumentParser(description="Check a timeline of Chartkeep.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", required=True)
    asked = parser.parse_args()
    try:
        events, about = check(asked.folder, asked.key)
    except (ValueError, OSError, KeyError) as error:
        print(f"NOT VERIFIED: {error}")
        return 1
    print(f"verified: {events:,} events of {about['facility']}")
    proposal = about["proposal"]
    assert isinstance(proposal, dict)
    print(f"proposed door: {proposal['door']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
