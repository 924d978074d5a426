"""Search a small chart by bytes: records of that chart, or a clear refusal, may come of it.

    python -m fuzz.search_string -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/clinical/search/test_strings.py. The first byte chooses the resource type.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.clinical.search.strings import feed


def one(data: bytes) -> None:
    """Run one input."""
    feed(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
