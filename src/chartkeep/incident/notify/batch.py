"""A batch of letters: the PDF, the mail house's list, the e-mails; one sealed piece of evidence.

What is printed out of it names people. The list has what an inserting machine and the post need:
which sheets make one letter, and where it goes.
"""

import csv
from email.message import EmailMessage
from email.policy import SMTP
from io import StringIO
from typing import NamedTuple

import msgspec

from chartkeep.errors import UnknownFormatError
from chartkeep.incident.notify.letter import Letter, Style
from chartkeep.incident.notify.recipient import MOST_LINES

COLUMNS = (
    "code", "first_page", "pages", "language", "discreet", "country",
    *(f"line_{at}" for at in range(1, MOST_LINES + 2)),
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 - run in Japan


class Posted(NamedTuple):
    """A letter's line for the mail house."""

    letter: Letter
    first: int
    pages: int
    discreet: bool
    country: str


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed together: a PDF (empty when none), a CSV (UTF-8 with a mark), e-mails."""

    pdf: bytes
    csv: bytes
    mails: list[bytes]

    def encode(self) -> bytes:
        """Write it."""
        return msgspec.msgpack.encode(self)


def read_batch(raw: bytes) -> Batch:
    """Read a batch. Raises UnknownFormatError when it is none."""
    try:
        return msgspec.msgpack.decode(raw, type=Batch)
    except msgspec.MsgspecError as error:
        raise UnknownFormatError("this is no batch of letters known here") from error


def mailing_list(posted: list[Posted]) -> bytes:
    """Write the mail house's list; a cell never begins as a spreadsheet's formula does."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in posted:
        letter = one.letter
        row = [
            letter.code, one.first, one.pages, letter.language,
            "yes" if one.discreet else "no", one.country, *letter.address,
        ]  # fmt: skip
        padded = [*row, *[""] * (len(COLUMNS) - len(row))]
        writer.writerow([_cell(each) for each in padded])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def e_mail(letter: Letter, to: str, sender: str) -> bytes:
    """Write a letter as an e-mail: plain text."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, to
    message["Subject"] = letter.paragraphs[0].text
    message.set_content(as_text(letter))
    return bytes(message)


def as_text(letter: Letter) -> str:
    """Write a letter's paragraphs as plain text."""
    lines = []
    for each in letter.paragraphs[1:]:
        gap = "" if each.style is Style.POINT else "\n"
        mark = "- " if each.style is Style.POINT else ""
        lines.append(f"{gap}{mark}{each.text}")
    return "\n".join(lines).strip() + "\n"


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
