"""Bundles of FHIR R4 (transaction, batch, collection; JSON, also gzipped) into Items.

Promises: every entry becomes an Item or a Refusal that names it; the bytes of a resource stay
exactly as sent; unpacking, depth and size are bounded; nothing is raised but this house's errors.
Does no I/O and keeps nothing: whether a resource outside the bundle exists is asked later.
"""

import zlib

import msgspec

from chartkeep.clinical.incoming import Item, Parsed, Refusal
from chartkeep.errors import BadInputError
from chartkeep.fhir.entry import NOBODY, Known, name_entry
from chartkeep.fhir.mates import Bundled

LARGEST_BUNDLE = 128 * 1024 * 1024
"""Unpacked bytes; the largest bundle of one patient seen in public test sets is a third of it."""
_GZIP = b"\x1f\x8b"
_TYPES = frozenset({"transaction", "batch", "collection"})


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    type: str = ""
    entry: list[msgspec.Raw] = []


_bundle = msgspec.json.Decoder(_Bundle)


def parse_bundle(
    raw: bytes, source: str, scope: str = "", known: Known = NOBODY, *, strict: bool = False
) -> Parsed:
    """Take a bundle apart. `source` is its file's name, for the messages of the caller.

    `scope` goes before the names of what is created: with another scope it is created once more.
    `known`: what its conditions mean, as far as they mean somebody who is not in it. `strict`:
    what the schema forgets is an error too; a feed of old records often lacks it.
    A bundle that cannot be read at all is one refusal; otherwise each entry stands for itself.
    """
    try:
        bundle = _read_bundle(unpack(raw))
    except BadInputError as error:
        return Parsed(source, [], [Refusal("", "Bundle", "", str(error), error.hint)])
    asks = bundle.type != "collection"
    named = [
        name_entry(place, each, asks=asks, scope=scope, known=known)
        for place, each in enumerate(bundle.entry)
    ]
    outcomes = Bundled(named, known, strict=strict).outcomes()
    items = [each for each in outcomes if isinstance(each, Item)]
    refusals = [each for each in outcomes if isinstance(each, Refusal)]
    if bundle.type == "transaction" and len({item.owner.patient for item in items} - {""}) > 1:
        # One chart is one commit; a transaction over two could be half done after a crash.
        message = "Bundle.type is transaction, but it touches several patients"
        refusals.append(Refusal("", "Bundle", "Bundle.type", message, "send it as a batch"))
        items = []
    return Parsed(source, items, refusals)


def unpack(raw: bytes) -> bytes:
    """Inflate a gzipped bundle within the limit; pass other bytes on. Raises BadInputError."""
    hint = f"split it; the limit is {LARGEST_BUNDLE >> 20} MiB"
    if not raw.startswith(_GZIP):
        if len(raw) > LARGEST_BUNDLE:
            raise BadInputError("the bundle is too large", hint=hint)
        return raw
    inflating = zlib.decompressobj(wbits=31)
    try:
        plain = inflating.decompress(raw, LARGEST_BUNDLE + 1)
    except zlib.error as error:
        raise BadInputError("the gzip archive is broken") from error
    if len(plain) > LARGEST_BUNDLE:
        raise BadInputError("the bundle is too large once unpacked", hint=hint)
    if not inflating.eof:
        raise BadInputError("the gzip archive ends too early")
    if inflating.unused_data:
        raise BadInputError("the gzip archive goes on after its end")
    return plain


def _read_bundle(raw: bytes) -> _Bundle:
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        bundle = _bundle.decode(raw)
    except msgspec.ValidationError as error:
        raise BadInputError("not a FHIR bundle: an element has the wrong JSON type") from error
    except msgspec.DecodeError as error:
        raise BadInputError(f"broken JSON at {_line_column(raw, str(error))}") from error
    except UnicodeDecodeError as error:
        raise BadInputError("the text is not UTF-8") from error
    except RecursionError as error:
        raise BadInputError("the JSON is nested too deeply") from error
    if bundle.resource_type != "Bundle":
        raise BadInputError("not a FHIR bundle: resourceType is another one")
    if bundle.type not in _TYPES:
        raise BadInputError(
            "Bundle.type is not one that can be loaded", hint="transaction, batch or collection"
        )
    return bundle


def _line_column(raw: bytes, message: str) -> str:
    """Turn `… (byte 123)` into a line and a column; without it the input simply ended."""
    _, _, tail = message.partition("(byte ")
    offset = int(tail.rstrip(")")) if tail else len(raw)
    line = raw.count(b"\n", 0, offset) + 1
    column = offset - raw.rfind(b"\n", 0, offset)
    return f"line {line}, column {column}"
