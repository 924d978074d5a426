"""JSON that is read and written again with every number spelled as it was (`1.00`, `1E2`).

Promises: what is decoded and encoded again differs in white space and in escapes only; numbers
compare by value. One exception: an integer `-0` comes back as `0`.
"""

from decimal import Decimal, DecimalException
from typing import Any, Self

import msgspec

from chartkeep.errors import BadInputError


class Spelled(Decimal):
    """A number with a fraction or an exponent that remembers how it was written."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Read a number as JSON writes it. Raises DecimalException for an absurd exponent."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __deepcopy__(self, memo: object) -> Self:
        """Give itself: it never changes, and Decimal's own copy forgets the spelling."""
        return self


def _raw_number(value: Any) -> msgspec.Raw:
    assert isinstance(value, Spelled)
    return msgspec.Raw(value.text.encode())


_decoder = msgspec.json.Decoder(float_hook=Spelled)
_encoder = msgspec.json.Encoder(enc_hook=_raw_number)


def decode(raw: bytes) -> Any:
    """Read JSON. Raises BadInputError, without content."""
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, DecimalException) as error:
        raise BadInputError("not JSON that every reader reads alike") from error
    except RecursionError as error:
        raise BadInputError("the JSON is nested too deeply") from error


def encode(value: Any) -> bytes:
    """Write what `decode` read, compact. Raises BadInputError when it is nested too deeply."""
    try:
        return _encoder.encode(value)
    except RecursionError as error:
        raise BadInputError("the JSON is nested too deeply") from error
