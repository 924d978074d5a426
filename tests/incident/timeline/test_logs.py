import gzip
import json
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from chartkeep.errors import BadInputError
from chartkeep.incident.timeline.event import What
from chartkeep.incident.timeline.logs.syslog import read_message
from chartkeep.incident.timeline.logs.telling import LogTrouble
from chartkeep.incident.timeline.logs.times import Hand
from chartkeep.inventor.chance import chance_for
from tests.incident.timeline.logs_written import UNTIL, events, written
from tests.incident.timeline.readers import READERS

JST = timezone(timedelta(hours=9))
CSV = "time,src,dst,dport,action\n2026-11-15T10:00:00Z,10.0.1.5,10.0.0.20,445,accept\n"


def random_rows() -> bytes:
    chance = chance_for("rows")
    rows = (f"2026-11-15T10:00:00Z,{chance.getrandbits(128):032x}\n" for _ in range(4_000))
    return "".join(rows).encode()


def test_a_firewalls_csv_is_read(tmp_path: Path) -> None:
    (flow,) = events(tmp_path, CSV)

    assert (flow.what, flow.ok, flow.address, flow.target) == (
        What.CONNECT, True, "10.0.1.5", "10.0.0.20",
    )  # fmt: skip
    assert flow.place == "log:2"


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_a_log_is_read_in_whatever_its_text_is_written(coding: str, tmp_path: Path) -> None:
    text = "time;user;message\n2026-11-15T10:00:00Z;愛子;login failed パスワード\n"

    (login,) = events(tmp_path, text.encode(coding))

    assert (login.what, login.ok, login.person) == (What.LOGIN, False, "愛子")


def test_windows_events_are_read_from_columns_and_from_their_messages(tmp_path: Path) -> None:
    table = (
        "TimeCreated,Id,MachineName,LogName,Message\r\n"
        '2026/11/15 10:00:00,4624,FILE1.hospital.local,Security,"An account was successfully '
        "logged on.\r\n\r\nSubject:\r\n\tAccount Name:\t\t-\r\n\r\nNew Logon:\r\n"
        "\tAccount Name:\t\tHOSPITAL\\Aiko\r\n\r\nLogon Type:\t\t3\r\n"
        'Source Network Address:\t10.0.1.10\r\n"\r\n'
        "2026/11/15 10:01:00,1102,FILE1,Security,The audit log was cleared.\r\n"
    )

    login, cleared = events(tmp_path, table.encode("utf-16"), Hand(JST, until=UNTIL))

    assert (login.what, login.person, login.host) == (What.LOGIN, "aiko", "file1")
    assert (login.address, cleared.what) == ("10.0.1.10", What.CLEARED)


def test_nested_json_of_windows_is_read(tmp_path: Path) -> None:
    row = {
        "@timestamp": "2026-11-15T10:00:00Z",
        "host": {"name": "FILE1"},
        "winlog": {
            "channel": "Security", "event_id": 4625, "computer_name": "FILE1.hospital.local",
            "event_data": {"TargetUserName": "aiko", "IpAddress": "45.1.2.3", "LogonType": "10"},
        },
    }  # fmt: skip

    (login,) = events(tmp_path, json.dumps(row))

    assert (login.what, login.ok, login.person) == (What.LOGIN, False, "aiko")
    assert (login.address, login.how) == ("45.1.2.3", "10")


@pytest.mark.parametrize(
    "shape", ["[{0},{0}]", '{{"value": [{0}, {0}]}}', "{0}\n{0}\n", "[\n{0}\n,\n{0}\n]\n"]
)
def test_json_is_read_as_a_list_a_line_each_or_under_a_name(shape: str, tmp_path: Path) -> None:
    row = '{"ts": 1793145600, "hostname": "pc01", "process": "cmd.exe"}'

    assert [each.what for each in events(tmp_path, shape.format(row))] == [What.RUN, What.RUN]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            '<34>1 2026-11-15T10:00:00.003Z vpn1 sslvpn - ID47 [o@1 user="emi" srcip="45.1.2.3"] login failed',  # noqa: E501
            (What.LOGIN, False, "emi", "45.1.2.3"),
        ),
        (
            "<38>Nov 15 10:00:00 jump1 sshd[77]: Failed password for invalid user root from 45.1.2.3 port 4711",  # noqa: E501
            (What.LOGIN, False, "root", "45.1.2.3"),
        ),
        (
            "Nov 15 10:00:00 jump1 sshd[77]: Accepted password for emi from 10.0.0.8 port 22",
            (What.LOGIN, True, "emi", "10.0.0.8"),
        ),
        (
            "2026-11-15T10:00:00.123456+09:00 jump1 sshd[77]: Accepted password for emi from 10.0.0.8 port 22",  # noqa: E501
            (What.LOGIN, True, "emi", "10.0.0.8"),
        ),
        (
            "<134>Nov 15 10:00:00 fw1 CEF:0|Palo|PAN-OS|10|threat|Injection|9|src=45.1.2.3 dst=10.0.0.30 attack=Injection act=alert",  # noqa: E501
            (What.DETECTION, True, "", "45.1.2.3"),
        ),
        (
            '<134>date=2026-11-15 time=10:00:00 devname="fw1" type="utm" srcip=45.1.2.3 dstip=10.0.0.2 attack="SSL.Overflow" action="dropped"',  # noqa: E501
            (What.DETECTION, False, "", "45.1.2.3"),
        ),
    ],
)
def test_syslog_is_read_however_its_vendor_writes(
    line: str, told: tuple[What, bool, str, str], tmp_path: Path
) -> None:
    (found,) = events(tmp_path, line + "\n")

    assert (found.what, found.ok, found.person, found.address) == told


def test_a_packed_log_is_read_and_its_own_bytes_are_named(tmp_path: Path) -> None:
    log = written(tmp_path, gzip.compress(CSV.encode()))

    assert len(list(log.events())) == 1
    assert len(log.said().sha256) == 64


def test_what_is_broken_is_one_sentence_and_the_rest_is_read(tmp_path: Path) -> None:
    log = written(tmp_path, CSV + "never,1,2,3,4\n" + "2026-11-15T11:00:00Z,10.0.0.1,x,1,deny\n")

    assert len(list(log.events())) == 2
    assert log.said().troubles == ("a row's time cannot be read: 1",)


def test_a_packed_log_that_was_cut_is_read_as_far_as_it_goes_and_named(tmp_path: Path) -> None:
    whole = gzip.compress(CSV.encode() + b"".join(
        b"2026-11-15T10:%02d:%02dZ,10.0.0.1,x,1,deny\n" % (at // 60, at % 60) for at in range(3_600)
    ))  # fmt: skip
    log = written(tmp_path, whole[:-1_000])

    assert 0 < len(list(log.events())) < 3_600
    (trouble,) = log.said().troubles
    assert LogTrouble.ARCHIVE in trouble


@pytest.mark.attack
@pytest.mark.parametrize(
    "raw",
    [
        gzip.compress(b"time,message\n" + random_rows())[:-3_000],
        b"time,message\n" + b'"' + b"x" * (3 << 20) + b"\n2026-11-15T10:00:00Z,ok\n",
        b'{"a":' * 30_000,
        b"[" * 100_000,
        b"{" + b'"time": ' * 1000,
        b"<13>1 " + b" " * 200_000,
        b"<134>Nov 15 10:00:00 h " + b"a=" * 100_000,
        b"CEF:0|" * 20_000,
        b"<9>CEF:0|a|b|c|d|e|9|" + b"a=" * 200_000,
        b'TimeCreated,Id,Message\n2026-11-15T10:00:00Z,4624,"' + b" " * 100_000 + b'\n x"\n',
        b'{"ts": 1793145600}\n' + b'{"a":\n' * 4_000,
        b'[{"ts": 1793145600},' + b"{\n" * 50_000,
    ],
    ids=[
        "cut",
        "long",
        "deep",
        "brackets",
        "nothing",
        "spaces",
        "pairs",
        "cef",
        "extension",
        "message",
        "lines",
        "list",
    ],
)
def test_a_hostile_log_ends_in_sentences(raw: bytes, tmp_path: Path) -> None:
    log = written(tmp_path, raw)

    assert len(list(log.events())) <= 5_000
    assert len(str(log.said())) < 2_000


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no text"):
        events(tmp_path, bytes(range(256)) * 10 + bytes(1000))
    with pytest.raises(BadInputError, match="broken archive"):
        events(tmp_path, b"\x1f\x8b\x08nonsense")


@pytest.mark.attack
def test_a_line_of_very_many_elements_is_read_in_its_own_time() -> None:
    row = read_message(f"<1>1 2026-01-01T00:00:00Z host app - - {'[a]' * 300_000} said")
    assert row is not None
    assert row["message"] == "said"


@pytest.mark.attack
def test_a_log_is_parsed_where_there_is_no_key_and_nothing_to_open(tmp_path: Path) -> None:
    log = written(tmp_path, "time,user,host\n2026-11-02T10:00:00Z,aiko,pc1\n" * 100_000)
    reading = log.events()
    next(reading)
    process = READERS._busy[-1]
    status = Path(f"/proc/{process.child.pid}/status").read_text()
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status
    process.child.kill()
    process.child.wait()
    assert len(list(reading)) < 100_000
    assert any("ended the process" in each for each in log.said().troubles)


@pytest.mark.attack
def test_a_packed_log_that_unpacks_without_end_is_read_so_far_and_said(tmp_path: Path) -> None:
    rows = b"time,user\n2026-11-02T10:00:00Z,aiko\n"
    log = written(tmp_path, gzip.compress(rows + b"a" * (60 << 20)))
    assert len(list(log.events())) == 1
    assert any("unpacks to far more" in each for each in log.said().troubles)
