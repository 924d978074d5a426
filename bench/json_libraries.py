"""Which JSON library: processor time to read and write resources, and what each one loses.

python -m bench.json_libraries
"""

import decimal
import json
import time
from collections.abc import Callable
from typing import Any

import msgspec
import orjson

from bench import machine


class _Envelope(msgspec.Struct, rename="camel"):
    """What a door needs of a resource it keeps as received."""

    resource_type: str = ""
    id: str = ""


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    type: str = ""
    entry: list[msgspec.Raw] = []


class _Exact(msgspec.Struct):
    value: msgspec.Raw


def _observation(number: int) -> dict[str, Any]:
    coding = {"system": "http://loinc.org", "code": "2339-0", "display": "Glucose [Mass/volume]"}
    return {
        "resourceType": "Observation",
        "id": f"{number:032x}",
        "meta": {"versionId": "1", "lastUpdated": "2026-11-22T02:00:00.000+00:00"},
        "status": "final",
        "category": [{"coding": [coding]}],
        "code": {"coding": [coding], "text": "血糖"},
        "subject": {"reference": f"Patient/{number:032x}"},
        "effectiveDateTime": "2026-11-22T02:00:00+00:00",
        "valueQuantity": {"value": 95.5, "unit": "mg/dL", "system": "http://unitsofmeasure.org"},
        "note": [{"text": "x" * 40}] * 4,
    }


def _micros(work: Callable[[], object]) -> float:
    """Give the processor time of one call, in µs: the best of seven tries of 30 ms."""
    best = float("inf")
    for _ in range(7):
        start, calls = time.process_time(), 0
        while (used := time.process_time() - start) < 0.03:
            work()
            calls += 1
        best = min(best, used / calls)
    return best * 1e6


def _figures(name: str, raw: bytes) -> list[list[str]]:
    tree = orjson.loads(raw)
    bundle = msgspec.json.Decoder(_Bundle if name == "100 kB" else _Envelope)
    works: dict[str, Callable[[], object]] = {
        "read: orjson.loads": lambda: orjson.loads(raw),
        "read: msgspec.json.decode": lambda: msgspec.json.decode(raw),
        "read: json.loads": lambda: json.loads(raw),
        "read: json.loads, exact decimals": lambda: json.loads(raw, parse_float=decimal.Decimal),
        "read: msgspec, declared, rest skipped or Raw": lambda: bundle.decode(raw),
        "write: orjson.dumps": lambda: orjson.dumps(tree),
        "write: msgspec.json.encode": lambda: msgspec.json.encode(tree),
        "write: json.dumps": lambda: json.dumps(tree, ensure_ascii=False).encode(),
        "write: orjson, entries are Fragments": _join_orjson(tree),
        "write: msgspec, entries are Raw": _join_msgspec(tree),
    }
    return [[name, what, f"{_micros(work):,.1f} µs"] for what, work in works.items()]


def _join_orjson(tree: dict[str, Any]) -> Callable[[], object]:
    raws = [orjson.dumps(each) for each in tree.get("entry", [tree])]
    return lambda: orjson.dumps({"type": "searchset", "entry": list(map(orjson.Fragment, raws))})


def _join_msgspec(tree: dict[str, Any]) -> Callable[[], object]:
    raws = [orjson.dumps(each) for each in tree.get("entry", [tree])]
    return lambda: msgspec.json.encode({"type": "searchset", "entry": list(map(msgspec.Raw, raws))})


def _refuses(read: Callable[[bytes], object], raw: bytes) -> str:
    try:
        found = read(raw)
    except RecursionError:
        return "RecursionError"
    except ValueError as error:
        return f"refused ({type(error).__name__})"
    return f"read as {str(found)[:40]}"


def _losses() -> list[list[str]]:
    tries = {
        "1.00": b'{"value":1.00}',
        "20 digits": b'{"value":1.2345678901234567890}',
        "2^70": b'{"value":1180591620717411303424}',
        "same key twice": b'{"value":1,"value":2}',
        "NaN": b'{"value":NaN}',
        "lone surrogate": rb'{"value":"\ud800"}',
        "invalid UTF-8": b'{"value":"\xff"}',
        "depth 2,000": b'{"value":' + b"[" * 2000 + b"]" * 2000 + b"}",
        "depth 1,000,000": b"[" * 1_000_000 + b"]" * 1_000_000,
    }
    reads: list[Callable[[bytes], object]] = [
        orjson.loads,
        msgspec.json.decode,
        json.loads,
        lambda raw: bytes(msgspec.json.decode(raw, type=_Exact).value),
    ]
    return [[name, *(_refuses(read, raw) for read in reads)] for name, raw in tries.items()]


def main() -> None:
    print(f"# JSON libraries\n\n{machine.header()}")
    one = orjson.dumps(_observation(1))
    many = {"resourceType": "Bundle", "type": "searchset"}
    hundred = orjson.dumps({**many, "entry": [_observation(each) for each in range(105)]})
    rows = [*_figures("1 kB", one), *_figures("100 kB", hundred)]
    print(f"\none resource {len(one):,} bytes, bundle {len(hundred):,} bytes")
    machine.print_table("Processor time", ["size", "what", "a call"], rows)
    heads = ["input", "orjson", "msgspec", "json", "msgspec.Raw"]
    machine.print_table("What becomes of", heads, _losses())


if __name__ == "__main__":
    main()
