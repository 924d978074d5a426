"""`read_labels`, `same_person`, `sameness`: finished labels, never a key."""

from chartkeep.errors import RefusedError
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.budget import Kind, Who, feed_of
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.decide import check_budget, check_feed, check_search
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, session_of
from chartkeep.keyholder.verbs.labelling import LabelLists
from chartkeep.model import Purpose

MOST_LABELS = 500


def read_labels(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a searcher the labels that exist for keywords, none where there are over 500."""
    check_ability(keyholder, call, Ability.OPEN)
    request: protocol.ReadLabels = call.request
    session = session_of(keyholder, turn, call)
    person = keyholder.standing.people[session.person]
    if request.purpose not in set(Purpose):
        raise RefusedError("no such purpose of use", hint=f"one of {', '.join(Purpose)}")
    kind = check_search(keyholder.standing, session, request.purpose, request.keywords)
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
    """Say whether a chart's Patient carries keywords: yes or no, counted: a feed cannot read."""
    check_ability(keyholder, call, Ability.SEAL)
    request: protocol.SamePerson = call.request
    keyholder.check_guarded(spared=False)
    who = feed_of(call.peer.instance)
    check_feed(keyholder.standing, call.peer.instance)
    check_budget(keyholder.standing, who, Kind.SEARCH, turn.now)
    lists = LabelLists(keyholder, turn, request.chart)
    told = details.Counted(1)
    turn.line("same", told, peer=call.peer, chart=request.chart)

    def after() -> protocol.Same:
        held = {word.keyword for word in lists.held(request.chart)}
        asked = {keyholder.ring.search.keyword_hash(word) for word in request.keywords}
        return protocol.Same(bool(asked) and asked <= held)

    return after


def sameness(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a writer the key that hashes (source, key) pairs; it opens nothing."""
    check_ability(keyholder, call, Ability.SEAL)
    turn.line("sameness", details.Told(), peer=call.peer)
    return lambda: protocol.Key(keyholder.ring.sameness)


def _numbers_of(keyholder: Keyholder, keyword: str) -> tuple[bytes, list[int]]:
    """Read the numbers of a keyword's labels: one more than may be given tells of too many."""
    word = keyholder.ring.search.keyword_hash(keyword)
    query = "SELECT n FROM label WHERE word = ? LIMIT ?"
    rows = keyholder.book.rows(query, (word, MOST_LABELS + 1))
    return word, [keyholder.ring.search.show(hidden) for (hidden,) in rows]


def _labels_of(keyholder: Keyholder, word: bytes, numbers: list[int]) -> protocol.Labels:
    if len(numbers) > MOST_LABELS:
        return protocol.Labels([], more=True)
    return protocol.Labels([keyholder.ring.search.label(word, n) for n in numbers], more=False)
