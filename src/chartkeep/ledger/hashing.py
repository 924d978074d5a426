"""Merkle hashing as RFC 6962 section 2.1 has it.

Promises the hashes of the standard. Knows nothing of tiles, sizes or proofs.
"""

from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()

# Copying a context that already holds the prefix is a sixth cheaper than starting one.
_leaf = sha256(b"\x00").copy
_node = sha256(b"\x01").copy


def hash_leaf(entry: bytes) -> bytes:
    """Hash one entry: SHA-256(0x00 ‖ entry)."""
    context = _leaf()
    context.update(entry)
    return context.digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours: SHA-256(0x01 ‖ left ‖ right)."""
    context = _node()
    context.update(left + right)
    return context.digest()


def hash_pairs(hashes: list[bytes]) -> list[bytes]:
    """Hash neighbours two by two, one height up; an odd last one is left out."""
    above: list[bytes] = []
    for left, right in zip(hashes[::2], hashes[1::2], strict=False):
        context = _node()  # hash_node unrolled: this loop is half of every append
        context.update(left + right)
        above.append(context.digest())
    return above


def split_hashes(joined: bytes) -> list[bytes]:
    """Cut joined 32-byte hashes apart."""
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
