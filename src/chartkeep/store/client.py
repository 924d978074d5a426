"""The store as its callers see it: a method for each verb, each an answer or an error."""

from collections.abc import Callable

from chartkeep.store import protocol as p
from chartkeep.wire.client import Asking, Worked
from chartkeep.wire.frames import Done

PAGE = 2_000


class StoreClient:
    """Asks one store, as one instance."""

    def __init__(self, client: Asking) -> None:
        self._client = client

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def commit(self, commit: p.Commit) -> p.Committed:
        """Take entries into one chart, all or nothing; durable when this returns."""
        return self._client.ask(commit, p.Committed)

    def heads(self, entries: list[bytes]) -> list[p.Head]:
        """Tell where entries stand, at which version, with which content hash."""
        return self._client.ask(p.Heads(entries), p.HeadList).heads

    def read(self, chart: bytes, sections: list[int], *, history: bool = False) -> p.Found:
        """Give a chart's sealed entries and their wraps, all pages joined."""
        wraps: dict[bytes, None] = {}
        entries: list[bytes] = []
        after = 0
        while True:
            read = p.Read(chart, sections, [], [], history, after, PAGE)
            page = self._client.ask(read, p.Found)
            wraps |= dict.fromkeys(page.wraps)
            entries += page.entries
            after = page.more
            if not after:
                return p.Found(list(wraps), entries, 0)

    def newest(self, chart: bytes) -> int:
        """Give the index of a chart's newest line in `records`, -1 for none."""
        return self._client.ask(p.Newest(chart), p.Line).index

    def where(self, entries: list[bytes]) -> list[tuple[p.Head, int]]:
        """Tell where entries stand, each with the newest line of its chart, -1 for none."""
        found = self._client.ask(p.Where(entries), p.Places)
        return list(zip(found.heads, found.newest, strict=True))

    def page(self, read: p.Read) -> p.Found:
        """Give one page of a chart's sealed entries, with the wraps they need."""
        return self._client.ask(read, p.Found)

    def kinds(self, charts: list[bytes], sections: list[int]) -> list[str]:
        """Tell of which types the current entries of these charts' sections are."""
        return self._client.ask(p.Kinds(charts, sections), p.KindList).kinds

    def faces(self, charts: list[bytes]) -> p.Found:
        """Give the current face entries of many charts, with their wraps."""
        return self._client.ask(p.Faces(charts), p.Found)

    def wraps(self, chart: bytes) -> list[bytes]:
        """Give every wrap of a chart."""
        return self._client.ask(p.Wraps(chart), p.Found).wraps

    def replace_wraps(self, chart: bytes, wraps: list[bytes]) -> None:
        """Replace wraps by ones of a higher generation."""
        self._client.ask(p.ReplaceWraps(chart, wraps), p.Committed)

    def find(self, labels: list[bytes]) -> list[bytes]:
        """Tell which chart stands under each label, empty where there is none."""
        return self._client.ask(p.Find(labels), p.Charts).charts

    def drop_labels(self, chart: bytes, labels: list[bytes]) -> None:
        """Delete labels of a chart: the keyholder alone."""
        self._client.ask(p.DropLabels(chart, labels), p.Committed)

    def shred(self, chart: bytes) -> None:
        """Write down that a chart's key is gone: the keyholder alone."""
        self._client.ask(p.Shred(chart), p.Committed)

    def shreds(self) -> list[bytes]:
        """List the shredded charts."""
        return self._client.ask(p.Shreds(), p.Charts).charts

    def open_blob(self, chart: bytes, blob: bytes) -> None:
        """Begin a blob of a chart, under a name nothing has."""
        self._client.ask(p.OpenBlob(chart, blob), Done)

    def send_chunk_while(self, blob: bytes, data: memoryview, work: Callable[[], Worked]) -> Worked:
        """Send the next sealed bytes of a blob, at most 8 MiB; work until they are written."""
        _, worked = self._client.ask_while(p.BlobChunk(blob, data), Done, work)
        return worked

    def drop_blob(self, blob: bytes) -> None:
        """Give up a blob that was begun: no commit will name it."""
        self._client.ask(p.DropBlob(blob), Done)

    def read_blobs(self, chart: bytes, ranges: list[tuple[bytes, int, int]]) -> list[memoryview]:
        """Give sealed bytes of a chart's blobs: (blob, start, length) each, 32 MiB in all."""
        return self.read_blobs_now(chart, ranges).parts

    def read_blobs_now(self, chart: bytes, ranges: list[tuple[bytes, int, int]]) -> p.BlobBytes:
        """Give sealed bytes of a chart's blobs, and the chart's newest line before they were."""
        return self._client.ask(p.ReadBlobs(chart, ranges), p.BlobBytes)

    def records(self, start: int, limit: int, *, bare: bool = False) -> p.RecordList:
        """Give a page of objects of the `records` ledger; `bare`: as if they were gone."""
        return self._client.ask(p.Records(start, limit, bare), p.RecordList)

    def vaulted(self, size: int) -> bool:
        """Say, as a vault, that so many lines are safe; tells whether commits wait for that."""
        return self._client.ask(p.Vaulted(size), p.Heard).waits

    def headers(self, chart: bytes, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Give clear headers of entries, with their indices in `records`."""
        return self._client.ask(p.Headers(chart, start, limit), p.HeaderList).headers

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Read a tile of the `records` ledger."""
        return self._client.ask(p.Tile(level, index, width), p.TileBytes).hashes

    def checkpoint(self) -> p.Note:
        """Ask for a signed checkpoint of `records`, and for the newest cosigned one."""
        return self._client.ask(p.Checkpoint(), p.Note)

    def kit(self) -> bytes:
        """Give the kit, sealed to the operators; empty when there is none."""
        return self._client.ask(p.Kit(), p.KitBytes).sealed

    def doubt(self, chart: bytes) -> None:
        """Say that something of a chart did not open: the store looks for itself."""
        self._client.ask(p.Doubt(chart), Done)

    def status(self) -> p.Health:
        """Ask how it is."""
        return self._client.ask(p.Status(), p.Health)
