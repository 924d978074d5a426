"""`write_labels`: what each entry of a chart is found by, as labels that never come twice.

Promises that a writer learns nothing of what an entry was found by before, and that this is dropped
only once the store has what it was given last: a writer that dies, or keeps its labels to itself,
leaves nobody unfindable. Each entry has its own list, sealed under the chart's key.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import msgspec

from chartkeep.errors import BadInputError, DamagedError, NotFoundError, RefusedError
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.turn import After, Turn, Word
from chartkeep.keyholder.verbs import check_ability
from chartkeep.sealing.box import BoxKey, open_box, seal_box
from chartkeep.sealing.keys import ChartKey, fresh_id

PAD = 16
NOTHING = -1
"""The number of a label of nothing: it pads, and is dropped with the others."""
MOST_KEYWORDS = 10_000
MOST_BATCHES = 8
SETTLING = 2 * 3_600_000
"""How long labels wait to be stored: the key they must come with is leased for half of it."""

LISTS = """SELECT chart, sealed FROM carray(?) AS asked CROSS JOIN chart_words
  ON chart = asked.value"""

_words = msgspec.msgpack.Decoder(list[Word])


class Settling(msgspec.Struct, frozen=True, array_like=True):
    """An errand: ask the store, until a time, whether a batch's labels came, by one of them."""

    about: bytes
    batch: int
    probe: bytes
    until: int


def write_labels(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give fresh labels for all keywords of entries, in the place of those they had.

    Always all of them: a writer that asked only for what is new would learn what an entry has.
    All together they are padded to a multiple of 16 with labels of nothing.
    """
    check_ability(keyholder, call, Ability.SEAL)
    request: protocol.WriteLabels = call.request
    if sum(len(each.keywords) for each in request.labelled) > MOST_KEYWORDS:
        raise BadInputError(f"over {MOST_KEYWORDS} keywords", hint="ask for fewer entries at once")
    if request.chart in keyholder.standing.shredded:
        raise RefusedError("this chart was shredded", hint="make a new one for the person")
    lists = LabelLists(keyholder, turn, request.chart)
    hashed = keyholder.ring.search.keyword_hash
    wanted = [(each.about, {hashed(word) for word in each.keywords}) for each in request.labelled]
    keyholder.check_guarded(spared=False)
    count = sum(len(words) for _, words in wanted)
    lists.read_ahead([about for about, _ in wanted])
    if count or any(lists.held(about) for about, _ in wanted):  # else nothing is given or dropped
        turn.line("labels", details.Counted(count), peer=call.peer, chart=request.chart)
    padding, fresh = -count % PAD, []
    lists.reserve(count + padding)
    for about, words in wanted:
        fresh += lists.replace(about, words, padding if words else 0)
        padding = 0 if words else padding

    def after() -> protocol.LabelList:
        keyholder.check_guarded(spared=False)
        return protocol.LabelList([_label(keyholder, word) for word in fresh])

    return after


def settle_labels(
    keyholder: Keyholder, turn: Turn, chart: bytes, errand: Settling, *, stored: bool
) -> None:
    """Drop what stood before a batch that the store has, or a batch that never came to it."""
    if chart in keyholder.standing.shredded:
        return
    with suppress(NotFoundError, DamagedError):  # no list that opens: nothing to settle
        LabelLists(keyholder, turn, chart).settle(errand.about, errand.batch, stored=stored)


def move_labels(keyholder: Keyholder, turn: Turn, new: ChartKey) -> None:
    """Seal a chart's lists under its next key."""
    LabelLists(keyholder, turn, new.chart).move(new)


def forget_labels(keyholder: Keyholder, turn: Turn, chart: bytes) -> None:
    """Forget every label of a chart; the store, told to shred it, deletes them by itself.

    A broken list must not save the chart's key.
    """
    with suppress(DamagedError, NotFoundError):
        lists = LabelLists(keyholder, turn, chart)
        for about in _labelled(keyholder, turn, chart):
            with suppress(DamagedError):
                lists.forget(about)
    for about in _labelled(keyholder, turn, chart):
        turn.change("forget_words", _place(chart, about))


class LabelLists:
    """The lists of one chart's entries, as this turn leaves them."""

    def __init__(self, keyholder: Keyholder, turn: Turn, chart: bytes) -> None:
        self._keyholder = keyholder
        self._turn = turn
        self._chart = chart
        key = turn.charts.get(chart) or keyholder.ring.chart_key(chart)
        self._key = BoxKey(key.secret, b"words")
        self._sealed: dict[bytes, bytes | None] = {}
        self._numbers: Iterator[int] = iter(())

    def read_ahead(self, abouts: Iterable[bytes]) -> None:
        """Read at once what entries have."""
        places = [_place(self._chart, about) for about in abouts]
        self._sealed = dict.fromkeys(places) | self._keyholder.book.each(LISTS, places)

    def reserve(self, count: int) -> None:
        """Take numbers for labels; one that is not used is not used again either."""
        if count:
            first = self._keyholder.next_label
            self._keyholder.next_label = first + count
            self._numbers = iter(range(first, first + count))
            self._turn.change("mark", "labels", first + count)

    def held(self, about: bytes) -> list[Word]:
        """Give an entry's labels, those that wait for the store among them."""
        found = self._turn.words.get((self._chart, about))
        if found is not None:
            return found
        place = _place(self._chart, about)
        if place not in self._sealed:
            self._sealed[place] = self._keyholder.book.each(LISTS, [place]).get(place)
        sealed = self._sealed[place]
        return [] if sealed is None else _words.decode(open_box(self._key, place, sealed))

    def replace(self, about: bytes, words: Iterable[bytes], padding: int) -> list[Word]:
        """Give an entry a fresh batch, reserved; what it had goes when the store shows this one.

        HOLE: an entry without keywords gets no labels the store could show, so it loses those it
        had at once, even if its writer then dies.
        """
        held = self.held(about)
        batches = sorted({word.batch for word in held})
        batch = batches[-1] + 1 if batches else 0
        fresh = [self._next(word, batch) for word in words]
        fresh += [self._nothing(batch) for _ in range(padding)]
        if not fresh:
            held = self._drop(held, lambda _: True)
        elif len(batches) >= MOST_BATCHES:  # the first is what the store has, as far as we know
            held = self._drop(held, lambda word: word.batch == batches[1])
        if held or fresh:
            self._store(about, held + fresh)
        if held:
            until = self._turn.now + SETTLING
            errand = Settling(about, batch, _label(self._keyholder, fresh[0]), until)
            raw = msgspec.msgpack.encode(errand)
            self._turn.change("errand", "settle", self._chart, raw)
        return fresh

    def settle(self, about: bytes, batch: int, *, stored: bool) -> None:
        """End the waiting of a batch; one that is gone was replaced by a later one."""
        held = self.held(about)
        if any(word.batch == batch for word in held):
            gone = batch.__gt__ if stored else batch.__eq__
            kept = self._drop(held, lambda word: gone(word.batch))
            if len(kept) < len(held):
                self._store(about, kept)

    def move(self, new: ChartKey) -> None:
        """Seal every list under another key."""
        lists = {about: self.held(about) for about in _labelled(*self._where)}
        self._key = BoxKey(new.secret, b"words")
        for about, words in lists.items():
            self._store(about, words)

    def forget(self, about: bytes) -> None:
        """Forget an entry's labels here; the list itself is left to the caller."""
        self._unlabel(self.held(about))

    @property
    def _where(self) -> tuple[Keyholder, Turn, bytes]:
        return self._keyholder, self._turn, self._chart

    def _next(self, word: bytes, batch: int) -> Word:
        """Take the next number for a keyword; none is used twice, so no label comes again."""
        n = next(self._numbers)
        self._turn.change("label", word, self._keyholder.ring.search.hide(n))
        return Word(word, n, batch)

    def _nothing(self, batch: int) -> Word:
        """Make a label of nothing, which looks like those beside it."""
        label = self._keyholder.ring.search.label(fresh_id(), next(self._numbers))
        return Word(label, NOTHING, batch)

    def _store(self, about: bytes, words: list[Word]) -> None:
        place = _place(self._chart, about)
        self._turn.words[self._chart, about] = words
        sealed = seal_box(self._key, place, msgspec.msgpack.encode(words))
        self._turn.change("chart_words", place, sealed)

    def _drop(self, held: list[Word], goes: Callable[[Word], bool]) -> list[Word]:
        """Forget labels here and leave an errand to delete them at the store; gives the others."""
        gone = [word for word in held if goes(word)]
        self._unlabel(gone)
        if gone:
            labels = b"".join(_label(self._keyholder, word) for word in gone)
            self._turn.change("errand", "drop", self._chart, labels)
        return [word for word in held if not goes(word)]

    def _unlabel(self, words: list[Word]) -> None:
        for word in words:
            if word.n != NOTHING:
                hidden = self._keyholder.ring.search.hide(word.n)
                self._turn.change("unlabel", word.keyword, hidden)


def _labelled(keyholder: Keyholder, turn: Turn, chart: bytes) -> list[bytes]:
    """Name a chart's entries that have lists."""
    query = "SELECT chart FROM chart_words WHERE chart BETWEEN ? AND ?"
    rows = keyholder.book.rows(query, (chart, chart + b"\xff" * len(chart)))
    here = {place[len(chart) :] or chart for (place,) in rows}
    return sorted(here | {about for owner, about in turn.words if owner == chart})


def _place(chart: bytes, about: bytes) -> bytes:
    """Say under what an entry's list lies: the Patient, whose id is the chart's, under that."""
    return chart if about == chart else chart + about


def _label(keyholder: Keyholder, word: Word) -> bytes:
    """Give a word's label; a label of nothing is its own."""
    if word.n == NOTHING:
        return word.keyword
    return keyholder.ring.search.label(word.keyword, word.n)
