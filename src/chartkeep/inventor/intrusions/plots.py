"""The plots: how each staged intrusion went, and what a truthful investigator would say of it.

`PLOTS` can be answered; of `UNANSWERABLE` the logs do not show the way in, or nothing happened.
"""

from collections.abc import Callable
from typing import Final

from chartkeep.inventor.intrusions.logbook import (
    ADMIN,
    BEGAN,
    CT,
    DAY,
    DIRECTORY,
    FEED,
    FILES,
    HOUR,
    JUMP,
    KEEPER,
    LEAVER,
    MINUTE,
    PARTNER,
    SECOND,
    SERVE,
    STAFF,
    SUPPLIER,
    VPN,
    Logbook,
    Staged,
    Truth,
    address,
    pc,
)
from chartkeep.inventor.intrusions.weeks import SUPPLIERS_ADDRESS, ordinary

Plot = Callable[[Logbook, int], Truth]
NIGHT = BEGAN + 14 * DAY + 16 * HOUR
"""One o'clock at night in Japan, of the fifteenth day."""
NOON = BEGAN + 15 * DAY + 4 * HOUR
GIVEN = "10.99.0.77"


def stage(name: str, seed: int) -> Staged:
    """Write the weeks of one plot."""
    book = Logbook(name, seed)
    ordinary(book)
    shift = book.chance.randint(0, 40) * MINUTE
    truth = (PLOTS | UNANSWERABLE)[name](book, shift)
    house = sorted(book.house, key=lambda act: act.time)
    return Staged(book.files(), house, book.alarms(), truth, book.ahead)


def _ransom(book: Logbook, at: int, host: str, person: str = "") -> None:
    """Let the guard of a machine see the end."""
    book.found(at, host, "Ransom.Phobos", severity="critical", ok=True, person=person)


def _move(book: Logbook, at: int, host: str, person: str, source: str, how: str = "3") -> None:
    book.windows(at, 4624, host, person, how=how, source=source)


def vpn_guessed(book: Logbook, shift: int) -> Truth:
    """Guess passwords at the VPN until one is right."""
    at, stranger = NIGHT + shift, book.stranger()
    for tried in range(30):
        book.vpn(at - HOUR + tried * MINUTE, STAFF[tried % 9], stranger, ok=False)
    book.vpn(at, "goro", stranger, given=GIVEN)
    _move(book, at + 20 * MINUTE, FILES, "goro", GIVEN)
    _ransom(book, at + 3 * HOUR, FILES)
    return Truth("VPN", "vpn", at)


def vpn_stolen(book: Logbook, shift: int) -> Truth:
    """Come with a password somebody wrote into a false page."""
    at, stranger = NIGHT + shift, book.stranger()
    book.vpn(at, "ken", stranger, given=GIVEN)
    session = book.page(at + 5 * MINUTE, "ken", GIVEN)
    for opened in range(6):
        book.act(
            at + (8 + opened) * MINUTE, "release", "ken", session=session, chart=book.ident(),
            purpose="TREAT",
        )  # fmt: skip
    book.act(at + 15 * MINUTE, "decoy", "ken", session=session, chart=book.ident())
    return Truth("VPN", "vpn", at)


def vpn_leaver(book: Logbook, shift: int) -> Truth:
    """Come with the account of somebody who left, which the VPN still knows."""
    at = NIGHT + shift
    book.vpn(at, LEAVER, book.stranger(), given=GIVEN)
    _move(book, at + 9 * MINUTE, FILES, LEAVER, GIVEN)
    _ransom(book, at + 2 * HOUR, FILES)
    return Truth("VPN", "vpn", at)


def gateway_flaw(book: Logbook, shift: int) -> Truth:
    """Break the VPN device itself, and go on from it."""
    at, stranger = NIGHT + shift, book.stranger()
    book.attack(at, stranger, address(VPN), "SSL.VPN.Heap.Overflow", ok=True)
    book.device(at + 2 * MINUTE, stranger, "admin user added")
    _move(book, at + 40 * MINUTE, DIRECTORY, "administrator", address(VPN))
    _ransom(book, at + 5 * HOUR, DIRECTORY)
    return Truth("GATEWAY", "firewall", at)


def remote_desktop(book: Logbook, shift: int) -> Truth:
    """Find a desktop somebody opened to the internet, and guess its password."""
    at, stranger, host = NIGHT + shift, book.stranger(), pc("mika")
    book.flow(at - HOUR, stranger, address(host), 3389)
    for tried in range(40):
        book.windows(at - HOUR + tried * MINUTE, 4625, host, "mika", how="10", source=stranger)
    book.windows(at, 4624, host, "mika", how="10", source=stranger)
    _ransom(book, at + HOUR, host)
    return Truth("REMOTE_DESKTOP", "windows", at)


def mail(book: Logbook, shift: int) -> Truth:
    """Send a document that runs what it carries."""
    at, host = NOON + shift, pc("clara")
    book.runs(at, host, "C:\\Windows\\System32\\powershell.exe", "C:\\Office\\WINWORD.EXE")
    _move(book, at + 3 * HOUR, DIRECTORY, "clara", address(host))
    _ransom(book, at + 9 * HOUR, DIRECTORY, "clara")
    return Truth("MAIL", "edr", at)


def disk(book: Logbook, shift: int) -> Truth:
    """Leave a disk where somebody plugs it in."""
    at, host = NOON + shift, pc("hana")
    book.windows(at - 4 * MINUTE, 6416, host, "hana")
    book.runs(at, host, "E:\\photos.exe", "explorer.exe")
    _ransom(book, at + HOUR, host)
    book.windows(at + HOUR + MINUTE, 1102, host, "hana")
    return Truth("DISK", "edr", at)


def insider_glass(book: Logbook, shift: int) -> Truth:
    """Look at charts of people one knows, by breaking the glass."""
    at = NOON + shift
    session = book.page(at - HOUR, "daichi", address(pc("daichi")))
    for opened in range(8):
        book.act(
            at + opened * MINUTE, "release", "daichi", session=session, chart=book.ident(),
            purpose="BTG",
        )  # fmt: skip
    return Truth("INSIDE", "house", at)


def insider_many(book: Logbook, shift: int) -> Truth:
    """Open one chart after the other to sell them."""
    at = NOON + shift
    session = book.page(at - HOUR, "ben", address(pc("ben")))
    for opened in range(90):
        book.act(
            at + opened * MINUTE, "release", "ben", session=session, chart=book.ident(),
            purpose="TREAT",
        )  # fmt: skip
    return Truth("INSIDE", "house", at)


def desk_taken(book: Logbook, shift: int) -> Truth:
    """Open charts in somebody's own session, from a program a mail brought to their PC."""
    at, host = NOON + shift - 2 * DAY, pc("ben")
    book.runs(at, host, "C:\\Windows\\System32\\mshta.exe", "C:\\Office\\OUTLOOK.EXE")
    insider_many(book, shift)
    return Truth("MAIL", "edr", at)


def session_taken(book: Logbook, shift: int) -> Truth:
    """Take a session out of a host's memory, and try it elsewhere."""
    at = NOON + shift
    session = book.page(at - HOUR, "hana", address(pc("hana")))
    for tried in range(3):
        book.act(
            at + tried * MINUTE, "release", "hana", instance="viewer", session=session,
            chart=book.ident(), outcome="4",
            text="NotAllowedError: this session belongs to another instance",
        )  # fmt: skip
    book.act(at + HOUR, "decoy", "hana", session=session, chart=book.ident())
    return Truth("SESSION", "house", at)


def supplier(book: Logbook, shift: int) -> Truth:
    """Come through the kitchen's supplier, as at Osaka."""
    at = NIGHT + shift
    book.vpn(at, SUPPLIER, SUPPLIERS_ADDRESS, given="10.99.0.60")
    _move(book, at + 5 * MINUTE, JUMP, SUPPLIER, "10.99.0.60", "10")
    _move(book, at + 30 * MINUTE, FILES, SUPPLIER, address(JUMP), "10")
    _ransom(book, at + 2 * HOUR, FILES)
    return Truth("SUPPLIER", "vpn", at)


def application(book: Logbook, shift: int) -> Truth:
    """Break the page itself, and get a shell under it."""
    at, stranger = NIGHT + shift, book.stranger()
    book.attack(at - MINUTE, stranger, address(SERVE), "Deserialization.RCE", ok=True)
    book.runs(at, SERVE, "/bin/sh -c id", "/usr/bin/granian")
    book.found(at + 20 * MINUTE, SERVE, "Backdoor.Linux", severity="high", ok=True)
    return Truth("APPLICATION", "edr", at)


def feed(book: Logbook, shift: int) -> Truth:
    """Guess who is a patient here with a feed's stolen key."""
    at = NIGHT + shift
    for tried in range(9):
        book.act(
            at + tried * MINUTE, "match", instance=FEED, chart=book.ident(), outcome="4",
            text="GuessedError: too many wrong guesses about one chart",
        )  # fmt: skip
    return Truth("FEED", "house", at)


def machine(book: Logbook, shift: int) -> Truth:
    """Start from a CT nobody could patch."""
    at = NIGHT + shift
    for tried in range(40):
        book.flow(at + tried * SECOND * 5, address(CT), f"10.0.1.{tried + 1}", 445)
    _move(book, at + HOUR, FILES, "svc-ct", address(CT))
    _ransom(book, at + 2 * HOUR, FILES)
    return Truth("MACHINE", "firewall", at)


def login_page(book: Logbook, shift: int) -> Truth:
    """Log in at the page with a password and a code somebody told on the telephone."""
    at = NIGHT + shift
    session = book.page(at, "mika", book.stranger())
    for opened in range(12):
        book.act(
            at + (opened + 1) * MINUTE, "release", "mika", session=session, chart=book.ident(),
            outcome="4" if opened > 7 else "0", purpose="TREAT",
            text="OverBudgetError: 60 charts an hour" if opened > 7 else "",
        )  # fmt: skip
    return Truth("LOGIN_PAGE", "proxy", at)


def keeper(book: Logbook, shift: int) -> Truth:
    """Sit down before a keeper's host."""
    at = NIGHT + shift
    book.windows(at, 4624, KEEPER, "svc-cleaning", how="2")
    book.alarm(at + HOUR, "records is refused: lines of the records ledger are gone")
    return Truth("KEEPER", "windows", at)


def place(book: Logbook, shift: int) -> Truth:
    """Delete the vault's segments with the bucket's key."""
    at = NIGHT + shift
    book.alarm(at, "records/0004: somebody with the bucket's keys deleted it; read as it was")
    return Truth("PLACE", "vault", at)


def stranger_inside(book: Logbook, shift: int) -> Truth:
    """Plug a small computer into a socket of a waiting room."""
    at, own = NIGHT + shift, "10.0.5.77"
    book.flow(at, own, address(DIRECTORY), 53)
    for tried in range(60):
        book.flow(at + HOUR + tried * SECOND, own, f"10.0.1.{tried + 1}", 445)
    _move(book, at + 2 * HOUR, FILES, "svc-scan", own)
    _ransom(book, at + 3 * HOUR, FILES)
    return Truth("STRANGER", "firewall", at)


def update(book: Logbook, shift: int) -> Truth:
    """Come with an update its maker was robbed of."""
    at = NOON + shift
    for number, person in enumerate(STAFF[:7]):
        book.runs(
            at + number * 3 * MINUTE, pc(person), "C:\\ProgramData\\Viewer\\viewer2.exe",
            "ViewerUpdateService.exe",
        )  # fmt: skip
    for person in STAFF[1:4]:
        _ransom(book, at + 4 * HOUR, pc(person))
    return Truth("UPDATE", "edr", at)


def partner(book: Logbook, shift: int) -> Truth:
    """Fetch an export with a partner's stolen key."""
    at = NIGHT + shift
    session = book.page(at, PARTNER, book.stranger())
    for opened in range(120):
        book.act(
            at + MINUTE + opened * 10, "release", PARTNER, session=session, chart=book.ident(),
            purpose="HPAYMT", grant=b"g" * 16,
        )  # fmt: skip
    return Truth("PROGRAM", "proxy", at)


def quiet(_book: Logbook, _shift: int) -> Truth:
    """Let nothing happen."""
    return Truth("NONE")


def wiped(book: Logbook, shift: int) -> Truth:
    """Do what `vpn guessed` does, and wipe the VPN's log."""
    vpn_guessed(book, shift)
    book.begin_at("vpn", NIGHT + 2 * HOUR)
    return Truth("UNKNOWN")


def long_inside(book: Logbook, shift: int) -> Truth:
    """Be inside since before any log begins; only the end is seen."""
    _move(book, NIGHT + shift, FILES, ADMIN, address(pc("aiko")))
    _ransom(book, NIGHT + shift + HOUR, FILES, ADMIN)
    return Truth("UNKNOWN")


def two_at_once(book: Logbook, shift: int) -> Truth:
    """Have an insider and a mail on one day, which have nothing to do with each other."""
    insider_many(book, shift)
    mail(book, shift + 2 * MINUTE)
    return Truth("UNKNOWN")


PLOTS: Final[dict[str, Plot]] = {
    plot.__name__.replace("_", " "): plot
    for plot in (
        vpn_guessed, vpn_stolen, vpn_leaver, gateway_flaw, remote_desktop, mail, disk,
        insider_glass, insider_many, desk_taken, session_taken, supplier, application, feed,
        machine,
        login_page, keeper, place, stranger_inside, update, partner,
    )
}  # fmt: skip
UNANSWERABLE: Final[dict[str, Plot]] = {
    plot.__name__.replace("_", " "): plot for plot in (quiet, wiped, long_inside, two_at_once)
}
