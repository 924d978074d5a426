"""A program's hold on a house: clients of both keepers under one worker's name."""

from chartkeep.custody.house import House
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.sealing.keys import fresh_id
from chartkeep.store.client import StoreClient
from chartkeep.wire.frames import instance_id
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import connection, now


def join(home: Home, instance: str) -> House:
    """Join a house as one worker of an instance."""
    worker = fresh_id()
    return House(
        home.name.id,
        instance_id(home.instance_key(instance).public),
        KeyholderClient(connection(home, "keyholder", instance, worker)),
        StoreClient(connection(home, "store", instance, worker)),
        now,
    )
