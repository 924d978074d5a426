"""What does a place take and give: a folder, Ceph and SeaweedFS, and what does a probe cost?

    python -m bench.places [--megabytes 512]

Segments of three sizes are put and read back one after another, as a vault puts and a restore
reads them: durable, locked, read back. Processor time is this process's own; the servers run on
the same cores and take the rest. Without Ceph or SeaweedFS installed (`make buckets`) they are
left out and it says so.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from bench import machine
from chartkeep.model import Millis
from chartkeep.recovery.bucket import Bucket, BucketAddress
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.place import Place
from chartkeep.recovery.probing.bucket import probe_bucket
from chartkeep.recovery.probing.doors import CLOSED
from chartkeep.recovery.s3 import S3Place

SIZES = {"100 KB": 100_000, "4 MB": 4 << 20, "64 MB": 64 << 20}
MOST = 40
"""Objects of one size: enough for a mean, few enough for a minute."""
PIECE = 1 << 20
SERVERS = {
    "Ceph RGW": ("ceph.sh", "radosgw", "http://127.0.0.1:7480"),
    "SeaweedFS": ("seaweed.sh", "weed", "http://127.0.0.2:8333"),
}
UNTIL = Millis(2_000_000_000_000)


class Rate(NamedTuple):
    """Of one size in one place: MB a second each way, and processor milliseconds an object."""

    put: float
    get: float
    put_cpu: float
    get_cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--megabytes", type=int, default=512, help="the most of one size")
    asked = parser.parse_args()
    print(f"## places\n\n{machine.header()}\n")
    with tempfile.TemporaryDirectory(dir=machine.REPOSITORY) as folder, ExitStack() as running:
        places: dict[str, Place] = {"folder": FolderPlace(Path(folder) / "folder")}
        for name, server in SERVERS.items():
            bucket = running.enter_context(serving(Path(folder) / name.split()[0], *server))
            if bucket is None:
                print(f"{name} is not installed and left out\n")
                continue
            places[name] = S3Place(bucket, print)
            print(f"a probe of {name}: {probe(bucket)}\n")
        rows = [
            [name, words, *(f"{value:,.1f}" for value in measure(place, size, asked.megabytes))]
            for words, size in SIZES.items()
            for name, place in places.items()
        ]
    head = ["place", "objects of", "put MB/s", "get MB/s", "put cpu ms", "get cpu ms"]
    machine.print_table("Places", head, rows)


@contextmanager
def serving(folder: Path, script: str, program: str, endpoint: str) -> Iterator[Bucket | None]:
    """Run a server for a while; none when its program is not there."""
    weed = machine.REPOSITORY / ".venv/bin" / program
    found = shutil.which(program) or (str(weed) if weed.exists() else "")
    if not found:
        yield None
        return
    command = [str(machine.REPOSITORY / "tools" / script), str(folder)]
    told = os.environ | {"WEED": found}
    try:
        subprocess.run([*command, "up"], check=True, env=told)
        yield make_bucket(endpoint)
    finally:
        subprocess.run([*command, "down"], check=True, env=told)


def make_bucket(endpoint: str) -> Bucket:
    bucket = Bucket(BucketAddress("segments", endpoint, "devkey", "devsecret"))
    bucket.admin.create_bucket(Bucket="segments", ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    bucket.admin.put_object_lock_configuration(
        Bucket="segments",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
    )
    return bucket


def probe(bucket: Bucket) -> str:
    now = Millis(time.time_ns() // 1_000_000)
    wall, cpu = time.monotonic(), time.process_time()
    certificate = probe_bucket(bucket, now, None, CLOSED)
    spent = f"{time.monotonic() - wall:.1f} s, {time.process_time() - cpu:.2f} s of processor time"
    verdict = "trusted" if certificate.held else "refused"
    return f"{len(certificate.trials)} trials in {spent}, {verdict}"


def measure(place: Place, size: int, megabytes: int) -> Rate:
    """Put and read back objects of a size; each is read as a restore reads it, in pieces."""
    count = max(2, min(MOST, (megabytes << 20) // size))
    names = []
    blocks = [os.urandom(size) for _ in range(min(count, 2))]
    put_wall = put_cpu = 0.0
    for n in range(count):
        data = n.to_bytes(8) + blocks[n % len(blocks)][8:]
        names.append(f"records/{sha256(data).hexdigest()}")
        parts = [data[at : at + PIECE] for at in range(0, size, PIECE)]
        wall, cpu = timed(partial(place.put, names[-1], parts, UNTIL))
        put_wall, put_cpu = put_wall + wall, put_cpu + cpu
    get_wall, get_cpu = timed(lambda: [len(place.read(name)) for name in names])
    total = count * size / 1e6
    return Rate(total / put_wall, total / get_wall, 1e3 * put_cpu / count, 1e3 * get_cpu / count)


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Give the seconds that passed, and of processor time of this process."""
    wall, cpu = time.monotonic(), time.process_time()
    act()
    return time.monotonic() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
