"""A program's hold on a house: clients of both keepers under one worker's name."""

from functools import partial

from chartkeep.custody.house import House
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.sealing.keys import fresh_id
from chartkeep.store.client import StoreClient
from chartkeep.wire.client import Asking
from chartkeep.wire.frames import instance_id
from chartkeep.wire.pool import Pool
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import connection, now


def join(home: Home, instance: str, connections: int = 1) -> House:
    """Join a house as one worker of an instance, whose threads share some connections."""
    worker = fresh_id()

    def reach(server: str) -> Asking:
        connect = partial(connection, home, server, instance, worker)
        return connect() if connections == 1 else Pool(connect, connections)

    return House(
        home.name.id,
        instance_id(home.instance_key(instance).public),
        KeyholderClient(reach("keyholder")),
        StoreClient(reach("store")),
        now,
        instance,
        worker,
    )
