"""Other ways into the cluster behind a bucket: each is tried on one victim, never on anything else.

Object Lock binds S3 clients. A server's own ports and an administrator's verbs pass it by, so a
vault's host must not reach the first, and the vault's keys must not carry the second.
"""

import socket
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from botocore.auth import HmacV1Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session

from chartkeep.model import Millis
from chartkeep.recovery.bucket import BucketAddress
from chartkeep.recovery.probing.certificate import Verdict, Victim
from chartkeep.recovery.probing.trying import YES, Trials

_SECONDS: Final = 3
_FILER: Final = 8888
_FILER_CALLS: Final = 18888
_MASTER: Final = 9333
_MONITORS: Final = (3300, 6789)
_GRPC: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""RFC 9113 3.4: what a client of HTTP/2 says first, and empty settings; a server answers with
its own."""


class Doors(NamedTuple):
    """Hosts and ports: of SeaweedFS's filer, its calls and its master, and of Ceph's monitors."""

    filer: tuple[str, int] | None
    filer_calls: tuple[str, int] | None
    master: tuple[str, int] | None
    monitors: tuple[tuple[str, int], ...]


CLOSED: Final = Doors(None, None, None, ())


def guess_doors(address: BucketAddress) -> Doors:
    """Name the usual ports of the bucket's host."""
    return doors_of(urlsplit(address.endpoint).hostname or "")


def doors_of(host: str) -> Doors:
    """Name the usual ports of a host."""
    return Doors(
        (host, _FILER),
        (host, _FILER_CALLS),
        (host, _MASTER),
        tuple((host, port) for port in _MONITORS),
    )


def try_doors(trials: Trials, until: Millis, doors: Doors) -> None:
    """Try each way on a victim of its own."""
    victim = trials.lock(trials.put(), until)
    _try_unsigned(trials, victim)
    _try_administration(trials, victim)
    if doors.filer is None or _try_filer(trials, until, doors.filer):
        _try_calls(trials, doors)
    for monitor in doors.monitors:
        answers = _says(monitor, b"").startswith(b"ceph v")
        _say_port(trials, "Ceph's monitor", monitor, Verdict.HOLE, answers=answers)


def _say_port(
    trials: Trials, what: str, where: tuple[str, int], open_: Verdict, *, answers: bool
) -> None:
    note = "close this port to the vault's host: it passes every lock by" if answers else ""
    answer = "answers" if answers else "closed"
    tried = f"reaching {what} at {where[0]}:{where[1]}"
    trials.say(tried, answer, open_ if answers else Verdict.HELD, note)


def _try_administration(trials: Trials, victim: Victim) -> None:
    """Ask Ceph's administration to remove the object, signed with the vault's own keys."""
    path = f"/admin/bucket?object&bucket={quote(trials.bucket.name)}&object={quote(victim.key)}"
    answer = _send(trials.bucket.address, "DELETE", path, signed=True)
    trials.judge("removing by the servers' administration", trials.harm(victim), answer)


def _try_unsigned(trials: Trials, victim: Victim) -> None:
    """Try as anybody, without a signature."""
    address = trials.bucket.address
    path = f"/{quote(address.bucket)}/{quote(victim.key)}?versionId={quote(victim.version)}"
    for words, verb in (("reading", "GET"), ("deleting a version", "DELETE")):
        answer = _send(address, verb, path, signed=False)
        trials.judge(f"{words} without a signature", trials.harm(victim), answer)


def _send(address: BucketAddress, verb: str, path: str, *, signed: bool) -> str:
    """Send a request boto3 has no word for; gives the answer as `answer_to` does."""
    request = AWSRequest(verb, address.endpoint + path)
    if signed:
        HmacV1Auth(Credentials(address.access_key, address.secret_key)).add_auth(request)
    verify = str(address.authority) if address.authority else True
    try:
        status = URLLib3Session(verify, timeout=_SECONDS).send(request.prepare()).status_code
    except HTTPClientError:
        return "no answer"
    return YES if 200 <= status < 300 else str(status)


def _try_filer(trials: Trials, until: Millis, where: tuple[str, int]) -> bool:
    """Delete a victim through SeaweedFS's filer, which asks nobody for keys.

    Gives whether its other ports are to be tried: not those of a cluster that is not the bucket's.
    """
    tried = f"deleting through SeaweedFS's filer at {where[0]}:{where[1]}"
    victim = trials.lock(trials.put(), until)
    server = _ask(where, "GET", "/")[2].lower()
    folder = f"/buckets/{quote(trials.bucket.name)}"
    ours = "seaweedfs" in server and _ask(where, "GET", f"{folder}/?limit=1")[0]
    if not ours or ours == 404:
        trials.say(tried, "another's" if ours else "closed", Verdict.HELD)
        return not ours
    paths = [f"{folder}/{quote(victim.key)}{more}?recursive=true" for more in (".versions", "")]
    answer = ", ".join(str(_ask(where, "DELETE", path)[0]) for path in paths)
    trials.judge(tried, trials.harm(victim), answer)
    return True


def _try_calls(trials: Trials, doors: Doors) -> None:
    """See whether the ports behind a gateway answer: what they do asks nobody for keys either."""
    if doors.filer_calls is not None:
        answers = _says(doors.filer_calls, _GRPC)[3:4] == b"\x04"
        _say_port(trials, "the filer's calls", doors.filer_calls, Verdict.BROKEN, answers=answers)
    if doors.master is not None:
        answers = b"Topology" in _ask(doors.master, "GET", "/dir/status")[1]
        _say_port(trials, "SeaweedFS's master", doors.master, Verdict.BROKEN, answers=answers)


def _ask(where: tuple[str, int], verb: str, path: str) -> tuple[int, bytes, str]:
    """Ask a port in HTTP; gives status, the first bytes and the server's name; 0 when nobody."""
    connection = HTTPConnection(*where, timeout=_SECONDS)
    try:
        connection.request(verb, path)
        answer = connection.getresponse()
        return answer.status, answer.read(4096), answer.headers.get("Server", "")
    except (OSError, HTTPException):
        return 0, b"", ""
    finally:
        connection.close()


def _says(where: tuple[str, int], first: bytes) -> bytes:
    """Give the first bytes a port says, after ours; none when nobody listens."""
    with suppress(OSError), socket.create_connection(where, timeout=_SECONDS) as found:
        found.sendall(first)
        return found.recv(64)
    return b""
