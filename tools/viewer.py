"""Unpack the viewer: `python -m tools.viewer app-3.13.2.tgz viewer`, as `make viewer` does.

The package is checked against the digest pinned here before a byte of it is unpacked; of it only
`dist` comes out, without the models, maps and microscopy that are not served.
"""

import base64
import hashlib
import shutil
import sys
import tarfile
from pathlib import Path

VERSION = "3.13.2"
INTEGRITY = (
    "WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="
)
"""SHA-512 of the package as npm publishes it (dist.integrity)."""
DIST = "package/dist/"
LEFT_OUT = (f"{DIST}ort/", f"{DIST}dicom-microscopy-viewer/")


def unpack(package: Path, folder: Path) -> int:
    """Unpack a package that is the pinned one; return the number of files."""
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise SystemExit(f"{package} is not @ohif/app {VERSION} as it was published")
    shutil.rmtree(folder, ignore_errors=True)
    count = 0
    with tarfile.open(package) as packed:
        for member in packed:
            if not member.isfile() or not wanted(member.name):
                continue
            member.name = member.name.removeprefix(DIST)
            packed.extract(member, folder, filter="data")
            count += 1
    return count


def wanted(name: str) -> bool:
    """Say whether a file is served."""
    return name.startswith(DIST) and not name.startswith(LEFT_OUT) and not name.endswith(".map")


def main() -> None:
    """Unpack, and say what came out."""
    package, folder = Path(sys.argv[1]), Path(sys.argv[2])
    print(f"{unpack(package, folder)} files of @ohif/app {VERSION} in {folder}")


if __name__ == "__main__":
    main()
