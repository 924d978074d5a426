"""A vault of one ledger without threads or a wire, whose rounds a test calls."""

import json
from functools import partial
from typing import Any

from chartkeep.model import Millis
from chartkeep.recovery.mirrored import check_sound
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault import protocol as ask
from chartkeep.recovery.vault.alarms import VaultAlarms
from chartkeep.recovery.vault.clock import Reading, VaultClock
from chartkeep.recovery.vault.cover import Cover
from chartkeep.recovery.vault.pulling import Pulling
from chartkeep.recovery.vault.records import RecordsSource
from chartkeep.recovery.vault.refusals import Refusals
from chartkeep.recovery.vault.running import Parts, Vault
from chartkeep.recovery.vault.scrub import Scrub
from chartkeep.recovery.vault.service import health_of
from chartkeep.recovery.vault.tidying import Retention, Tidying
from tests.house import Meddling
from tests.recovery.vaults import LOG, WITNESS, VaultRun


class Lone:
    """A vault of one ledger without threads or a wire: its rounds are called by the test."""

    def __init__(self, run: VaultRun, **lies: Any) -> None:
        self.run, self.steady = run, 0
        self.home = run.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.hooked: list[str] = []
        self.kit = b""
        self.client: Any = Meddling(run.client(), **lies)
        self.alarms = VaultAlarms(self.home / "alarms.jsonl", lambda: run.now, self.hooked.append)
        self.clock = VaultClock(self.home / "clock", self.read, self.alarms.ring)
        self.refusals = Refusals(self.home)
        cover = Cover(run.place, Ledger.RECORDS)
        source = RecordsSource(self.client, run.place, self.clock.now, self.refusals.without)
        pulling = Pulling(
            source, run.place, cover, (LOG, WITNESS), self.clock.now, 1_000, self.clock.vouch
        )
        retention = Retention()
        tidying = Tidying(run.place, [cover], retention, self.alarms.ring)
        scrub = Scrub(run.place, partial(check_sound, run.place), self.alarms.ring)
        self.parts = Parts(
            {Ledger.RECORDS: pulling}, run.place, tidying, scrub, retention, self.clock,
            self.alarms, self.refusals, lambda: self.kit, lambda: None,
        )  # fmt: skip
        self.vault = Vault(self.parts)

    def read(self) -> Reading:
        return Reading(self.run.now, self.steady)

    def go(self, millis: int) -> None:
        self.run.now, self.steady = Millis(self.run.now + millis), self.steady + millis

    def round(self) -> ask.LedgerHealth:
        self.vault.pull(Ledger.RECORDS)
        return health_of(self.vault, self.parts).ledgers[0]

    @property
    def red(self) -> list[str]:
        return health_of(self.vault, self.parts).red

    def written(self) -> list[str]:
        path = self.home / "alarms.jsonl"
        return [json.loads(line)["alarm"] for line in path.read_text().splitlines()]
