"""Orders inside a message: what stands between one OBR and the next, and what it is called."""

from typing import NamedTuple

from chartkeep.intake.hl7.case import Case
from chartkeep.intake.hl7.reading import Segment

_EXTRA = frozenset({"TQ1", "IPC", "DG1"})


class Order(NamedTuple):
    """One OBR and what belongs to it; each of `results` is an OBX and the NTE after it."""

    place: int
    orc: Segment | None
    obr: Segment
    extra: list[Segment]
    notes: list[Segment]
    results: list[list[Segment]]
    specimens: list[Segment]


def orders_of(segments: list[Segment]) -> list[Order]:
    """Group a message's segments; what follows an ORC belongs to the OBR after it."""
    orders: list[Order] = []
    orc: Segment | None = None
    ahead: list[Segment] = []
    for segment in segments:
        match segment.name:
            case "ORC":
                orc, ahead = segment, []
            case "OBR":
                orders.append(Order(len(orders), orc, segment, ahead, [], [], []))
                orc, ahead = None, []
            case name if name in _EXTRA:
                (ahead if orc is not None or not orders else orders[-1].extra).append(segment)
            case _ if orders and orc is None:
                _take(orders[-1], segment)
            case _:
                pass
    return orders


def _take(order: Order, segment: Segment) -> None:
    match segment.name:
        case "OBX":
            order.results.append([segment])
        case "NTE":
            (order.results[-1] if order.results else order.notes).append(segment)
        case "SPM":
            order.specimens.append(segment)
        case _:
            pass


def result_name(case: Case, order: Order) -> tuple[str, ...]:
    """Say what a result is called: by the filler, by the placer, or by this message."""
    return _name(case, order, ((3, "/filler"), (2, "/placer")))


def order_name(case: Case, order: Order) -> tuple[str, ...]:
    """Say what an order is called: by the placer, by the filler, or by this message."""
    return _name(case, order, ((2, "/placer"), (3, "/filler")))


def _name(case: Case, order: Order, fields: tuple[tuple[int, str], ...]) -> tuple[str, ...]:
    segments = [order.obr] if order.orc is None else [order.obr, order.orc]
    for field, what in fields:
        for segment in segments:
            value = segment.value(field)
            if number := value.text(1):
                named = case.entity_system(value, what) if value.text(2) else ""
                return (what, named or case.author, number)
    return ("message", case.author, case.message.header.control_id, str(order.place))
