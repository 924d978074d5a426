"""A keeper heard by a vault: what it says of itself is no proof, and tried again like silence.

A store that cannot read its disk answers with a DamagedError. That is no lie: nothing is refused
for it, and it is alarmed as a keeper that does not answer is. What its answers hold, the vault
proves itself; only that is ever refused.
"""

from collections.abc import Callable

import msgspec

from chartkeep.errors import DamagedError, UnavailableError
from chartkeep.wire.client import Answer, Asking, Worked


class Hearing:
    """A connection to a keeper that raises UnavailableError where the keeper says it is damaged."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def ask(self, request: msgspec.Struct, answer: type[Answer]) -> Answer:
        """Ask. Raises UnavailableError, and what else the keeper carried."""
        return self.ask_while(request, answer, lambda: None)[0]

    def ask_while(
        self, request: msgspec.Struct, answer: type[Answer], work: Callable[[], Worked]
    ) -> tuple[Answer, Worked]:
        """Ask, and work meanwhile. Raises as `ask`."""
        try:
            return self._asking.ask_while(request, answer, work)
        except DamagedError as error:
            words = f"it says of itself: {error}"
            raise UnavailableError(words, hint=error.hint) from error

    def close(self) -> None:
        """Close what is open."""
        self._asking.close()
