"""The store's process: what it is made of, until it ends."""

from chartkeep.store.guard.vitals import Reading
from chartkeep.store.server import Identity, run_store
from chartkeep.wiring.alarming import hook_of
from chartkeep.wiring.home import Home
from chartkeep.wiring.memory import keep_blocks, spare_start
from chartkeep.wiring.running import ending_event, now, steady
from chartkeep.witness.client import Witness


def store(home: Home, *, after_vault: bool = False) -> None:
    """Run the store. `after_vault`: a commit is answered only when the vault has it too."""
    keep_blocks()
    identity = Identity(home.name.id, home.records_origin, home.store_key())
    witness = Witness(home.file.witness, home.witness_key)
    tls = home.tls(home.file.store, "store", server=True)
    spare_start()
    run_store(
        home.root / "store", home.file.store, identity,
        clock=now, witness=witness, tls=tls, stop=ending_event(),
        clocks=lambda: Reading(now(), steady()), hook=hook_of(home.file.alarm_hook),
        after_vault=after_vault,
    )  # fmt: skip
