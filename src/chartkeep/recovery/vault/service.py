"""The vault behind the wire: reads and its status, for who is registered in its own file."""

from collections.abc import Callable
from itertools import islice

from chartkeep.errors import ChartkeepError, NotAllowedError, RefusedError
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.vault import protocol as ask
from chartkeep.recovery.vault.running import LATE, Parts, Vault
from chartkeep.wire.calls import Call, Lane
from chartkeep.wire.frames import Message, Peer

MOST_NAMED = 25


class VaultService:
    """What a vault answers; it has a place to read from, and none to write to."""

    name = "vault"
    requests = ask.REQUESTS

    def __init__(
        self, shelf: Shelf, peers: dict[str, bytes], health: Callable[[], ask.Health],
        suspect: Callable[[str], None],
    ) -> None:  # fmt: skip
        """Answer `peers`, public keys by instance; `suspect` hears of who was none."""
        self._shelf = shelf
        self._peers = peers
        self._health = health
        self._suspect = suspect
        self._lane = Lane(self._serve)

    def public_key(self, instance: str) -> bytes:
        """Give a registered instance's key. Raises NotAllowedError for a stranger."""
        if instance not in self._peers:
            raise NotAllowedError(f"no instance {instance} is registered at this vault")
        return self._peers[instance]

    def greet(self, peer: Peer) -> None:
        """Hear that a worker connected."""

    def part(self, peer: Peer) -> None:
        """Hear that a worker's connection ended."""

    def suspect(self, instance: str, what: str) -> None:
        """Ring for a false proof or a replayed frame."""
        self._suspect(f"{instance}: {what}")

    def take(self, call: Call) -> None:
        """Queue a call."""
        self._lane.put(call)

    def close(self) -> None:
        """Serve what is queued and end."""
        self._lane.close()

    def _serve(self, calls: list[Call]) -> None:
        for call in calls:
            try:
                found = self._answer(call.request)
            except ChartkeepError as error:
                call.fail(error)
            except Exception as error:  # noqa: BLE001 - one odd question must not end the lane
                self._suspect(f"a question failed: {type(error).__name__}")
                call.fail(RefusedError("the vault cannot answer this question"))
            else:
                call.answer(found)

    def _answer(self, request: Message) -> Message:
        match request:
            case ask.Names(prefix, after):
                found = islice(self._shelf.names(prefix, after), ask.MAX_NAMES)
                return ask.NameList(list(found))
            case ask.ReadPart(name, start, length):
                return ask.Part(self._shelf.read(name, start, min(length, ask.MAX_PART)))
            case ask.AskSize(name):
                return ask.Size(self._shelf.size(name))
            case ask.Status():
                return self._health()
            case _:
                raise NotAllowedError("the vault has no such verb")


def health_of(vault: Vault, parts: Parts) -> ask.Health:
    """Say how a vault is, in figures and in sentences."""
    now = parts.clock.now()
    ledgers, red = [], parts.alarms.sentences()
    for ledger, state in vault.states.items():
        behind = now - state.caught_up
        ledgers.append(
            ask.LedgerHealth(ledger.word, state.size, behind, state.trouble, state.refused)
        )
        if state.refused:
            red.append(f"{ledger.word} is refused until a person looks: {state.refused}")
        elif behind > LATE:
            red.append(f"{ledger.word} was not pulled for {behind // 1000} s: {state.trouble}")
    if lost := parts.refusals.without():
        named = ", ".join(map(str, lost[:MOST_NAMED]))
        red.append(f"{len(lost)} lines are kept without what is rotten at the store: {named}")
    if not parts.clock.trusted:
        red.append("the vault's clock is not believed: nothing expires")
    return ask.Health(ledgers, list(dict.fromkeys(red)))
