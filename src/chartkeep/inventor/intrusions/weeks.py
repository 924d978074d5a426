"""Two and a half ordinary weeks, as a small hospital's machines write them down.

Work, journeys, mistyped passwords, new services, and what the internet tries every day. None of
it is an intrusion, and some of it looks like one.
"""

from chartkeep.inventor.intrusions.logbook import (
    BEGAN,
    CT,
    DAY,
    DAYS,
    DIRECTORY,
    FEED,
    FILES,
    HOUR,
    JUMP,
    KEEPER,
    LEAVER,
    MINUTE,
    PARTNER,
    REMOTE,
    SECOND,
    SERVE,
    STAFF,
    STORE,
    SUPPLIER,
    VPN,
    Logbook,
    address,
    pc,
)

OUTSIDE = ("198.18.3.4", "104.16.9.9", "151.101.1.1")
PARTNERS_ADDRESS, SUPPLIERS_ADDRESS = "192.88.99.40", "203.0.113.200"
LEFT = 9
"""The day on which one of the staff leaves."""
WEEKEND = (5, 6)


def ordinary(book: Logbook) -> None:
    """Write weeks of which nothing is an intrusion."""
    charts = [book.ident() for _ in range(60)]
    for day in range(DAYS):
        midnight = BEGAN + day * DAY
        _machines(book, midnight)
        _internet(book, midnight)
        if day % 7 in WEEKEND:  # it begins on a Monday
            continue
        for person in STAFF:
            if person != LEAVER or day < LEFT:
                _works(book, midnight, person, charts)
        _remote(book, midnight, day)
    book.act(BEGAN + LEFT * DAY + 8 * HOUR, "act", "admin-yu", text=f"RemovePerson {LEAVER}")
    book.windows(BEGAN + LEFT * DAY + 8 * HOUR, 4725, DIRECTORY, LEAVER)
    _odd_but_harmless(book)


def _works(book: Logbook, midnight: int, person: str, charts: list[bytes]) -> None:
    """Let one person work a day: 9:00 in Japan is midnight UTC."""
    chance, host = book.chance, pc(person)
    at = midnight + chance.randint(0, 40) * MINUTE + chance.randint(0, 59) * SECOND
    book.windows(at, 4624, host, person, how="2")
    book.runs(at + 30 * SECOND, host, "C:\\Program Files\\Office\\OUTLOOK.EXE", "explorer.exe")
    book.runs(at + 40 * SECOND, host, "C:\\Windows\\splwow64.exe", "WINWORD.EXE")
    login = at + chance.randint(60, 300) * SECOND
    session = book.page(login, person, address(host))
    book.flow(login, address(host), address(SERVE), 443)
    for _ in range(chance.randint(3, 9)):
        opened = login + chance.randint(1, 400) * MINUTE
        book.act(
            opened, "release", person, session=session, chart=chance.choice(charts), purpose="TREAT"
        )
    book.flow(login + HOUR, address(host), chance.choice(OUTSIDE), 443)
    mounted = login + chance.randint(100, 500) * SECOND
    book.windows(mounted, 4624, FILES, person, how="3", source=address(host))
    book.flow(mounted, address(host), address(FILES), 445)
    if chance.random() < 0.05:
        book.act(
            login + 2 * HOUR, "release", person, session=session, chart=chance.choice(charts),
            purpose="BTG",
        )  # fmt: skip
    if chance.random() < 0.1:
        book.windows(at - MINUTE, 4625, host, person, how="2")
    if chance.random() < 0.05:
        book.windows(at + HOUR, 6416, host, person)


def _remote(book: Logbook, midnight: int, day: int) -> None:
    """Let people work from home in the evening, and the supplier and the partner do theirs."""
    chance = book.chance
    for person in REMOTE:
        at = midnight + 11 * HOUR + chance.randint(0, 50) * MINUTE
        if chance.random() < 0.2:
            book.vpn(at - MINUTE, person, book.home(person), ok=False)
        given = f"10.99.0.{20 + STAFF.index(person)}"
        book.vpn(at, person, book.home(person), given=given)
        book.page(at + chance.randint(70, 400) * SECOND, person, given)
    if day % 5 == 1:
        at = midnight + 5 * HOUR
        book.vpn(at, SUPPLIER, SUPPLIERS_ADDRESS, given="10.99.0.60")
        book.windows(at + MINUTE, 4624, JUMP, SUPPLIER, how="10", source="10.99.0.60")


def _machines(book: Logbook, midnight: int) -> None:
    """Let machines talk as every day, each with a guard that says it lives."""
    for host in (FILES, DIRECTORY, SERVE, KEEPER, STORE, FEED, JUMP, "vault1"):
        book.runs(midnight + HOUR, host, "/usr/sbin/cron", "init")
    for minute in range(0, 600, 120):
        book.flow(midnight + minute * MINUTE, address(CT), address(SERVE), 11112)
        book.flow(midnight + minute * MINUTE, address(FEED), address(SERVE), 2575)
    book.windows(midnight + 3 * HOUR, 4624, STORE, "svc-backup", how="3", source=address("vault1"))
    session = book.page(midnight + 17 * HOUR, PARTNER, PARTNERS_ADDRESS)
    for _ in range(12):
        book.act(
            midnight + 17 * HOUR + MINUTE, "release", PARTNER, session=session, chart=book.ident(),
            purpose="HPAYMT", grant=b"g" * 16,
        )  # fmt: skip


def _internet(book: Logbook, midnight: int) -> None:
    """Let the internet try what it tries every day, in vain."""
    chance = book.chance
    for _ in range(6):
        at = midnight + chance.randint(0, 23) * HOUR + chance.randint(0, 59) * MINUTE
        book.flow(at, book.stranger(), "198.51.100.3", chance.choice((22, 23, 445, 3389)), ok=False)
    for _ in range(2):
        at = midnight + chance.randint(0, 23) * HOUR
        target = chance.choice((address(VPN), address(SERVE)))
        book.attack(at, book.stranger(), target, "Path.Traversal.Probe", ok=chance.random() < 0.5)
    stranger = book.stranger()
    for tried in range(chance.randint(1, 4)):
        book.vpn(midnight + 2 * HOUR + tried * MINUTE, chance.choice(STAFF), stranger, ok=False)


def _odd_but_harmless(book: Logbook) -> None:
    """Write what is new and means nothing: a journey, a service, an update, an outage."""
    chance = book.chance
    at = BEGAN + 11 * DAY
    book.vpn(at + 10 * HOUR, "emi", book.stranger(), given="10.99.0.24")
    book.windows(at + 4 * HOUR, 4624, "pc03", "admin-yu", how="10", source=address(DIRECTORY))
    book.windows(at + 4 * HOUR, 7045, "pc03", "admin-yu")
    for number, person in enumerate(STAFF[:6]):
        book.runs(
            at + 6 * HOUR + number * MINUTE, pc(person), "C:\\Program Files\\Viewer\\viewer.exe",
            "ViewerUpdateService.exe",
        )  # fmt: skip
    book.found(at, "pc02", "Adware.Toolbar", severity="low", ok=False)
    book.found(at + HOUR, "pc04", "Trojan.Generic", severity="high", ok=False)
    book.alarm(at + chance.randint(1, 9) * HOUR, "records was not pulled for 90 s: no answer")
