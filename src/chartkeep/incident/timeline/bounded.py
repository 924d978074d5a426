"""A map that holds so much and no more: what was used longest ago goes first."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
MOST = 100_000


class Bounded(Generic[Value]):
    """Values by name, made when first asked for."""

    def __init__(self, make: Callable[[], Value], most: int = MOST) -> None:
        self._make = make
        self._most = most
        self._held: OrderedDict[str, Value] = OrderedDict()

    def __getitem__(self, name: str) -> Value:
        if name in self._held:
            self._held.move_to_end(name)
            return self._held[name]
        if len(self._held) >= self._most:
            self._held.popitem(last=False)
        return self._held.setdefault(name, self._make())

    def __contains__(self, name: str) -> bool:
        return name in self._held

    def __len__(self) -> int:
        return len(self._held)
