"""A vault as a restore sees it over the wire: a shelf."""

from collections.abc import Iterator

from chartkeep.recovery.vault import protocol as ask
from chartkeep.wire.client import Asking


class RemoteShelf:
    """The reading half of another host's vault; give it a `Pool` to read from many threads."""

    def __init__(self, client: Asking) -> None:
        self._client = client

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object, asked for 8 MiB at a time."""
        wanted = max(0, self.size(name) - start) if length is None else length
        parts: list[bytes] = []
        while wanted > 0:
            asked = ask.ReadPart(name, start, min(wanted, ask.MAX_PART))
            part = self._client.ask(asked, ask.Part).data
            if not part:
                break
            parts.append(part)
            start, wanted = start + len(part), wanted - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def size(self, name: str) -> int:
        """Give an object's length in bytes."""
        return self._client.ask(ask.AskSize(name), ask.Size).size

    def names(self, prefix: str = "", after: str = "") -> Iterator[str]:
        """Give names in order, a thousand asked for at a time."""
        while page := self._client.ask(ask.Names(prefix, after), ask.NameList).names:
            yield from page
            after = page[-1]

    def health(self) -> ask.Health:
        """Ask how the vault is."""
        return self._client.ask(ask.Status(), ask.Health)

    def close(self) -> None:
        """End the connection."""
        self._client.close()
