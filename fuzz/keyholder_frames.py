"""Feed a keyholder's side of the wire with bytes: nothing but a cut, or an answer, may come of it.

    python -m fuzz.keyholder_frames -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/keyholder/test_frames.py. The first byte says whether the peer is proved.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.keyholder.frames import feed


def one(data: bytes) -> None:
    """Run one input."""
    feed(data[1:], proved=bool(data[:1] and data[0] & 1))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
