"""Say bytes to a DICOM listener: messages, or a clear refusal, come of it.

    python -m fuzz.dimse -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/imaging/dimse/test_any_association.py.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.imaging.dimse.associations import feed


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
