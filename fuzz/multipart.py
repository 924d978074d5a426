"""Take bytes as a body in parts and as an Accept header: nothing comes out that was not in.

    python -m fuzz.multipart -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/imaging/http/test_multipart.py.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.imaging.http.bodies import feed


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
