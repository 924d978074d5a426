"""Take bytes apart as a C-CDA document: resources, or a clear refusal, come of it.

    python -m fuzz.ccda -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/intake/ccda/test_document.py.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.intake.ccda.any_document import feed


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
