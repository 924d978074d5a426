"""The keys themselves: the key-encryption key, the root keys under it, and every chart's key.

Chart keys are read wrapped, opened for one request and dropped. It decides nothing and writes
nothing: new or changed wraps are handed back as changes for the book.
"""

from chartkeep.errors import DamagedError, NotFoundError, RefusedError
from chartkeep.keyholder.book import Book, Change
from chartkeep.model import ChartId, FacilityId
from chartkeep.sealing.box import BoxKey
from chartkeep.sealing.kek import KeyEncryptionKey
from chartkeep.sealing.keyed import SearchKey, derive
from chartkeep.sealing.keys import ChartKey, fresh_chart_key, fresh_secret
from chartkeep.sealing.lines import LineKeys
from chartkeep.sealing.signing import SigningKey
from chartkeep.sealing.wrap import read_chart_wrap, unwrap_chart_key, wrap_chart_key

ROOTS = ("lines", "search", "sameness", "signing", "people")
NEWEST = "SELECT wrapped FROM chart_key WHERE chart = ? ORDER BY generation DESC LIMIT 1"


class KeyRing:
    """Opens and makes keys for one facility."""

    def __init__(
        self, book: Book, facility: FacilityId, kek: KeyEncryptionKey, old: KeyEncryptionKey | None
    ) -> None:
        self._book = book
        self._facility = facility
        self._keks = {key.kek_id: key for key in (kek, old) if key is not None}
        self.kek = kek

    def make_roots(self) -> list[Change]:
        """Make a new facility's root keys."""
        return [("root_key", (n, self._wrap_root(n, fresh_secret()))) for n in ROOTS]

    def open_roots(self, origin: str) -> None:
        """Open the root keys. Raises SealBrokenError when the key file is not this facility's."""
        roots = {name: self._root(name) for name in ROOTS}
        self.lines = LineKeys(origin, roots["lines"])
        self.search = SearchKey(roots["search"])
        self.sameness = roots["sameness"]
        self.decoys = derive(roots["search"], b"chartkeep-decoys-1")
        self.decoy_marks = derive(roots["search"], b"chartkeep-decoy-marks-1")
        self.people = BoxKey(roots["people"], b"people")
        self.signing = SigningKey.from_seed(roots["signing"])

    def has_chart(self, chart: bytes) -> bool:
        """Say whether this chart has a key."""
        return self._book.value(NEWEST, (chart,)) is not None

    def wrapped_keys(self, chart: bytes) -> dict[int, bytes]:
        """Read a chart's wrapped keys by generation: one, or two during a rotation."""
        query = "SELECT generation, wrapped FROM chart_key WHERE chart = ?"
        return dict(self._book.rows(query, (chart,)))

    def chart_key(self, chart: bytes) -> ChartKey:
        """Open a chart's newest key. Raises NotFoundError for a stranger or a shredded chart."""
        return self.open_chart(chart, self._book.value(NEWEST, (chart,)))

    def chart_key_of(self, chart: bytes, generation: int) -> ChartKey:
        """Open a chart's key of one generation: during a rotation two live."""
        query = "SELECT wrapped FROM chart_key WHERE chart = ? AND generation = ?"
        return self.open_chart(chart, self._book.value(query, (chart, generation)))

    def new_chart(self, chart: bytes, now: int, generation: int = 1) -> tuple[ChartKey, Change]:
        """Make a chart's key, or its next generation."""
        key = fresh_chart_key(ChartId(chart), generation)
        wrapped = wrap_chart_key(self._facility, key, self.kek)
        return key, ("chart_key", (chart, generation, wrapped, now))

    def rewrap_page(self, after: bytes, limit: int) -> tuple[list[Change], bytes]:
        """Move a page of charts, then the root keys, to the newest key-encryption key.

        Gives the changes and the last chart of the page, empty at the end.
        """
        page = "SELECT DISTINCT chart FROM chart_key WHERE chart > ? ORDER BY chart LIMIT ?"
        query = (
            f"SELECT chart, generation, wrapped FROM chart_key WHERE chart IN ({page}) ORDER BY 1"  # noqa: S608 - both are constant
        )
        rows = self._book.rows(query, (after, limit))
        changes: list[Change] = []
        for chart, generation, wrapped in rows:
            if read_chart_wrap(wrapped).kek_id != self.kek.kek_id:
                key = self.open_chart(chart, wrapped)
                moved = wrap_chart_key(self._facility, key, self.kek)
                changes.append(("rewrap", (chart, generation, moved)))
        if not rows:
            changes += [("root_key", (n, self._wrap_root(n, self._root(n)))) for n in ROOTS]
        return changes, rows[-1][0] if rows else b""

    def take_new(self, kek: KeyEncryptionKey) -> None:
        """Wrap with another key-encryption key from now on; the one before still opens."""
        self._keks = {self.kek.kek_id: self.kek, kek.kek_id: kek}
        self.kek = kek

    def drop_old(self) -> None:
        """Forget the old key-encryption key. Raises RefusedError while something lies under it."""
        newest = (self.kek.kek_id,)
        count = "SELECT count(*) FROM chart_key WHERE substr(wrapped, 41, 16) != ?"
        left = self._book.value(count, newest)
        count = "SELECT count(*) FROM root_key WHERE substr(wrapped, 1, 16) != ?"
        left += self._book.value(count, newest)
        if left:
            raise RefusedError(f"{left} keys lie under the old key still", hint="rotate again")
        self._keks = {self.kek.kek_id: self.kek}

    def open_chart(self, chart: bytes, wrapped: bytes | None) -> ChartKey:
        """Open a chart's wrapped key. Raises NotFoundError when there is none."""
        if wrapped is None:
            raise NotFoundError("there is no such chart", hint="search for it, or load it first")
        header = read_chart_wrap(wrapped)
        if header.chart != chart or header.facility != self._facility:
            raise DamagedError("a chart key lies under another chart", hint="restore the backup")
        return unwrap_chart_key(wrapped, self._keks.get(header.kek_id, self.kek))

    def _wrap_root(self, name: str, secret: bytes) -> bytes:
        return self.kek.kek_id + self.kek.wrap(secret, self._place(name))

    def _root(self, name: str) -> bytes:
        found = self._book.value("SELECT wrapped FROM root_key WHERE name = ?", (name,))
        if found is None:
            raise DamagedError("the keyholder has no root keys", hint="restore the sealed backup")
        kek = self._keks.get(found[:16], self.kek)
        return kek.unwrap(found[16:], self._place(name))

    def _place(self, name: str) -> bytes:
        return b"chartkeep-root-1" + self._facility + name.encode()
