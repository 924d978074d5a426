"""Take bytes apart as a bundle: items and refusals, nothing else, may come of it.

    python -m fuzz.bundle -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/fhir/test_any_bundle.py.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.fhir.any_bundle import feed


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
