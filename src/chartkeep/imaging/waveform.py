"""DICOM ECG waveforms (PS3.3 A.34.3 to A.34.5) to and from this house's one ECG model.

Promises: samples, scale and leads survive both ways; whatever a file claims about its length, no
more is read than it holds. A multiplex group is one recording: rhythm and median beat stand apart.
Does not judge whose ECG it is.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import NamedTuple

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import DSfloat

from chartkeep.clinical.ecg.leads import NAMES, STANDARD, Measure
from chartkeep.clinical.ecg.model import (
    MOST_LEADS,
    MOST_SAMPLES,
    MOST_WORDS,
    Ecg,
    Lead,
    Reading,
    check_ecg,
    lead_named,
    number,
)
from chartkeep.errors import BadInputError

TWELVE_LEAD, GENERAL, AMBULATORY = (
    UID(f"1.2.840.10008.5.1.4.1.1.9.1.{each}") for each in (1, 2, 3)
)
ECG_CLASSES = frozenset({TWELVE_LEAD, GENERAL, AMBULATORY})
MOST_GROUPS = 8
MISSING = -32_768
_TYPES = {(8, "SB"): "i1", (8, "UB"): "u1", (16, "SS"): "<i2", (16, "US"): "<u2", (32, "SL"): "<i4"}
_SCP = {
    "5.10.2.1-3": Measure.RR, "5.13.5-7": Measure.PR, "5.13.5-9": Measure.QRS,
    "5.13.5-11": Measure.QT, "5.10.2.5-5": Measure.QTC, "5.10.3-11": Measure.P_AXIS,
    "5.10.3-13": Measure.QRS_AXIS, "5.10.3-15": Measure.T_AXIS,
}  # fmt: skip
_MDC = {f"2:{measure.offset}": measure for measure in Measure}
_UNITS = {"uV": "microvolt", "mV": "millivolt", "V": "volt", "nV": "nanovolt"}
_MODEL = "ManufacturerModelName"
_BAD = (
    AttributeError, KeyError, IndexError, TypeError, ValueError, ArithmeticError, RecursionError,
    NotImplementedError, EOFError, OSError, InvalidDicomError,
)  # fmt: skip
"""What pydicom raises on a file that is not what it says."""


class About(NamedTuple):
    """What a written file says beside the signal; texts as DICOM has them, UIDs already made."""

    patient_id: str
    name: str
    birth_date: str
    sex: str
    study: str
    series: str
    instance: str
    accession: str = ""


def read_ecg(raw: bytes, zone: str = "") -> tuple[Ecg, ...]:
    """Read each group of a file, the first the rhythm. Raises BadInputError.

    `zone` (`+09:00`) is where the clock stood when the file does not say; without either only
    the day is given.
    """
    try:
        return waveforms(dcmread(BytesIO(raw)), zone)
    except _BAD as error:
        raise BadInputError("the file is no DICOM that can be read") from error


def waveforms(dataset: Dataset, zone: str = "") -> tuple[Ecg, ...]:
    """Read each group of a data set that is open already. Raises BadInputError."""
    try:
        groups = list(dataset.WaveformSequence)[:MOST_GROUPS]
        device = " ".join(str(dataset.get(name) or "") for name in ("Manufacturer", _MODEL)).strip()
        said = list(dataset.get("WaveformAnnotationSequence") or ())[:MOST_WORDS]
        ecgs = []
        for place, group in enumerate(groups, 1):
            mine = [each for each in said if _is_about(each, place)]
            leads, rate = _leads(group)
            texts = tuple(str(t) for each in mine if (t := each.get("UnformattedTextValue")))
            readings = tuple(filter(None, map(_reading, mine)))
            start = _start(dataset, zone)
            ecgs.append(check_ecg(Ecg(leads, rate, start, texts, readings, device)))
    except _BAD as error:
        raise BadInputError("the waveform is not what its file says") from error
    if not ecgs:
        raise BadInputError("the file holds no waveform")
    return tuple(ecgs)


def write_ecg(ecg: Ecg, about: About) -> bytes:
    """Write a Part 10 file of the class that allows this ECG. Raises BadInputError when none does.

    A recording that begins at an unknown moment, or whose day alone is known, cannot be written:
    the standard asks for the moment (Acquisition DateTime is type 1).
    """
    kind = _class_of(ecg)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = kind, about.instance
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = about.study, about.series
    dataset.PatientID, dataset.PatientName = about.patient_id, about.name
    dataset.PatientBirthDate, dataset.PatientSex = about.birth_date, about.sex
    dataset.AccessionNumber, dataset.Modality = about.accession, "ECG"
    dataset.Manufacturer, dataset.ManufacturerModelName = ecg.device[:64], ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = dataset.SeriesNumber = dataset.InstanceNumber = "1"
    _set_times(dataset, ecg.start)
    dataset.AcquisitionContextSequence = []
    dataset.WaveformSequence = [_group(ecg)]
    if said := [*map(_text_item, ecg.statements), *map(_reading_item, ecg.readings)]:
        dataset.WaveformAnnotationSequence = said
    into = BytesIO()
    dataset.save_as(into, enforce_file_format=True)
    return into.getvalue()


def _leads(group: Dataset) -> tuple[tuple[Lead, ...], Decimal]:
    channels, count = int(group.NumberOfWaveformChannels), int(group.NumberOfWaveformSamples)
    if not 0 < channels <= MOST_LEADS or not 0 < count * channels <= MOST_SAMPLES:
        raise BadInputError("the waveform has no samples, or too many to read")
    kind = np.dtype(
        _TYPES[int(group.WaveformBitsAllocated), str(group.WaveformSampleInterpretation)]
    )
    read = np.frombuffer(group.WaveformData, kind, count=channels * count).reshape(count, channels)
    padding = group.get("WaveformPaddingValue")
    missing = None if padding is None else int(np.frombuffer(padding, kind, count=1)[0])
    named = list(group.ChannelDefinitionSequence)[:channels]
    leads = tuple(
        _lead(channel, read[:, place].tolist(), missing) for place, channel in enumerate(named)
    )
    return leads, number(str(group.SamplingFrequency))


def _lead(channel: Dataset, values: list[int], missing: int | None) -> Lead:
    """Make a lead: value = sample x sensitivity x correction + baseline (PS3.3 C.10.9.1.4)."""
    samples: tuple[int | None, ...] = tuple(values)
    if missing is not None and missing in values:
        samples = tuple(None if each == missing else each for each in values)
    units = channel.get("ChannelSensitivityUnitsSequence")
    scale = number(str(channel.get("ChannelSensitivity") or 1))
    scale *= number(str(channel.get("ChannelSensitivityCorrectionFactor") or 1))
    origin = number(str(channel.get("ChannelBaseline") or 0))
    unit = str(units[0].CodeValue) if units else ""
    source = channel.ChannelSourceSequence[0]
    code = str(source.CodeValue).replace("5.6.3-9-", "2:").removeprefix("2:")
    known = int(code) if code.isdecimal() and int(code) in NAMES else 0
    if known:
        return Lead(known, NAMES[known], samples, number(scale), origin, unit)
    named = lead_named(str(source.get("CodeMeaning", ""))[:64], samples, number(scale), unit)
    return Lead(named.number, named.name, samples, named.scale, origin, unit)


def _is_about(item: Dataset, place: int) -> bool:
    """Say whether an annotation is about a whole group: (group, 0) means all its channels."""
    channels = item.get("ReferencedWaveformChannels")
    return channels is None or list(channels)[:2] == [place, 0]


def _reading(item: Dataset) -> Reading | None:
    concept, value = item.get("ConceptNameCodeSequence"), item.get("NumericValue")
    if not concept or value is None:
        return None
    code = str(concept[0].get("CodeValue", ""))
    measure = _SCP.get(code) or _MDC.get(code)
    first = value if isinstance(value, str | float | int | Decimal) else value[0]
    return None if measure is None else Reading(measure, number(str(first)))


def _start(dataset: Dataset, zone: str) -> str:
    text = str(dataset.get("AcquisitionDateTime") or "")
    moment, sign, ahead = text.partition("-" if "-" in text else "+")
    ahead = sign + ahead or str(dataset.get("TimezoneOffsetFromUTC") or "") or zone.replace(":", "")
    if len(moment) < 8:
        return ""
    if len(moment) < 14 or len(ahead) != 5:
        return datetime.strptime(moment[:8], "%Y%m%d").replace(tzinfo=UTC).date().isoformat()
    return datetime.strptime(moment[:14] + ahead, "%Y%m%d%H%M%S%z").isoformat()


def _class_of(ecg: Ecg) -> UID:
    """Choose the class whose bounds hold: PS3.3 A.34.3.4, A.34.4.4, A.34.5.4."""
    leads, count = len(ecg.leads), max(len(lead.samples) for lead in ecg.leads)
    fast = 200 <= ecg.rate <= 1000
    numbers = {lead.number for lead in ecg.leads}
    if fast and leads <= 13 and count <= 16_384 and numbers >= set(STANDARD):
        return TWELVE_LEAD
    if fast and leads <= 24:
        return GENERAL
    if 50 <= ecg.rate <= 1000 and leads <= 12:
        return AMBULATORY
    raise BadInputError("no DICOM class allows this number of leads at this rate")


def _group(ecg: Ecg) -> Dataset:
    longest = max(len(lead.samples) for lead in ecg.leads)
    filled = np.full((longest, len(ecg.leads)), MISSING, np.int64)
    for place, lead in enumerate(ecg.leads):
        known = [MISSING if sample is None else sample for sample in lead.samples]
        filled[: len(known), place] = known
    if filled.min() < MISSING or filled.max() > -MISSING - 1:
        raise BadInputError("a sample does not fit in the 16 bits DICOM has for an ECG")
    group = Dataset()
    group.WaveformOriginality, group.MultiplexGroupLabel = "ORIGINAL", "RHYTHM"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = len(ecg.leads), longest
    group.SamplingFrequency = _ds(ecg.rate)
    group.ChannelDefinitionSequence = list(_channels(ecg.leads))
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.WaveformPaddingValue = MISSING.to_bytes(2, "little", signed=True)
    group["WaveformPaddingValue"].VR = "OW"
    group.WaveformData = filled.astype("<i2").tobytes()
    group["WaveformData"].VR = "OW"
    return group


def _channels(leads: Iterable[Lead]) -> Iterator[Dataset]:
    for lead in leads:
        channel = Dataset()
        channel.WaveformBitsStored, channel.ChannelSampleSkew = 16, "0"
        code = f"2:{lead.number}" if lead.number else "2:0"
        channel.ChannelSourceSequence = [_code(code, "MDC", f"Lead {lead.name}")]
        if lead.unit:
            channel.ChannelSensitivity = _ds(lead.scale)
            unit = _code(lead.unit, "UCUM", _UNITS.get(lead.unit, lead.unit))
            channel.ChannelSensitivityUnitsSequence = [unit]
            channel.ChannelSensitivityCorrectionFactor = "1"
            channel.ChannelBaseline = _ds(lead.origin)
        yield channel


def _set_times(dataset: Dataset, start: str) -> None:
    try:
        moment = datetime.fromisoformat(start)
    except ValueError as error:
        raise BadInputError("the ECG does not say when it was taken") from error
    if moment.tzinfo is None:
        raise BadInputError("the ECG does not say at what moment of its day it was taken")
    day, time = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    dataset.StudyDate = dataset.ContentDate = day
    dataset.StudyTime = dataset.ContentTime = time
    dataset.AcquisitionDateTime = day + time + moment.strftime("%z")[:5]
    dataset.TimezoneOffsetFromUTC = moment.strftime("%z")[:5]


def _text_item(text: str) -> Dataset:
    item = Dataset()
    item.ReferencedWaveformChannels, item.AnnotationGroupNumber = [1, 0], 1
    item.UnformattedTextValue = text[:1024]
    return item


def _reading_item(reading: Reading) -> Dataset:
    item, measure = Dataset(), reading.measure
    item.ReferencedWaveformChannels, item.AnnotationGroupNumber = [1, 0], 1
    item.ConceptNameCodeSequence = [_code(f"2:{measure.offset}", "MDC", measure.title)]
    item.MeasurementUnitsCodeSequence = [_code(measure.unit, "UCUM", measure.unit)]
    item.NumericValue = _ds(reading.value)
    return item


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning[:64]
    return item


def _ds(value: Decimal) -> DSfloat:
    return DSfloat(float(value), auto_format=True)
