"""An ECG file into the one model, read by a process of its own with nothing but that file.

Promises: whatever the file does to its reader, this process lives, within time and memory, and
nothing of it reaches a disk; the reader is `ecgdatakit`, an optional dependency.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from threading import Timer
from typing import NamedTuple

import msgspec

from chartkeep.clinical.ecg.leads import Measure
from chartkeep.clinical.ecg.model import Ecg, Lead, Reading, check_ecg, lead_named, number
from chartkeep.errors import BadInputError, RefusedError, UnavailableError
from chartkeep.intake.ecg.pipe import LARGEST, LARGEST_ANSWER, MOST_FILES, Answer, Found, Trace

PATIENCE = 60.0
"""Seconds on the wall; the child's own bound is on the processor."""
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}\Z")
_UNITS = {"uv": "uV", "µv": "uV", "mv": "mV", "v": "V", "nv": "nV"}
_TROUBLES = {
    "unknown": "no ECG format this house reads",
    "damaged": "the ECG file is damaged",
    "too large": "the ECG file is too large",
}


class EcgFile(NamedTuple):
    """A recording, and whose the file says it is: what its device was told, texts as they came."""

    ecg: Ecg
    form: str
    patient_id: str
    name: str
    birth_date: str


def read_ecg(files: Mapping[str, bytes], zone: tzinfo) -> EcgFile:
    """Read a recording: its first file, and those that stand beside it (WFDB has two).

    `zone`: where the device's clock stood when the file does not say. Raises BadInputError when it
    is none, RefusedError when the reader is not installed, UnavailableError when it cannot run.
    """
    if importlib.util.find_spec("ecgdatakit") is None:
        raise RefusedError("ECG files need ecgdatakit", hint="pip install 'chartkeep[ecg]'")
    if len(files) > MOST_FILES or sum(map(len, files.values())) > LARGEST:
        raise BadInputError("the ECG is too large", hint="it is kept as a document")
    answer = _ask(_named(files))
    if answer.found is None:
        raise BadInputError(_TROUBLES[answer.trouble or "damaged"])
    found = answer.found
    return EcgFile(_ecg(found, zone), found.form, found.patient_id, found.name, found.birth_date)


def _named(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give files names that say nothing of a patient, but for those a header names its others by.

    A WFDB header names the files of its signals; one that names a file which did not come with it
    is refused, so that it reads nothing else of this host.
    """
    first, *beside = files
    suffix = _SUFFIX.search(first)
    named = {f"ecg{suffix[0].lower() if suffix else ''}": files[first]}
    if not first.lower().endswith(".hea"):
        return named
    for line in files[first].decode(errors="replace").splitlines()[1:]:
        words = line.split()
        if words and not words[0].startswith("#") and words[0] not in beside:
            raise BadInputError("the ECG's header names a file that did not come with it")
    if not all(_PLAIN.match(name) for name in beside):
        raise BadInputError("the ECG's files have names no record has")
    return named | {name: files[name] for name in beside}


def _ask(files: dict[str, bytes]) -> Answer:
    with ExitStack() as stack:
        descriptors = {name: stack.enter_context(_memory(raw)) for name, raw in files.items()}
        words = [f"{name}:{descriptor}" for name, descriptor in descriptors.items()]
        paths = os.pathsep.join(filter(None, map(_absolute, sys.path)))
        try:
            child = subprocess.Popen(  # noqa: S603 - ours, its words made here
                [sys.executable, "-P", "-m", "chartkeep.intake.ecg.child", *words],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                cwd="/", pass_fds=list(descriptors.values()),
                env={"PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
        except OSError as error:
            raise UnavailableError("the reader of ECG files cannot be started") from error
        answer = _hear(child)
    if len(answer) > LARGEST_ANSWER:
        return Answer(trouble="too large")
    try:
        return msgspec.msgpack.decode(answer, type=Answer)
    except (msgspec.MsgspecError, RecursionError):
        return Answer(trouble="damaged")  # killed by its own bounds, or worse


def _hear(child: subprocess.Popen[bytes]) -> bytes:
    """Read what a child says, until it ends or its time is over."""
    timer = Timer(PATIENCE, child.kill)
    timer.start()
    try:
        with child:
            assert child.stdout is not None
            answer = child.stdout.read(LARGEST_ANSWER + 1)
            child.kill()
    finally:
        timer.cancel()
    return answer


@contextmanager
def _memory(raw: bytes) -> Iterator[int]:
    """Give bytes as a file that lies in memory and has no name."""
    descriptor = os.memfd_create("ecg")
    try:
        with open(descriptor, "wb", closefd=False) as into:
            into.write(raw)
        yield descriptor
    finally:
        os.close(descriptor)


def _absolute(path: str) -> str:
    return str(Path(path).resolve()) if path else ""


def _ecg(found: Found, zone: tzinfo) -> Ecg:
    readings = tuple(
        Reading(Measure[name], number(value))
        for name, value in found.readings.items()
        if name in Measure.__members__
    )
    said = tuple(text[:1_000] for text in found.statements[:100])
    leads = tuple(map(_lead, found.traces))
    rate, start = number(found.rate), _moment(found.start, zone)
    return check_ecg(Ecg(leads, rate, start, said, readings, found.device[:200]))


def _lead(trace: Trace) -> Lead:
    unit = _UNITS.get(trace.unit.casefold(), trace.unit)
    lead = lead_named(trace.name, tuple(trace.samples), number(trace.scale), unit)
    return msgspec.structs.replace(lead, origin=number(trace.origin))


def _moment(text: str, zone: tzinfo) -> str:
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError("the ECG's time is none") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()
