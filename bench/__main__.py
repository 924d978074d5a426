"""All benchmarks, one after the other, into bench/results.md: `python -m bench`.

The sizes here end in about ten minutes on two idle cores; `--full` takes the sizes the targets
name (100,000 charts, ten million lines), about an hour. A benchmark that cannot run is said so
and the others go on; an unmet target is a word in its table, not a failure.
"""

import argparse
import subprocess
import sys
import time

from bench import machine

RESULTS = machine.REPOSITORY / "bench" / "results.md"

QUICK = {
    "load": ["--repeats", "3"],
    "open_chart": ["--charts", "20"],
    "releases": ["--seconds", "10"],
    "search": [],
    "growth": ["--charts", "10000"],
    "exposure": ["--lines", "500000"],
    "incident_exposure": ["--lines", "2000000", "--charts", "120000", "--repeats", "1"],
    "incident_cause": ["--seeds", "1", "--without", "0", "--rows", "50000"],
    "incident_intake": ["--megabytes", "20"],
    "incident_sweep": ["--files", "1500", "--charts", "2500"],
    "takeover": ["--charts", "20000"],
    "rotation": ["--charts", "20000", "--rotated", "50"],
    "fhir_door": ["--charts", "24"],
    "pages": ["--beds", "12"],
    "pack_open": [],
    "blobs": ["--gigabytes", "0.5"],
    "verify_ledger": ["--lines", "2000000"],
    "fhir_soak": [],
    "hl7": ["--messages", "1000", "--replay", "4000"],
    "dimse": [],
    "dicomweb": ["--s", "100", "--l", "60", "--x", "5", "--studies", "400"],
    "pictures": [],
    "pack": [],
    "places": ["--megabytes", "128"],
    "incident_marks": [],
    "vault": ["--patients", "10", "--rounds", "4", "--small", "40000", "--times", "2"],
    "incident_rows": ["--charts", "20000", "--rows", "2000", "--each", "200"],
    "incident_letters": ["--letters", "1000", "--read", "500"],
}
FULL = {
    "load": ["--repeats", "5"],
    "open_chart": ["--charts", "40"],
    "releases": ["--seconds", "30"],
    "search": [],
    "growth": [],
    "exposure": ["--lines", "10000000"],
    "incident_exposure": [],
    "incident_cause": [],
    "incident_intake": [],
    "incident_sweep": [],
    "takeover": [],
    "rotation": [],
    "fhir_door": [],
    "pages": [],
    "pack_open": ["--repeats", "20"],
    "blobs": [],
    "verify_ledger": [],
    "dimse": ["--files", "600"],
    "dicomweb": ["--s", "600", "--l", "300", "--x", "20"],
    "pictures": ["--count", "600"],
    "places": [],
    "vault": ["--small", "40000"],
    "fhir_soak": ["--sessions", "10000", "--clients", "200", "--seconds", "600"],
    "hl7": ["--replay", "200000"],
    "incident_door": [],
    "restore": ["--charts", "20000", "--entries", "50", "--gigabytes", "8"],
    "incident_rows": ["--charts", "6000000"],
    "incident_letters": [],
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="run all benchmarks")
    parser.add_argument("--full", action="store_true", help="the sizes the targets name")
    parser.add_argument("names", nargs="*", help="only these")
    asked = parser.parse_args()
    sizes = FULL if asked.full else QUICK
    unknown = set(asked.names) - sizes.keys()
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    tables, failed = [], []
    for name in asked.names or sizes:
        table = _run(name, sizes[name])
        failed += [] if table else [name]
        tables.append(table or f"# {name}\n\ndid not run\n")
    if not asked.names:
        title = "# Results\n\n" + machine.header() + "\n\n"
        RESULTS.write_text(title + "\n".join(tables).replace("\n# ", "\n## "))
    if failed:
        raise SystemExit(f"did not run: {', '.join(failed)}")


def _run(name: str, options: list[str]) -> str:
    """Run one benchmark, passing on what it prints; empty when it failed."""
    command = [sys.executable, "-m", f"bench.{name}", *options]
    machine.progress(f"\nbench: {' '.join(command[1:])}")
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=machine.REPOSITORY, stdout=subprocess.PIPE, text=True, check=False
    )
    print(done.stdout, flush=True)
    machine.progress(f"bench: {name} took {time.perf_counter() - start:.0f} s")
    return done.stdout if done.returncode == 0 else ""


if __name__ == "__main__":
    main()
