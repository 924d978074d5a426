"""How fast are the pages, sealed and logged? By the wire, and until Chromium shows them.

    python -m bench.pages [--beds 30] [--entries 1000]

One nurse, one ward, real processes. Cold: nobody has opened this chart since `serve` started.
Chromium, its tests' packages and Playwright are wanted for the second table (make browser).
"""

import argparse
import base64
import datetime as dt
import json
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

from bench import machine
from bench.door import Doors, doors
from bench.fhir_door import cut
from bench.house import WARDS, bench_house
from bench.http_client import HOST, Heard, answered, drive, request
from chartkeep.console.forgery import form_word
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.keyholder.actions import Place
from chartkeep.model import to_id

WARD = WARDS[0]
USABLE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


class Row(NamedTuple):
    """One page: its waits in ms, its size, and processor ms of `serve` and of the keepers each."""

    what: str
    waits: list[float]
    size: int
    serve: float
    keepers: float


def main() -> None:
    asked = _options()
    with bench_house(1) as house, doors(house, 1) as door:
        nurse, officer = door.login(range(2))
        charts = _fill(door, nurse, asked)
        door.again()
        rows = list(_rows(door, nurse, officer, charts))
        shown = _shown(door, nurse, charts)
    _print(asked, rows, shown)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--beds", type=int, default=30)
    parser.add_argument("--entries", type=int, default=1_000)
    return parser.parse_args()


def _fill(door: Doors, token: str, asked: argparse.Namespace) -> list[str]:
    """Send invented charts, and put their patients to bed on one ward; gives their ids."""
    hospital = invent_hospital(11, 1_000, dt.date(2026, 1, 1), depth=20)
    answered(door.port, request("POST", "/fhir/", token, hospital.organization_bundle()))
    engine, charts = door.house.join("loader"), []
    for number in range(asked.beds):
        bundle = cut(json.loads(hospital.bundle(number)), asked.entries)
        sent = answered(door.port, request("POST", "/fhir/", token, bundle))
        named = [each["response"]["location"].split("/") for each in sent["entry"]]
        patient = next(parts[-3] for parts in named if parts[-4] == "Patient")
        engine.keyholder.act(b"", Place(to_id(patient), WARD, str(number + 1)))
        charts.append(patient)
    return charts


def _rows(door: Doors, nurse: str, officer: str, charts: list[str]) -> list[Row]:
    ward = f"/ward?{urlencode({'ward': WARD})}"
    opened = [_get(f"/chart/{chart}", nurse) for chart in charts]
    notes = [_get(f"/chart/{chart}/documents", nurse) for chart in charts]
    search = _post("/search", nurse, {"typed": "suzuki"})
    return [
        _row(door, f"my ward, {len(charts)} beds", [_get(ward, nurse)] * 20),
        _row(door, "search", [search] * 20),
        _row(door, "the chart, cold", opened),
        _row(door, "the chart, leased", opened),
        _row(door, "documents, cold", notes),
        _row(door, "privacy", [_get("/officer", officer)] * 20),
        _row(door, "live lines", [_get("/officer/lines", officer)] * 20),
    ]


def _row(door: Doors, what: str, asks: list[bytes]) -> Row:
    before = door.work()
    heard: list[Heard] = drive(door.port, [asks], keep=True)
    after = door.work()
    assert {each.status for each in heard} == {200}, (what, heard[0].status, heard[0].body[:500])
    each = {part: (after[part] - before[part]) * 1e3 / len(heard) for part in after}
    keepers = sum(spent for part, spent in each.items() if part != "serve")
    size = max(len(one.body) for one in heard)
    return Row(what, [one.seconds * 1e3 for one in heard], size, each["serve"], keepers)


def _get(target: str, token: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\nCookie: chartkeep={token}\r\n\r\n".encode()


def _post(target: str, token: str, fields: dict[str, str]) -> bytes:
    word = form_word(base64.urlsafe_b64decode(token + "="))
    body = urlencode({**fields, "form": word})
    head = [
        f"POST {target} HTTP/1.1", f"Host: {HOST}", f"Cookie: chartkeep={token}",
        "Sec-Fetch-Site: same-origin", f"Content-Length: {len(body)}",
    ]  # fmt: skip
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def _shown(door: Doors, token: str, charts: list[str]) -> dict[str, list[float]]:
    """Time until a page can be used in Chromium (ms); empty where there is none."""
    try:
        from tests.console.chromium import chromium, screen  # noqa: PLC0415 - only if it is there
    except ImportError:
        return {}
    address = f"http://{HOST}:{door.port}"
    places: dict[str, Callable[[int], str]] = {
        "my ward": lambda _: f"/ward?{urlencode({'ward': WARD})}",
        "the chart": lambda at: f"/chart/{charts[at % len(charts)]}",
    }
    found = {}
    with chromium() as browser:
        page = screen(browser)
        page.context.add_cookies([{"name": "chartkeep", "value": token, "url": address}])
        page.goto(f"{address}/login")
        for what, place in places.items():
            found[what] = []
            for at in range(10):
                page.goto(address + place(at))
                found[what].append(float(page.evaluate(USABLE)))
    return found


def _print(asked: argparse.Namespace, rows: list[Row], shown: dict[str, list[float]]) -> None:
    print(f"# Pages\n\n{machine.header()}\n")
    print(f"charts of {asked.entries:,} entries, one client, one worker\n")
    print("| page | p50 ms | most ms | kB | serve, processor ms | keepers, processor ms |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.what} | {machine.quantile(row.waits, 0.5):.0f} | {max(row.waits):.0f} | "
            f"{row.size / 1e3:.0f} | {row.serve:.1f} | {row.keepers:.1f} |"
        )
    if shown:
        print("\n| in Chromium | usable after, p50 ms | most ms |\n|---|---|---|")
    for what, waits in shown.items():
        print(f"| {what} | {machine.quantile(waits, 0.5):.0f} | {max(waits):.0f} |")


if __name__ == "__main__":
    main()
