"""Who takes charts away: `$export` over HTTP under a grant, and pictures over WADO-RS.

What it was given it keeps in clear, as partners do; what becomes of that is out of our hands.
"""

import time
from collections.abc import Sequence
from email.message import Message
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from msgspec import json

from chartkeep.errors import RefusedError, UnavailableError
from chartkeep.model import to_text

PATIENCE = 60
PURPOSE = "HRESCH"


class Partner(NamedTuple):
    """A client of the doors: their address, who it is there, and the grant it was given, if any."""

    address: str
    bearer: str
    grant: bytes

    def export(self, kinds: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Export some types of every chart the grant lets; gives resources by type."""
        asked = f"{self.address}/fhir/Patient/$export?_type={','.join(kinds)}"
        where = self._ask(asked, {"Prefer": "respond-async"}).headers["Content-Location"]
        while (manifest := self._ask(where)).status == 202:
            time.sleep(0.1)
        found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
        for file in json.decode(manifest.body)["output"]:
            given = self._ask(file["url"], {"Accept": "application/fhir+ndjson"})
            found[file["type"]] += [json.decode(line) for line in given.body.splitlines()]
        return found

    def pictures(self, number: str) -> list[bytes]:
        """Fetch the pictures of the patient with a number, as DICOM files."""
        found = self._ask(
            f"{self.address}/dicom-web/studies?PatientID={number}",
            {"Accept": "application/dicom+json"},
        )
        files: list[bytes] = []
        for study in json.decode(found.body or b"[]"):
            uid = study["0020000D"]["Value"][0]
            accept = {"Accept": 'multipart/related; type="application/dicom"'}
            files += _parts(self._ask(f"{self.address}/dicom-web/studies/{uid}", accept))
        return files

    def _ask(self, url: str, headers: dict[str, str] | None = None) -> "_Got":
        told = {"Authorization": f"Bearer {self.bearer}", **(headers or {})}
        if self.grant:
            told |= {"Chartkeep-Purpose": PURPOSE, "Chartkeep-Grant": to_text(self.grant)}
        try:
            with urlopen(Request(url, headers=told), timeout=PATIENCE) as answer:  # noqa: S310 - ours
                return _Got(answer.status, answer.headers, answer.read())
        except HTTPError as error:
            raise RefusedError(f"the door answered {error.code}") from error
        except (URLError, OSError) as error:
            raise UnavailableError("the door does not answer") from error


class _Got(NamedTuple):
    status: int
    headers: Message
    body: bytes


def _parts(got: _Got) -> list[bytes]:
    """Cut a multipart answer into its bodies."""
    boundary = got.headers["Content-Type"].split("boundary=")[1].split(";")[0].strip('"')
    cut = got.body.split(b"--" + boundary.encode())
    return [part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for part in cut[1:-1]]
