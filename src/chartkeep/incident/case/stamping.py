"""Ask a time-stamping authority (RFC 3161) over HTTP that a bag was there at its time.

Promises that a bag gets no stamp that does not hold. The authority sees a hash, nothing of a case.
"""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chartkeep.errors import BadInputError, RefusedError, UnavailableError
from chartkeep.incident.case.bag import SIGNATURE
from chartkeep.incident.desk import write_durably
from chartkeep.model import Millis
from chartkeep.sealing.timestamp import StampRequest

STAMP: Final = "timestamp.tsr"
MOST: Final = 1 << 16
TIMEOUT: Final = 20.0


def stamp_bag(bag: Path, url: str, authority: bytes) -> Millis:
    """Have a bag's signature stamped by the authority at `url`; gives the time it says.

    `authority`: its certificates, PEM. Raises RefusedError for what is no bag or was stamped
    before, UnavailableError when it does not answer, SealBrokenError when its answer does not hold.
    """
    target = bag / STAMP
    if target.exists():
        raise RefusedError(f"{bag} has a time stamp", hint="its first one says most")
    try:
        signature = (bag / SIGNATURE).read_bytes()
    except OSError as error:
        raise RefusedError(
            f"{bag} is no bag of a case", hint="chartkeep incident export"
        ) from error
    request = StampRequest(signature)
    answer = _ask(url, request.encode())
    time = request.check(answer, authority)
    write_durably(target, answer)
    return time


def _ask(url: str, request: bytes) -> bytes:
    where = urlsplit(url)
    kinds: dict[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}
    if where.scheme not in kinds or where.hostname is None:
        raise BadInputError(f"not an authority's address: {url}", hint="https://…")
    connection = kinds[where.scheme](where.hostname, where.port, timeout=TIMEOUT)
    query = f"?{where.query}" if where.query else ""
    headers = {"Content-Type": "application/timestamp-query"}
    try:
        connection.request("POST", f"{where.path or '/'}{query}", request, headers)
        response = connection.getresponse()
        answer = response.read(MOST + 1)
    except (OSError, HTTPException) as error:
        raise UnavailableError("the time-stamping authority does not answer") from error
    finally:
        connection.close()
    if response.status != HTTPStatus.OK or len(answer) > MOST:
        raise UnavailableError(f"the time-stamping authority answered {response.status}")
    return answer
