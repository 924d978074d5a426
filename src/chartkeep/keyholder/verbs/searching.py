"""`read_labels`, `sameness`: finished labels, never a key."""

from chartkeep.errors import RefusedError
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.asking import check_budget, check_search
from chartkeep.keyholder.budget import Kind, Who
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, session_of
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
    found = [numbers_of(keyholder, word) for word in request.keywords]
    hits = sum(len(numbers) for _, numbers in found if len(numbers) <= MOST_LABELS)
    check_budget(keyholder.standing, who, Kind.HIT, turn.now, hits)
    told = details.Counted(asked, request.purpose, kind, hits, person.role)
    turn.line("search", told, peer=call.peer, session=session)

    def after() -> protocol.FoundLabels:
        keyholder.check_guarded(spared=spared)
        return protocol.FoundLabels([labels_of(keyholder, *each) for each in found])

    return after


def sameness(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a writer the key that hashes (source, key) pairs; it opens nothing."""
    check_ability(keyholder, call, Ability.SEAL, Ability.NOTE)
    turn.line("sameness", details.Told(), peer=call.peer)
    return lambda: protocol.Key(keyholder.ring.sameness)


def numbers_of(
    keyholder: Keyholder, keyword: str, most: int = MOST_LABELS
) -> tuple[bytes, list[int]]:
    """Read the numbers of a keyword's labels: one more than may be given tells of too many."""
    word = keyholder.ring.search.keyword_hash(keyword)
    query = "SELECT n FROM label WHERE word = ? LIMIT ?"
    rows = keyholder.book.rows(query, (word, most + 1))
    return word, [keyholder.ring.search.show(hidden) for (hidden,) in rows]


def labels_of(
    keyholder: Keyholder, word: bytes, numbers: list[int], most: int = MOST_LABELS
) -> protocol.Labels:
    """Make the labels of a keyword, none where there are over the most."""
    if len(numbers) > most:
        return protocol.Labels([], more=True)
    return protocol.Labels([keyholder.ring.search.label(word, n) for n in numbers], more=False)
