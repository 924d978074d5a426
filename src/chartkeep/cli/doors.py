"""The end of the demonstration: the doors stand open, with everybody's log-in on the screen."""

import os
import sys
import time
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pyotp
from msgspec import json
from rich.live import Live
from rich.table import Table

from chartkeep.cli.options import console
from chartkeep.model import ChartId, to_text
from chartkeep.wiring.founding import Newcomer
from chartkeep.wiring.launch import Running

PORT = 8080


def open_doors(house: Running, hana: Newcomer, everyone: list[Newcomer], chart: ChartId) -> None:
    """Serve, read one chart as `hana` does, and stay until Ctrl-C when somebody watches."""
    address = house.serve(PORT if house.is_free(PORT) else 0)
    console.print(f"pages: [bold]{address}/[/]   FHIR R4: [bold]{address}/fhir[/]")
    _look(address, hana, chart)
    if os.environ.get("ONCE") or not sys.stdout.isatty():
        return
    console.print("log in with one of these; a code works once. Ctrl-C ends the demonstration")
    try:
        with Live(_log_ins(everyone), console=console, refresh_per_second=2) as shown:
            while True:
                time.sleep(0.5)
                shown.update(_log_ins(everyone))
    except KeyboardInterrupt:
        console.print("the doors are closed")


def log_in_there(address: str, person: Newcomer) -> str:
    """Log in over HTTP; gives the token."""
    form = {"grant_type": "password", "username": person.name, "password": person.password}
    form["code"] = pyotp.TOTP(person.totp).now()
    given = _ask(Request(f"{address}/auth/token", urlencode(form).encode()))  # noqa: S310 - ours
    return given["access_token"]


def _look(address: str, person: Newcomer, chart: ChartId) -> None:
    """Ask for a chart, as any FHIR client would."""
    token = log_in_there(address, person)
    url = f"{address}/fhir/Patient/{to_text(chart)}/$everything"
    began = time.perf_counter()
    bearer = {"Authorization": f"Bearer {token}"}
    found = _ask(Request(url, headers=bearer))  # noqa: S310 - ours
    took = (time.perf_counter() - began) * 1000
    console.print(
        f"  {person.name} reads a chart over HTTP: {found['total']} resources, {took:.0f} ms"
    )


def _ask(request: Request) -> dict[str, str]:
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - an address of ours
        found: dict[str, str] = json.decode(answer.read())
        return found


def _log_ins(everyone: list[Newcomer]) -> Table:
    """Show who may log in, with the code their device shows now."""
    table = Table("name", "role", "wards", "password", "code now", box=None, pad_edge=False)
    for each in everyone:
        code = pyotp.TOTP(each.totp).now()
        table.add_row(each.name, each.role, ", ".join(each.wards), each.password, code)
    return table
