"""Paper forms: what kinds there are, how a form's number is made, printed and read back. Pure.

A number is 16 digits, printed as `4713 0021 8845 0197`:

    FF K BBBBBBBB SSS CC
    |  | |        |   check digits, ISO 7064 MOD 97-10
    |  | |        the form's place in its range, 001 to 999
    |  | the batch: the second it was given out in, so it never comes again
    |  the kind of form
    the house, from its facility's id

Digits only, because they are the same under every keyboard's layout and input method, are typed
with one hand, and make the narrowest bar code. MOD 97-10 finds every wrong digit, every two digits
swapped at any distance (10 has the order 96 modulo 97), and all but one in 97 of all else; what is
left the registry finds (`continuity.registry`): a number nobody gave out is refused.
A batch is a second, not a counter: a house restored from the vault has forgotten the numbers of its
last seconds, and the clock has not. docs/formats/forms.md.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum
from typing import Annotated, NamedTuple

import msgspec

from chartkeep.errors import BadInputError
from chartkeep.model import FacilityId, Millis

DIGITS = 16
MOST_FORMS = 999
"""Of one kind in one batch."""
BATCHES = 10**8
_MODULUS = 97
_SPACES = re.compile(r"[\s./-]+")
_TYPED = 64
"""Letters of what was typed that are looked at."""


class FormKind(IntEnum):
    """A kind of form; the codes stand in printed numbers for ever."""

    VITALS = 1
    MEDICATION = 2
    ORDERS = 3
    NOTES = 4


_KINDS = frozenset(FormKind)


class FormNumber(NamedTuple):
    """A form's number, taken apart; as text it is 16 digits."""

    house: int
    kind: FormKind
    batch: int
    serial: int

    def __str__(self) -> str:
        """Write its digits, as a bar code has them."""
        body = f"{self.house:02d}{self.kind:d}{self.batch:08d}{self.serial:03d}"
        return f"{body}{check_digits(body)}"

    @property
    def printed(self) -> str:
        """Write it for people, in fours."""
        text = str(self)
        return " ".join(text[at : at + 4] for at in range(0, DIGITS, 4))


class FormRange(msgspec.Struct, frozen=True):
    """Numbers of one kind that a pack was given: serials 1 to `count`."""

    house: Annotated[int, msgspec.Meta(ge=0, le=99)]
    kind: FormKind
    batch: Annotated[int, msgspec.Meta(ge=0, lt=BATCHES)]
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_FORMS)]

    def numbers(self) -> Iterator[FormNumber]:
        """Give them in order."""
        return (
            FormNumber(self.house, self.kind, self.batch, serial)
            for serial in range(1, self.count + 1)
        )


def read_number(text: str) -> FormNumber:
    """Read a number as it was typed or scanned: spaces, hyphens and full-width digits may be in it.

    Raises BadInputError when it has not 16 digits or its check digits do not agree.
    """
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text[:_TYPED]))
    if len(plain) != DIGITS or not (plain.isascii() and plain.isdigit()):
        raise BadInputError(
            f"a form's number has {DIGITS} digits", hint="type all of them, or scan the code"
        )
    kind, body = int(plain[2]), plain[: -len("CC")]
    if check_digits(body) != plain[len(body) :] or kind not in _KINDS or plain[11:14] == "000":
        raise BadInputError(
            "the check digits do not agree: a digit is wrong, or two are swapped",
            hint="read the number again from the paper",
        )
    return FormNumber(int(plain[:2]), FormKind(kind), int(plain[3:11]), int(plain[11:14]))


def check_digits(body: str) -> str:
    """Give the two check digits of a number's first 14 (ISO 7064 MOD 97-10)."""
    return f"{_MODULUS + 1 - int(body) * 100 % _MODULUS:02d}"


def house_code(facility: FacilityId) -> int:
    """Give the two digits a house's numbers begin with: a form of another house is noticed."""
    return int.from_bytes(facility[:4]) % 100


def batch_at(now: Millis) -> int:
    """Give the batch of a second.

    After three years the digits come again, and the registry has what was given out under them.
    """
    return now // 1000 % BATCHES
