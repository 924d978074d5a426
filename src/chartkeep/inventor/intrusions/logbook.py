"""A logbook: what each machine of an invented hospital wrote down, in its own format and clock."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from chartkeep.inventor.chance import Chance, chance_for

HOUR = 3_600_000
MINUTE = 60_000
SECOND = 1_000
DAY = 24 * HOUR
BEGAN = 1_793_577_600_000
"""2026-11-02T00:00:00Z: when the invented weeks begin."""
DAYS = 17
JST = timezone(timedelta(hours=9))
SERVE = "serve1"
VPN, JUMP, FILES, DIRECTORY, KEEPER, STORE, FEED, CT = (
    "vpn1", "jump1", "file1", "ad1", "keeper1", "store1", "feed1", "ct1",
)  # fmt: skip
ADDRESSES = {
    VPN: "10.0.0.2", JUMP: "10.0.0.9", FILES: "10.0.0.20", DIRECTORY: "10.0.0.10",
    SERVE: "10.0.0.30", KEEPER: "10.0.0.31", STORE: "10.0.0.32", FEED: "10.0.0.40",
    CT: "10.0.7.5", "vault1": "10.0.8.8",
}  # fmt: skip
STAFF = ("aiko", "ben", "clara", "daichi", "emi", "goro", "hana", "ken", "leo", "mika")
REMOTE = ("ken", "emi")
"""Who works from home now and then."""
SUPPLIER, PARTNER, LEAVER, ADMIN = "vendor-meal", "lab-partner", "leo", "admin-yu"


class Act(NamedTuple):
    """One thing the house's ledger says; fields as of `incident.happening.Happening`."""

    time: int
    verb: str
    person: str = ""
    instance: str = SERVE
    session: bytes = b""
    chart: bytes = b""
    purpose: str = ""
    outcome: str = "0"
    text: str = ""
    grant: bytes = b""
    kind: str = ""
    ident: str = ""


class Truth(NamedTuple):
    """What really happened first: the door by its name, the log that shows it, its true time."""

    door: str
    source: str = ""
    time: int = 0


class Staged(NamedTuple):
    """One staged hospital: log files by name, the house's acts in order, alarms, the truth."""

    files: dict[str, bytes]
    house: list[Act]
    alarms: bytes
    truth: Truth
    ahead: dict[str, int]
    """By how much each log's clock is ahead, in ms: what measuring should find."""


def pc(person: str) -> str:
    """Name a person's PC."""
    return f"pc{STAFF.index(person):02d}"


def address(host: str) -> str:
    """Give a machine's address."""
    return ADDRESSES.get(host) or f"10.0.1.{10 + int(host.removeprefix('pc'))}"


class Logbook:
    """What is written; each method is one kind of line of one kind of log."""

    def __init__(self, name: str, seed: int) -> None:
        self.chance: Chance = chance_for(seed, "intrusion", name)
        self.house: list[Act] = []
        self._rows: dict[str, list[tuple[int, dict[str, str]]]] = {
            log: [] for log in ("firewall", "vpn", "windows", "edr", "proxy")
        }
        self._alarms: list[tuple[int, str]] = []
        self._serial = 0
        self.ahead = {log: self.chance.randint(-240, 240) * SECOND for log in self._rows}

    def ident(self) -> bytes:
        """Make an id of 16 bytes nobody has yet."""
        return self.chance.randbytes(16)

    def home(self, person: str) -> str:
        """Give the address a person works from at home."""
        return f"203.0.113.{20 + STAFF.index(person)}"

    def stranger(self) -> str:
        """Give an address of the outside nobody had before."""
        self._serial += 1
        return f"45.{self.chance.randint(10, 90)}.{self.chance.randint(1, 250)}.{self._serial + 10}"

    def act(self, time: int, verb: str, person: str = "", **more: object) -> None:
        """Write a line of the house's."""
        self.house.append(Act(time, verb, person)._replace(**more))  # type: ignore[arg-type]

    def alarm(self, time: int, sentence: str) -> None:
        """Write a line of the vault's alarms."""
        self._alarms.append((time, sentence))

    def flow(self, time: int, source: str, target: str, port: int, *, ok: bool = True) -> None:
        """Write a connection into the firewall's log."""
        self._rows["firewall"].append((time, {
            "type": "traffic", "srcip": source, "dstip": target, "dstport": str(port),
            "action": "accept" if ok else "deny",
        }))  # fmt: skip

    def attack(self, time: int, source: str, target: str, name: str, *, ok: bool) -> None:
        """Write what the firewall recognised as an attack."""
        self._rows["firewall"].append((time, {
            "type": "utm", "subtype": "ips", "srcip": source, "dstip": target, "attack": name,
            "severity": "high", "action": "detected" if ok else "dropped",
        }))  # fmt: skip

    def vpn(self, time: int, person: str, source: str, *, ok: bool = True, given: str = "") -> None:
        """Write a log-in at the VPN, and the firewall's line about its connection."""
        row = {"user": person, "remip": source, "action": "tunnel-up" if ok else "ssl-login-fail"}
        self._rows["vpn"].append((time, row | ({"tunnelip": given} if given else {})))
        if ok:
            self.flow(time, source, "198.51.100.2", 443)

    def device(self, time: int, source: str, words: str) -> None:
        """Write a change of the VPN device's own settings."""
        row = {"user": "admin", "remip": source, "action": "edit", "msg": words}
        self._rows["vpn"].append((time, row))

    def windows(self, time: int, ident: int, host: str, person: str, **more: str) -> None:
        """Write an event of Windows; `how` is the logon type, `source` where it came from."""
        row = {
            "Id": str(ident),
            "MachineName": f"{host}.hospital.example",
            "TargetUserName": person,
        }
        row["LogonType"] = more.get("how", "")
        row["IpAddress"] = more.get("source", "-")
        row["LogName"] = "Security"
        self._rows["windows"].append((time, row))

    def runs(self, time: int, host: str, program: str, parent: str, digest: str = "") -> None:
        """Write a program's start, as the PCs' guard saw it."""
        self._rows["edr"].append((time, {
            "hostname": host, "host_ip": address(host), "process": program,
            "parent_process": parent, "sha256": digest or f"{hash_of(program):064x}",
            "action": "allowed",
        }))  # fmt: skip

    def found(
        self, time: int, host: str, name: str, *, severity: str, ok: bool, person: str = ""
    ) -> None:
        """Write what the PCs' guard recognised."""
        self._rows["edr"].append((time, {
            "hostname": host, "host_ip": address(host), "alert_name": name, "user": person,
            "severity": severity, "action": "detected" if ok else "quarantined",
        }))  # fmt: skip

    def page(self, time: int, person: str, source: str) -> bytes:
        """Log in at the page: the proxy's line, the house's line a moment later; its session."""
        self._rows["proxy"].append((time, {
            "host": SERVE, "clientip": source, "user": person, "event": "login", "status": "ok",
        }))  # fmt: skip
        session = self.ident()
        self.act(time + 300, "login", person, session=session)
        return session

    def begin_at(self, log: str, time: int) -> None:
        """Lose all a log said before a moment."""
        self._rows[log] = [row for row in self._rows[log] if row[0] >= time]

    def files(self) -> dict[str, bytes]:
        """Write all logs as their machines do."""
        return {
            "firewall.log": self._syslog("firewall", bsd=True),
            "vpn.log": self._syslog("vpn", bsd=False),
            "windows.csv": self._csv(),
            "edr.json": self._json("edr"),
            "proxy.json": self._json("proxy"),
        }

    def alarms(self) -> bytes:
        """Write the vault's alarms."""
        told = [json.dumps({"time": at, "alarm": text}) + "\n" for at, text in sorted(self._alarms)]
        return "".join(told).encode()

    def _told(self, log: str) -> list[tuple[datetime, dict[str, str]]]:
        """Give a log's rows in order, at the times its own clock shows."""
        return [
            (datetime.fromtimestamp((at + self.ahead[log]) / 1000, UTC), row)
            for at, row in sorted(self._rows[log], key=lambda each: each[0])
        ]

    def _syslog(self, log: str, *, bsd: bool) -> bytes:
        lines = []
        for at, row in self._told(log):
            pairs = " ".join(f'{name}="{value}"' for name, value in row.items())
            local = at.astimezone(JST)
            if bsd:
                lines.append(f"<134>{local:%b} {local.day:2d} {local:%H:%M:%S} fw1 {pairs}\n")
            else:
                lines.append(f"<134>1 {at:%Y-%m-%dT%H:%M:%S.000Z} vpn1 sslvpn - - - {pairs}\n")
        return "".join(lines).encode()

    def _csv(self) -> bytes:
        out = io.StringIO()
        names = ["TimeCreated", "Id", "MachineName", "TargetUserName", "LogonType", "IpAddress"]
        writer = csv.DictWriter(out, [*names, "LogName"])
        writer.writeheader()
        for at, row in self._told("windows"):
            writer.writerow({"TimeCreated": f"{at.astimezone(JST):%Y/%m/%d %H:%M:%S}"} | row)
        return out.getvalue().encode("utf-16")

    def _json(self, log: str) -> bytes:
        told = (
            {"timestamp": at.isoformat(timespec="milliseconds")} | row
            for at, row in self._told(log)
        )
        return "".join(json.dumps(row) + "\n" for row in told).encode()


def hash_of(text: str) -> int:
    """Make a number of a text, the same on every machine."""
    return chance_for("digest", text).getrandbits(256)
