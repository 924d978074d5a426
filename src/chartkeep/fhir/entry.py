"""One entry of a bundle before its resource is read: what it is called, and what it asks.

Promises: the key of an entry is the same on every run of the same bundle.
Kept apart from reading, because every entry must have its name before the first is read.
"""

import hashlib
import re
from collections.abc import Mapping

import msgspec

from chartkeep.clinical.incoming import Refusal
from chartkeep.clinical.references import base_of, conditional_form, relative_form

_METHODS = frozenset({"POST", "PUT"})
_TYPE = re.compile(r"[A-Z][A-Za-z]{2,40}")


class _Request(msgspec.Struct, rename="camel"):
    method: str = ""
    url: str = ""
    if_none_exist: str = ""


class _Entry(msgspec.Struct, rename="camel"):
    full_url: str = ""
    resource: msgspec.Raw = msgspec.Raw(b"")
    request: _Request | None = None


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str = ""


class Named(msgspec.Struct, frozen=True, gc=False):
    """An entry and its names, or why it is refused already.

    `key`: see `Item.key`. `base`: what its relative references are relative to. `short`: `Type/id`.
    """

    where: str
    kind: str = ""
    raw: bytes = b""
    key: str = ""
    full_url: str = ""
    short: str = ""
    if_absent: bool = False
    refusal: Refusal | None = None

    @property
    def base(self) -> str:
        """Give the service base its relative references start from, or ""."""
        return base_of(self.full_url)


Known = Mapping[str, str]
"""What conditions mean that were asked before: condition -> `Type/id`."""
NOBODY: Known = {}

_entry = msgspec.json.Decoder(_Entry)
_head = msgspec.json.Decoder(_Head)


def name_entry(
    place: int, raw: msgspec.Raw, *, asks: bool, scope: str = "", known: Known = NOBODY
) -> Named:
    """Name one entry. `asks`: the bundle's type demands a request in every entry."""
    where = f"entry[{place}]"
    try:
        entry = _entry.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _refused(
            Named(where), where, "not an entry of a bundle: wrong JSON type or no UTF-8"
        )
    resource = bytes(entry.resource)
    head = _read_head(resource)
    named = Named(
        where,
        head.resource_type,
        resource,
        entry.full_url,
        entry.full_url,
        _short_name(entry.full_url, head),
    )
    if not resource:
        return _refused(named, f"{where}.resource", "is missing")
    if asks:
        named = _ask(named, entry.request, head)
        named = msgspec.structs.replace(named, key=known.get(named.key, named.key))
    creates = named.key == entry.full_url and not (entry.request and entry.request.method == "PUT")
    if scope and creates:
        named = msgspec.structs.replace(named, key=f"{scope} {named.key or where}")
    if named.key or named.refusal:
        return named
    key = named.short or "sha256:" + hashlib.sha256(resource).hexdigest()
    return msgspec.structs.replace(named, key=key)


def _short_name(full_url: str, head: _Head) -> str:
    own = f"{head.resource_type}/{head.id}" if head.resource_type and head.id else ""
    return relative_form(full_url) or own


def _read_head(resource: bytes) -> _Head:
    """Look at type and id only; what is wrong with the rest is said when it is read."""
    try:
        head = _head.decode(resource)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Head()
    # No type of FHIR has other letters: what stands there may be anything, and is not repeated.
    return head if _TYPE.fullmatch(head.resource_type) else _Head(id=head.id)


def _ask(named: Named, request: _Request | None, head: _Head) -> Named:
    """Apply the request: a POST may be conditional, a PUT names its resource (http.html)."""
    at = f"{named.where}.request"
    if request is None:
        return _refused(named, at, "is missing, and this bundle's type needs it")
    if request.method not in _METHODS:
        return _refused(named, f"{at}.method", "only POST and PUT can be loaded")
    return (_put if request.method == "PUT" else _post)(named, request, head)


def _post(named: Named, request: _Request, _: _Head) -> Named:
    at = f"{named.where}.request"
    if request.url not in {named.kind, f"/{named.kind}", ""}:
        return _refused(named, f"{at}.url", "is not the type of the resource")
    if not request.if_none_exist:
        return named
    condition = conditional_form(f"{named.kind}?{request.if_none_exist.removeprefix('?')}")
    if not condition:
        return _refused(named, f"{at}.ifNoneExist", "only an exact identifier can be asked for")
    return msgspec.structs.replace(named, key=condition, if_absent=True)


def _put(named: Named, request: _Request, head: _Head) -> Named:
    at = f"{named.where}.request.url"
    url = request.url.removeprefix("/")
    key = conditional_form(url) or relative_form(url)
    if not key.startswith((f"{named.kind}/", f"{named.kind}?")):
        return _refused(named, at, "is not Type/id or Type?identifier=… of this resource")
    if "?" not in key and head.id and key != f"{named.kind}/{head.id}":
        return _refused(named, at, "names another id than the resource")
    return msgspec.structs.replace(named, key=key, short=key if "?" not in key else named.short)


def _refused(named: Named, element: str, message: str) -> Named:
    refusal = Refusal(named.where, named.kind, element, message)
    return msgspec.structs.replace(named, refusal=refusal)
