"""What the keyholder may ask of a store: new wraps, labels dropped, a chart shredded.

Rules as functions of values, like `rules`. They only ever remove what no longer opens or finds
anything: entries and lines stay.
"""

from chartkeep.errors import ConflictError, RefusedError
from chartkeep.model import to_text
from chartkeep.sealing.wrap import WrapHeader, read_wrap
from chartkeep.store.book import Facts, Plan, Tally
from chartkeep.store.records import RecordType, Row, labels_row, wrap_row
from chartkeep.store.rules import check_chart, new_chart, same_but_generation


def replace_wraps(
    chart: bytes, wraps: list[tuple[WrapHeader, bytes]], facts: Facts, start: int
) -> Plan:
    """Replace wraps by ones of a higher generation, all else equal; those in place are skipped."""
    check_chart(chart, facts)
    rows: list[Row] = []
    replaced: list[tuple[int, int]] = []
    if len({head.key_id for head, _ in wraps}) != len(wraps):
        raise RefusedError("a key is named twice")
    for head, wrap in wraps:
        index, standing = facts.wraps.get(head.key_id, (0, b""))
        if standing == wrap:
            continue
        _check_rewrap(head, standing, chart)
        row = wrap_row(start + len(rows), head, wrap, RecordType.REWRAP)
        rows.append(row)
        replaced.append((row.at, index))
    return Plan(rows, replaced, dropped=[old for _, old in replaced])


def _check_rewrap(head: WrapHeader, standing: bytes, chart: bytes) -> None:
    name = to_text(head.key_id)
    if head.chart != chart or not standing:
        raise RefusedError(f"key {name} has no wrap in this chart")
    old = read_wrap(standing)
    if head.generation <= old.generation:
        raise ConflictError(f"the wrap of key {name} is not of a higher generation")
    if not same_but_generation(head, old):
        raise RefusedError(f"the new wrap of key {name} says more than a new generation")


def drop_labels(chart: bytes, labels: list[bytes], facts: Facts, start: int) -> Plan:
    """Drop labels of a chart; those that do not stand there are skipped."""
    mine = [label for label in dict.fromkeys(labels) if facts.labels.get(label) == chart]
    rows = [labels_row(start, chart, mine, RecordType.UNLABEL)] if mine else []
    return Plan(rows, unlabel=mine)


def shred(facts: Facts, wraps: list[int], labels: list[tuple[int, list[bytes]]], row: Row) -> Plan:
    """Write down that a chart's key is gone; its wraps and labels go. Twice is once."""
    if facts.shredded:
        return Plan([])
    dropped = wraps + [index for index, _ in labels]
    gone = [label for _, listed in labels for label in listed]
    return Plan([row], dropped=dropped, unlabel=gone, tally=Tally(0, new_chart(facts), 0))
