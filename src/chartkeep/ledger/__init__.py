"""Append-only logs that an outsider can check: C2SP tiled logs, notes, proofs, and our lines."""
