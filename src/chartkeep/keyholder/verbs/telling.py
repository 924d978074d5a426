"""`status`: how the keyholder is, in sentences; it tells no names of patients or of decoys."""

from chartkeep.keyholder import protocol
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.turn import After, Turn


def status(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Tell the state; needs no session."""
    del call
    standing = keyholder.standing
    frozen = [f"{scope} {who}".strip() for scope, who in standing.frozen]
    waiting = [ident for ident, p in standing.proposals.items() if p.expires > turn.now]
    charts = keyholder.book.value("SELECT count(DISTINCT chart) FROM chart_key")
    follower = keyholder.follower_state()

    def after() -> protocol.Health:
        return protocol.Health(
            keyholder.name.facility, keyholder.name.id, charts, keyholder.tree.size,
            keyholder.witnessed, standing.epoch, follower, frozen, waiting, _red(keyholder),
        )  # fmt: skip

    return after


def _red(keyholder: Keyholder) -> list[str]:
    """List what needs a person."""
    standing = keyholder.standing
    told = {
        keyholder.start_refused: bool(keyholder.start_refused),
        keyholder.errand_trouble: bool(keyholder.errand_trouble),
        "the wall clock stands off by more than a minute": bool(keyholder.clock_jump),
        "the site is frozen, two people can unfreeze it": ("site", "") in standing.frozen,
        "no follower: the keyholder's disk is the only copy of the keys": not keyholder.mirror,
        "the follower does not answer": keyholder.mirror is not None and not keyholder.mirrored,
        f"the ledger has {len(standing.gaps)} gaps, what they hid is unknown": bool(standing.gaps),
        keyholder.witness_trouble: bool(keyholder.witness_trouble),
    }
    return [sentence for sentence, holds in told.items() if holds]
