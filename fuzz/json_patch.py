"""Feed a resource and a patch with bytes: a patched resource, or a clear refusal, comes of it.

    python -m fuzz.json_patch -max_total_time=60 [corpus folder]

Needs atheris (`pip install atheris`); the same body runs under Hypothesis in
tests/fhir/test_patching.py. The first zero byte parts resource and patch.
"""

# ruff: noqa: INP001 - a script, no package

import sys

import atheris

with atheris.instrument_imports():
    from tests.fhir.patches import feed


def one(data: bytes) -> None:
    """Run one input."""
    resource, _, patch = data.partition(b"\0")
    feed(patch, resource)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
