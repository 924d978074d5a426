"""The body of fuzz/bundle.py: any bytes as a bundle."""

from chartkeep.fhir.bundle import parse_bundle

WORD = "Zyxkanariya"


def feed(data: bytes) -> None:
    """Take a bundle apart: Items whose bytes stand in it, and Refusals that say nothing of it."""
    parsed = parse_bundle(data, "a.json")
    for item in parsed.items:
        assert item.raw in data or data.startswith(b"\x1f\x8b")
    for refusal in parsed.refusals:
        assert refusal.message
        assert WORD not in f"{refusal.message}{refusal.hint}"
