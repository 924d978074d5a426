"""The process that reads one ECG file with `ecgdatakit`, and ends: it may hold no key of anybody.

Started by `intake.ecg.reading` with the files as descriptors in memory, `NAME:DESCRIPTOR` each.
It bounds its own time, memory and files before it looks at a byte, and writes one Answer.
"""

import os
import resource
import sys
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from chartkeep.clinical.ecg.leads import Measure
from chartkeep.intake.ecg.pipe import LARGEST, Answer, Found, Trace

SECONDS, MEMORY, FILES = 30, 1 << 30, 64
MOST_PLACES, MOST = 6, 1e9
_READINGS = {
    "heart_rate": Measure.HEART_RATE, "rr_interval": Measure.RR, "pr_interval": Measure.PR,
    "qrs_duration": Measure.QRS, "qt_interval": Measure.QT, "qtc_bazett": Measure.QTC,
    "p_axis": Measure.P_AXIS, "qrs_axis": Measure.QRS_AXIS, "t_axis": Measure.T_AXIS,
}  # fmt: skip


def main(files: list[str]) -> None:
    """Read the first file, the others beside it, and answer on standard output."""
    bounds = {
        resource.RLIMIT_CPU: SECONDS, resource.RLIMIT_AS: MEMORY, resource.RLIMIT_NOFILE: FILES,
        resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: LARGEST, resource.RLIMIT_NPROC: 0,
    }  # fmt: skip
    for kind, most in bounds.items():
        resource.setrlimit(kind, (most, most))
    names = [each.rpartition(":") for each in files]
    for name, _, descriptor in names:
        Path(name).symlink_to(f"/proc/self/fd/{int(descriptor)}")
    sys.stdout.buffer.write(msgspec.msgpack.encode(_answer(Path(names[0][0]))))


def _answer(path: Path) -> Answer:
    from ecgdatakit import FileParser, UnsupportedFormatError  # noqa: PLC0415 - after the bounds

    warnings.simplefilter("ignore")
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
    import numpy as np  # noqa: PLC0415 - after the bounds

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
    os.umask(0o077)
    main(sys.argv[1:])
