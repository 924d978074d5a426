"""Read bytes as headers, links and forms of a request: understood, or refused in words of ours.

    python -m fuzz.request_head -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/fhir/http/test_parsers.py.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.fhir.http.parsers import feed


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
