"""Read bytes as a program's assertion and as its key: an error of ours, or what it says.

    python -m fuzz.assertion -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/sealing/test_assertion.py.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.sealing.assertions import feed


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
