"""The witness's process: what it is made of, until it ends."""

import threading
from urllib.parse import urlsplit

from chartkeep.wiring.home import Home
from chartkeep.wiring.running import ending_event, now
from chartkeep.witness.server import make_server


def witness(home: Home) -> None:
    """Run the witness."""
    ending = ending_event()
    keys = {key.name: [key] for key in home.log_keys}
    url = urlsplit(home.file.witness)
    assert url.hostname is not None
    assert url.port is not None
    server = make_server(home.root / "witness", (url.hostname, url.port), keys, now)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ending.wait()
    server.shutdown()
    server.server_close()
