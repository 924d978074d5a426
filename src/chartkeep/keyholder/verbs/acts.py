"""`act`, `approve`, `proposals`: acts of administration, by one person or two, and by sources."""

from chartkeep.errors import NotAllowedError, NotFoundError, OverBudgetError, RefusedError
from chartkeep.keyholder import actions, details, protocol
from chartkeep.keyholder.acting import check_act, check_action, check_second
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.budget import Kind
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.packs import check_terms
from chartkeep.keyholder.roles import EVERYONE_STOPS, Ability
from chartkeep.keyholder.standing import DAY, SHRED_DELAY, Standing, admission, care
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, session_of
from chartkeep.keyholder.verbs.people import seal_secrets
from chartkeep.keyholder.wording import tell_action
from chartkeep.sealing.keyed import keyed_hash
from chartkeep.sealing.keys import fresh_id

MOST_LEAVERS = 20
LONGEST_CARE = 31 * DAY
SHREDS_A_DAY = 5


def act(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Do an act, or write down that it waits for a second person."""
    request: protocol.Act = call.request
    check_action(request.action)
    if not request.token:
        return _act_as_source(keyholder, turn, call)
    session = session_of(keyholder, turn, call)
    check_act(keyholder.standing, session, request.action)
    check_way(keyholder, call, request.action)
    action = seal_secrets(keyholder.ring.people, request.action)
    _check_effect(keyholder, turn, action)
    if isinstance(action, actions.TWO_PEOPLE):
        proposal = fresh_id()
        told = details.Proposed(proposal, action)
        line = turn.line("propose", told, peer=call.peer, session=session)
        return lambda: protocol.Acted(line, proposal)
    line = turn.line(
        "act", details.Acted(action), peer=call.peer, session=session, chart=_chart_of(action)
    )
    return lambda: protocol.Acted(line, b"")


def approve(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Carry out an act as its second person."""
    session = session_of(keyholder, turn, call)
    proposal: bytes = call.request.proposal
    action = check_second(keyholder.standing, session, proposal, turn.now)
    check_way(keyholder, call, action)
    _check_effect(keyholder, turn, action)
    first = keyholder.standing.proposals[proposal].person
    told = details.Acted(action, first, proposal)
    line = turn.line("act", told, peer=call.peer, session=session, chart=_chart_of(action))
    return lambda: protocol.Acted(line, b"")


def proposals(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Tell what waits for a second person, in words, to whoever may be it."""
    session = session_of(keyholder, turn, call)
    standing, acts = keyholder.standing, keyholder.standing.people[session.person].rights.acts
    waiting = [
        protocol.Waiting(
            ident, found.person, tell_action(standing, found.action), found.expires, found.vouched
        )
        for ident, found in standing.proposals.items()
        if found.expires > turn.now and isinstance(found.action, acts)
    ]
    return lambda: protocol.WaitingList(waiting)


def check_way(keyholder: Keyholder, call: Asked, action: Actions) -> None:
    """Refuse acts through programs that are not for them, and loosening ones while alone."""
    if not isinstance(action, EVERYONE_STOPS):
        check_ability(keyholder, call, Ability.ADMINISTER)
    if isinstance(action, actions.TWO_PEOPLE) and not isinstance(action, actions.WITHOUT_FOLLOWER):
        keyholder.check_guarded(spared=False)


def _act_as_source(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Let a registered source say where patients are and who treats them; the host, decoys."""
    action: Actions = call.request.action
    for ability, kinds in actions.SOURCES.items():
        if isinstance(action, kinds):
            check_ability(keyholder, call, Ability(ability))
            action = _check_source(keyholder, turn, call, action)
            line = turn.line("act", details.Acted(action), peer=call.peer, chart=_chart_of(action))
            return lambda: protocol.Acted(line, b"")
    raise NotAllowedError("this act needs a session", hint="log in first")


def _check_source(keyholder: Keyholder, turn: Turn, call: Asked, action: Actions) -> Actions:
    """Bound what a source does by itself; a decoy's chart goes into the ledger as a keyed hash."""
    standing = keyholder.standing
    match action:
        case actions.Place(chart, ward, bed) if standing.admits(chart, ward, bed):
            who = admission(ward, call.peer.instance)
            if standing.spending.over(who, Kind.PLACE, turn.now):
                raise OverBudgetError(
                    "too many admissions into this ward in an hour",
                    hint="two people raise the limit",
                )
        case actions.Relate(person, chart, until):
            _check_care(standing, turn, call, person, chart, until)
        case actions.MarkDecoy(chart):
            return actions.MarkDecoy(keyed_hash(standing.decoy_key, chart))
        case _:
            pass
    return action


def _check_care(
    standing: Standing, turn: Turn, call: Asked, person: str, chart: bytes, until: int
) -> None:
    """Bound whom a source lets treat: people who do, for a month, so many new patients an hour."""
    known = standing.people.get(person)
    if known is None or not known.rights.care:
        raise NotFoundError("nobody of this name treats patients here", hint="see person list")
    if until > turn.now + LONGEST_CARE:
        raise RefusedError("a source relates for at most 31 days", hint="say it again then")
    anew = standing.relates_anew(person, chart, until, turn.now)
    if anew and standing.spending.over(care(person, call.peer.instance), Kind.PLACE, turn.now):
        raise OverBudgetError(
            "too many new patients of one person in an hour", hint="two people raise the limit"
        )


def _check_effect(keyholder: Keyholder, turn: Turn, action: Actions) -> None:  # noqa: C901 - an arm an act
    """Refuse an act whose effect would be wrong now."""
    match action:
        case actions.Shred(chart, _):
            _check_shred(keyholder, turn, chart)
        case actions.StopShred(chart) if chart not in keyholder.standing.shredding:
            raise RefusedError("no shredding of this chart is on its way", hint="see status")
        case actions.AcceptHead(root) if root != keyholder.start_head:
            raise RefusedError("this is not the head of the ledger", hint="copy it from status")
        case actions.RemovePerson(name) if _adders(keyholder.standing, name) < 2:
            raise RefusedError("two administrators must remain", hint="add another one first")
        case actions.RemovePerson() if _leavers(keyholder, turn) >= MOST_LEAVERS:
            raise OverBudgetError(
                f"over {MOST_LEAVERS} leavers in a day", hint="wait, or freeze them"
            )
        case actions.EndSession(ident) if not _is_live(keyholder.standing, ident, turn.now):
            raise RefusedError("no such session is live", hint="see session list")
        case actions.Review(line, _) if line not in keyholder.standing.reviews.waiting:
            raise RefusedError("no such break-glass waits for review", hint="see review list")
        case actions.GrantPacks() | actions.EndGrant():
            _check_grants(keyholder.standing, action, turn.now)
        case actions.SetSafe(key) if key in keyholder.standing.safes:
            raise RefusedError("this was in the safe before", hint="chartkeep incident rekey")
        case actions.Grant() if action.until > turn.now + 30 * DAY:
            raise RefusedError("a grant lasts at most 30 days", hint="name an earlier end")
        case _:
            pass


def _check_shred(keyholder: Keyholder, turn: Turn, chart: bytes) -> None:
    touched = keyholder.book.value("SELECT max(touched) FROM chart_key WHERE chart = ?", (chart,))
    if touched is None or chart == keyholder.name.id:
        raise RefusedError("there is no such chart to shred", hint="search for it")
    if touched > turn.now - keyholder.retention:
        raise RefusedError(
            "this chart is inside its retention period", hint="see retention_years in house.json"
        )
    lately = turn.now + SHRED_DELAY - DAY
    if sum(due > lately for due in keyholder.standing.shredding.values()) >= SHREDS_A_DAY:
        raise RefusedError(f"at most {SHREDS_A_DAY} charts are shredded a day", hint="wait")


def _is_live(standing: Standing, ident: bytes, now: int) -> bool:
    return any(each.id == ident and each.expires > now for each in standing.sessions.values())


def _check_grants(
    standing: Standing, action: actions.GrantPacks | actions.EndGrant, now: int
) -> None:
    match action:
        case actions.GrantPacks():
            roles = {name: each.role for name, each in standing.people.items()}
            check_terms(action, roles, now)
        case actions.EndGrant(ident):
            if ident not in standing.grants and ident not in standing.packs.grants:
                raise RefusedError("no such grant holds", hint="its id is its proposal's")


def _leavers(keyholder: Keyholder, turn: Turn) -> int:
    return sum(time > turn.now - DAY for time in keyholder.standing.leavers)


def _adders(standing: Standing, leaver: str) -> int:
    """Count who could add people when one has left: with fewer than two nobody ever could."""
    return sum(
        actions.AddPerson in person.rights.acts
        for person in standing.people.values()
        if person.name != leaver
    )


def _chart_of(action: Actions) -> bytes:
    """Give the chart an act is about; a decoy's stays unnamed."""
    return b"" if isinstance(action, actions.MarkDecoy) else getattr(action, "chart", b"")
