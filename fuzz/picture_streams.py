"""Read any bytes as a compressed frame: the size it states, or that it states none.

    python -m fuzz.picture_streams -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/imaging/pixels/test_streams.py.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.imaging.pixels.streams import feed


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
