"""The fixed chart, keys and headers these tests seal with."""

from chartkeep.model import ChartId, EntryId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.sealing.entry import EntryHeader
from chartkeep.sealing.keys import ChartKey, SectionKey
from chartkeep.sealing.wrap import WrapHeader

FACILITY, CHART, WRITER = FacilityId(b"F" * 16), ChartId(b"C" * 16), InstanceId(b"W" * 16)
KEY = SectionKey(KeyId(b"K" * 16), bytes(range(32)))
CHART_KEY = ChartKey(CHART, 1, bytes(range(32, 64)))
LEASE_END = Millis(1_767_225_600_000)


def header(
    *,
    chart: ChartId = CHART,
    time: Millis = LEASE_END,
    writer: InstanceId = WRITER,
    section: Section = Section.CLINICAL,
    kind: str = "Condition",
) -> EntryHeader:
    entry_id = EntryId(b"E" * 16)
    return EntryHeader(FACILITY, chart, section, KEY.key_id, entry_id, 1, time, writer, kind)


def wrap_header(generation: int = 1) -> WrapHeader:
    section = Section.CLINICAL
    return WrapHeader(FACILITY, CHART, generation, section, KEY.key_id, WRITER, LEASE_END)
