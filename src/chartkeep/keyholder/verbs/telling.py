"""`status`, `who_is`, `census`: how things stand now. Nothing is opened, so no line is written.

They tell no names of patients or of decoys. Asked for every second by every application: cheap.
"""

from chartkeep.keyholder import protocol
from chartkeep.keyholder.asking import FACE, check_census
from chartkeep.keyholder.budget import DAY
from chartkeep.keyholder.consents import Asker
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.reviewing import DUE
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, session_of
from chartkeep.model import Purpose


def status(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Tell the state; needs no session."""
    del call
    standing = keyholder.standing
    frozen = [f"{scope} {who}".strip() for scope, who in standing.frozen]
    waiting = [ident for ident, p in standing.proposals.items() if p.expires > turn.now]
    # A chart counts twice while its key is rotated: to tell them apart costs ten times as much.
    charts = keyholder.book.value("SELECT count(*) FROM chart_key")
    follower, red = keyholder.follower_state(), _red(keyholder, turn.now)
    reviews, oldest = len(standing.reviews.waiting), standing.reviews.oldest(turn.now)

    def after() -> protocol.Health:
        return protocol.Health(
            keyholder.name.facility, keyholder.name.id, charts, keyholder.tree.size,
            keyholder.witnessed, standing.epoch, follower, frozen, waiting, red,
            reviews, oldest, standing.safe,
        )  # fmt: skip

    return after


def who_is(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Tell a session's person, role and wards, and whether something of it is frozen.

    Raises NotAllowedError for a session that is unknown, over, or another instance's.
    """
    session = session_of(keyholder, turn, call)
    person = keyholder.standing.people[session.person]
    frozen, _ = keyholder.standing.is_frozen(session) or ("", "")
    known = protocol.Known(
        session.id, person.name, person.role, sorted(person.wards), session.expires, frozen
    )
    return lambda: known


def census(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Tell the ward's own people which charts have a bed there; a face still costs a release."""
    check_ability(keyholder, call, Ability.OPEN)
    standing, ward = keyholder.standing, call.request.ward
    session = session_of(keyholder, turn, call)
    check_census(standing, session, ward)
    role = standing.people[session.person].role
    asker = Asker(session.person, role, Purpose.TREATMENT, turn.now)
    there = [
        (standing.places[chart][1], chart)
        for chart in standing.census.get(ward, ())
        if not standing.consents.denied(chart, asker) & FACE
    ]
    listed = [protocol.Inpatient(chart, bed) for bed, chart in sorted(there)]
    return lambda: protocol.Inpatients(listed)


def _red(keyholder: Keyholder, now: int) -> list[str]:
    """List what needs a person."""
    standing, follower = keyholder.standing, keyholder.follower_state()
    told = {
        keyholder.start_refused: bool(keyholder.start_refused),
        keyholder.errand_trouble: bool(keyholder.errand_trouble),
        "the wall clock stands off by more than a minute": bool(keyholder.clock_jump),
        "the site is frozen, two people can unfreeze it": ("site", "") in standing.frozen,
        f"no follower, {_backup(keyholder, now)}": follower in ("none", "seeding"),
        "the follower does not answer": follower == "unreachable",
        keyholder.mirror.trouble if keyholder.mirror else "": keyholder.mirror is not None,
        f"the ledger has {len(standing.gaps)} gaps, what they hid is unknown": bool(standing.gaps),
        "a break-glass waits for its review for over a day": standing.reviews.oldest(now) > DUE,
        keyholder.witness_trouble: bool(keyholder.witness_trouble),
    }
    red = [sentence for sentence, holds in told.items() if sentence and holds]
    return red + standing.packs.red(standing.census, now)


def _backup(keyholder: Keyholder, now: int) -> str:
    """Say how old the one other copy of the keys is; sealed backups are kept 30 days."""
    made = keyholder.book.mark("backup")
    if made is None or now - made > 30 * DAY:
        words = "no sealed backup of the last 30 days: this disk is the only copy of the keys"
        return f"{words} (chartkeep operators, then chartkeep backup every night)"
    return f"the last sealed backup is {(now - made) // DAY} days old"
