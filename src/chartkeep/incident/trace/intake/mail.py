"""Mail: one message with what is attached to it, and mailboxes of them."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BufferedReader

from chartkeep.incident.trace.found import Clock
from chartkeep.incident.trace.intake.limits import MOST_HELD
from chartkeep.incident.trace.intake.out import Out

_HEADER = re.compile(
    rb"(?:From|To|Cc|Received|Date|Subject|Message-ID|MIME-Version|Return-Path|Delivered-To"
    rb"|Content-Type|X-[\w-]+|DKIM-Signature|Reply-To|Sender):[ \t]",
    re.IGNORECASE,
)
_SAMPLE = b"""From: a <a@example.org>
To: =?utf-8?q?b?= <b@example.org>
Date: Thu, 01 Jan 2020 00:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

YQ==
--x
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable
Content-Disposition: attachment; filename*=utf-8''a

<p>a
--x--
"""


def load() -> None:
    """Read a message once, so that everything is loaded."""
    for part in _parse(_SAMPLE).walk():
        _ = part.get_filename(), part.get_content_type()
        if not part.is_multipart():
            part.get_content()


def looks_like(head: bytes) -> bool:
    """Say whether bytes begin with a message's headers."""
    lines = head[:4_096].splitlines()[:30]
    first = bool(lines) and bool(_HEADER.match(lines[0]))
    return first and sum(bool(_HEADER.match(line)) for line in lines) >= 3


def read_message(data: bytes, out: Out) -> Iterator[tuple[str, bytes]]:
    """Say the text of one message; yields what is attached: its name and bytes."""
    message = _parse(data)
    for header in ("From", "To", "Subject"):
        out.text(_header(message, header))
    _note_date(message, out)
    for part in message.walk():
        if part.is_multipart():
            continue
        name, kind = part.get_filename() or "", part.get_content_type()
        if not name and kind == "text/plain":
            for line in _text(part).splitlines():
                out.text(line)
        else:
            data = part.get_payload(decode=True)  # type: ignore[assignment]
            yield name or f"part.{kind.rsplit('/', 1)[-1]}", data or b""


def messages_of(file: BufferedReader) -> Iterator[bytes]:
    """Yield the messages of a mailbox (RFC 4155); one past what is held is cut."""
    lines: list[bytes] = []
    held, blank = 0, True
    while line := file.readline(1 << 20):
        if blank and line.startswith(b"From ") and lines:
            yield b"".join(lines)
            lines, held = [], 0
        elif not (line.startswith(b"From ") and not lines) and held < MOST_HELD:
            lines.append(line)
            held += len(line)
        blank = not line.strip()
    if lines:
        yield b"".join(lines)


def _parse(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _text(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError, KeyError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except Exception:  # noqa: BLE001 -- the parser of headers raises what it likes
        return ""


def _note_date(message: EmailMessage, out: Out) -> None:
    try:
        out.clock(Clock.HEADER, int(message["Date"].datetime.timestamp() * 1000))
    except Exception:  # noqa: BLE001 -- no date, or none that is one
        return
