"""`status`: how the keyholder is, in sentences; it tells no names of patients or of decoys."""

from chartkeep.keyholder import protocol
from chartkeep.keyholder.budget import DAY
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.turn import After, Turn


def status(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Tell the state; needs no session."""
    del call
    standing = keyholder.standing
    frozen = [f"{scope} {who}".strip() for scope, who in standing.frozen]
    waiting = [ident for ident, p in standing.proposals.items() if p.expires > turn.now]
    charts = keyholder.book.value("SELECT count(DISTINCT chart) FROM chart_key")
    follower, red = keyholder.follower_state(), _red(keyholder, turn.now)

    def after() -> protocol.Health:
        return protocol.Health(
            keyholder.name.facility, keyholder.name.id, charts, keyholder.tree.size,
            keyholder.witnessed, standing.epoch, follower, frozen, waiting, red,
        )  # fmt: skip

    return after


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
        keyholder.witness_trouble: bool(keyholder.witness_trouble),
    }
    return [sentence for sentence, holds in told.items() if sentence and holds]


def _backup(keyholder: Keyholder, now: int) -> str:
    """Say how old the one other copy of the keys is; sealed backups are kept 30 days."""
    made = keyholder.book.mark("backup")
    if made is None or now - made > 30 * DAY:
        return "no sealed backup of the last 30 days: this disk is the only copy of the keys"
    return f"the last sealed backup is {(now - made) // DAY} days old"
