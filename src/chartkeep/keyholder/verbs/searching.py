"""`write_labels`, `read_labels`, `same_person`, `sameness`: finished labels, never a key."""

import msgspec

from chartkeep.errors import RefusedError
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.budget import Kind, Who, feed_of
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.decide import check_budget, check_feed, check_search
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, session_of
from chartkeep.model import Purpose
from chartkeep.sealing.box import BoxKey, open_box, seal_box
from chartkeep.sealing.keys import ChartKey, fresh_id

MOST_LABELS = 500
PAD = 16
NOTHING = -1
"""The number of a label of nothing: it pads, and is dropped with the others."""
Word = tuple[bytes, int]
"""A keyword's hash and the number of one of its labels."""

_words = msgspec.msgpack.Decoder(list[Word])


def write_labels(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give fresh labels for all of a chart's keywords, and have the store delete the old ones.

    Always all of them: a writer that asked only for what is new would learn what the chart has,
    and one that crashed before it stored its labels would leave a chart nobody finds. They are
    padded to a multiple of 16 with labels of nothing; the list lies sealed under the chart's key.
    """
    check_ability(keyholder, call, Ability.SEAL)
    request: protocol.WriteLabels = call.request
    if request.chart in keyholder.standing.shredded:
        raise RefusedError("this chart was shredded", hint="make a new one for the person")
    chart_key = turn.charts.get(request.chart) or keyholder.ring.chart_key(request.chart)
    lost = _held_words(keyholder, turn, request.chart, chart_key)
    wanted = {keyholder.ring.search.keyword_hash(word) for word in request.keywords}
    keyholder.check_guarded(spared=False)
    fresh = [_next_word(keyholder, turn, word) for word in wanted]
    turn.line("labels", details.Counted(len(fresh)), peer=call.peer, chart=request.chart)
    fresh += [(fresh_id(), NOTHING) for _ in range(-len(fresh) % PAD)]
    _store_words(turn, request.chart, chart_key, fresh)
    _drop_words(keyholder, turn, request.chart, lost)

    def after() -> protocol.LabelList:
        keyholder.check_guarded(spared=False)
        return protocol.LabelList([_label(keyholder, word) for word in fresh])

    return after


def read_labels(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a searcher the labels that exist for keywords, none where there are over 500."""
    check_ability(keyholder, call, Ability.OPEN)
    request: protocol.ReadLabels = call.request
    session = session_of(keyholder, turn, call)
    person = keyholder.standing.people[session.person]
    if request.purpose not in set(Purpose):
        raise RefusedError("no such purpose of use", hint=f"one of {', '.join(Purpose)}")
    kind = check_search(keyholder.standing, session, request.purpose)
    spared = kind == Kind.BREAK_GLASS
    keyholder.check_guarded(spared=spared)
    who = Who(person.name, person.role, session.instance)
    asked = 1 if spared else len(request.keywords)
    check_budget(keyholder.standing, who, kind, turn.now, asked)
    found = [_numbers_of(keyholder, word) for word in request.keywords]
    hits = sum(len(numbers) for _, numbers in found if len(numbers) <= MOST_LABELS)
    check_budget(keyholder.standing, who, Kind.HIT, turn.now, hits)
    told = details.Counted(asked, request.purpose, kind, hits, person.role)
    turn.line("search", told, peer=call.peer, session=session)

    def after() -> protocol.FoundLabels:
        keyholder.check_guarded(spared=spared)
        return protocol.FoundLabels([_labels_of(keyholder, *each) for each in found])

    return after


def same_person(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Say whether a chart carries keywords: yes or no, counted, since a feed cannot read."""
    check_ability(keyholder, call, Ability.SEAL)
    request: protocol.SamePerson = call.request
    keyholder.check_guarded(spared=False)
    who = feed_of(call.peer.instance)
    check_feed(keyholder.standing, call.peer.instance)
    check_budget(keyholder.standing, who, Kind.SEARCH, turn.now)
    chart_key = keyholder.ring.chart_key(request.chart)
    told = details.Counted(1)
    turn.line("same", told, peer=call.peer, chart=request.chart)

    def after() -> protocol.Same:
        held = {word for word, _ in _held_words(keyholder, turn, request.chart, chart_key)}
        asked = {keyholder.ring.search.keyword_hash(word) for word in request.keywords}
        return protocol.Same(bool(asked) and asked <= held)

    return after


def sameness(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a writer the key that hashes (source, key) pairs; it opens nothing."""
    check_ability(keyholder, call, Ability.SEAL)
    turn.line("sameness", details.Told(), peer=call.peer)
    return lambda: protocol.Key(keyholder.ring.sameness)


def move_words(keyholder: Keyholder, turn: Turn, old: ChartKey, new: ChartKey) -> None:
    """Seal a chart's label list under its next key."""
    words = _held_words(keyholder, turn, new.chart, old)
    if words:
        _store_words(turn, new.chart, new, words)


def forget_words(keyholder: Keyholder, turn: Turn, chart: bytes) -> None:
    """Drop every label of a chart that is being shredded."""
    held = _held_words(keyholder, turn, chart, keyholder.ring.chart_key(chart))
    _drop_words(keyholder, turn, chart, held)


def _numbers_of(keyholder: Keyholder, keyword: str) -> tuple[bytes, list[int]]:
    """Read the numbers of a keyword's labels: one more than may be given tells of too many."""
    word = keyholder.ring.search.keyword_hash(keyword)
    query = "SELECT n FROM label WHERE word = ? LIMIT ?"
    return word, [n for (n,) in keyholder.book.rows(query, (word, MOST_LABELS + 1))]


def _labels_of(keyholder: Keyholder, word: bytes, numbers: list[int]) -> protocol.Labels:
    if len(numbers) > MOST_LABELS:
        return protocol.Labels([], more=True)
    return protocol.Labels([keyholder.ring.search.label(word, n) for n in numbers], more=False)


def _label(keyholder: Keyholder, word: Word) -> bytes:
    """Give a word's label; a label of nothing is its own."""
    ident, n = word
    return ident if n == NOTHING else keyholder.ring.search.label(ident, n)


def _next_word(keyholder: Keyholder, turn: Turn, word: bytes) -> Word:
    """Take a keyword's next number; numbers are never used twice, so no label comes again."""
    n = turn.counters.get(word)
    if n is None:
        n = keyholder.book.value("SELECT next FROM word WHERE word = ?", (word,)) or 0
    turn.counters[word] = n + 1
    turn.change("word", word, n + 1)
    turn.change("label", word, n)
    return word, n


def _held_words(keyholder: Keyholder, turn: Turn, chart: bytes, chart_key: ChartKey) -> list[Word]:
    if chart in turn.words:
        return turn.words[chart]
    sealed = keyholder.book.value("SELECT sealed FROM chart_words WHERE chart = ?", (chart,))
    if sealed is None:
        return []
    return _words.decode(open_box(_box_key(chart_key), chart, sealed))


def _store_words(turn: Turn, chart: bytes, chart_key: ChartKey, words: list[Word]) -> None:
    turn.words[chart] = words
    sealed = seal_box(_box_key(chart_key), chart, msgspec.msgpack.encode(words))
    turn.change("chart_words", chart, sealed)


def _drop_words(keyholder: Keyholder, turn: Turn, chart: bytes, lost: list[Word]) -> None:
    """Forget labels here, and leave an errand to have the store delete them."""
    for word, n in lost:
        if n != NOTHING:
            turn.change("unlabel", word, n)
    if lost:
        labels = b"".join(_label(keyholder, word) for word in lost)
        turn.change("errand", "drop", chart, labels)


def _box_key(chart_key: ChartKey) -> BoxKey:
    return BoxKey(chart_key.secret, b"words")
