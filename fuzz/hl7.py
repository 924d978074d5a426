"""Read bytes as an HL7 v2 message and make FHIR of it: an error of ours, or checked resources.

    python -m fuzz.hl7 -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/intake/hl7/test_any_message.py. A folder of messages is the best corpus.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.intake.hl7.any_message import feed


if __name__ == "__main__":
    atheris.Setup(sys.argv, lambda raw: feed(b"MSH" + raw) and None)
    atheris.Fuzz()
