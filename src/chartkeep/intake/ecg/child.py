"""The process that reads one ECG file with `ecgdatakit`, and ends: it may hold no key of anybody.

Started by `intake.ecg.reading` with the files as descriptors in memory, `NAME:DESCRIPTOR` each.
It loads the reader and the bytes, gives up everything else it could reach, and only then looks at
one of them: what the reader takes for files are the bytes it has. It writes one Answer.
"""

import builtins
import codecs
import io
import os
import stat
import sys
import time
import warnings
from decimal import Decimal
from errno import ENOENT
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from ecgdatakit import FileParser, UnsupportedFormatError

from chartkeep.clinical.ecg.leads import Measure
from chartkeep.confined import allow_until, confine
from chartkeep.intake.ecg.pipe import Answer, Found, Trace

SECONDS, MEMORY = 30, 1 << 30
MOST_PLACES, MOST = 6, 1e9
ENCODINGS = ("utf-16", "latin-1", "cp1252", "cp932", "euc_jp", "euc_kr", "gb18030")
"""Loaded before nothing can be loaded any more."""
_READINGS = {
    "heart_rate": Measure.HEART_RATE, "rr_interval": Measure.RR, "pr_interval": Measure.PR,
    "qrs_duration": Measure.QRS, "qt_interval": Measure.QT, "qtc_bazett": Measure.QTC,
    "p_axis": Measure.P_AXIS, "qrs_axis": Measure.QRS_AXIS, "t_axis": Measure.T_AXIS,
}  # fmt: skip


def main(words: list[str]) -> None:
    """Read the first file, the others beside it, and answer on standard output."""
    warnings.simplefilter("ignore")
    FileParser().parsers  # noqa: B018 - loads what reads each form
    time.strptime("2026", "%Y")  # loads what it is done with
    for name in ENCODINGS:
        codecs.lookup(name)
    named = (word.rpartition(":") for word in words)
    files = {name: Path(f"/dev/fd/{int(descriptor)}").read_bytes() for name, _, descriptor in named}
    allow_until(SECONDS)
    confine(MEMORY)
    serve_from(files)
    answer = msgspec.msgpack.encode(_answer(Path(next(iter(files)))))
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def serve_from(files: dict[str, bytes]) -> None:
    """Let whoever opens, measures or lists a file from now on find these, and no other."""

    def held(path: Any) -> bytes:
        if (raw := files.get(os.fspath(path))) is None:
            raise FileNotFoundError(ENOENT, "no such file")
        return raw

    def opened(path: Any, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO(held(path))

    def measured(path: Any, **_: Any) -> os.stat_result:
        return os.stat_result((stat.S_IFREG, 0, 0, 1, 0, 0, len(held(path)), 0, 0, 0))

    for module, name, ours in (
        (builtins, "open", opened), (io, "open", opened), (os, "stat", measured),
        (os, "listdir", lambda _=".": list(files)),
    ):  # fmt: skip
        setattr(module, name, ours)


def _answer(path: Path) -> Answer:
    try:
        return Answer(_found(FileParser.parse(path, auto_scale=False)))
    except UnsupportedFormatError:
        return Answer(trouble="unknown")
    except MemoryError:
        return Answer(trouble="too large")
    except Exception:  # noqa: BLE001 - whatever a file of strangers does to a reader is one thing
        return Answer(trouble="damaged")


def _found(record: Any) -> Found:
    patient, recording, device = record.patient, record.recording, record.recording.device
    rates = [lead.sampling_rate for lead in record.leads]
    rate = max(set(rates), key=rates.count)
    measured = {
        measure.name: float(value)
        for field, measure in _READINGS.items()
        if (value := getattr(record.measurements, field)) is not None
    }
    said = [" ".join(filter(None, each)) for each in record.interpretation.statements]
    return Found(
        form=record.file_format.name, rate=str(rate),
        traces=[_trace(lead) for lead in record.leads if lead.sampling_rate == rate],
        start=recording.date.isoformat() if recording.date else "",
        statements=[text for text in said if text], readings=measured,
        device=" ".join(filter(None, (device.manufacturer, device.model or device.name))),
        patient_id=patient.patient_id, name=f"{patient.last_name} {patient.first_name}".strip(),
        birth_date=patient.birth_date.date().isoformat() if patient.birth_date else "",
    )  # fmt: skip


def _trace(lead: Any) -> Trace:
    """Take a lead as counts where it has them, else to the micro-unit it is given in."""
    values = np.asarray(lead.samples, dtype=np.float64)
    known = np.isfinite(values) & (np.abs(values) < MOST)
    places = next(
        (k for k in range(MOST_PLACES) if not (values[known] * 10**k % 1).any()), MOST_PLACES
    )
    counts = np.rint(np.where(known, values, 0) * 10**places).astype(np.int64).tolist()
    samples = [count if here else None for count, here in zip(counts, known.tolist(), strict=True)]
    scale, origin, unit = (
        (float(lead.resolution or 1), float(lead.offset), lead.resolution_unit)
        if lead.is_raw
        else (1.0, 0.0, lead.units)
    )
    return Trace(lead.label, samples, str(Decimal(repr(scale)).scaleb(-places)), repr(origin), unit)


if __name__ == "__main__":
    main(sys.argv[1:])
