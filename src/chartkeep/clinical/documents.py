"""A file that is somebody's, as FHIR: a DocumentReference, and the Binary its bytes lie behind.

For feeds: what a message or a folder brings becomes two Items of one chart. The Binary holds no
`data`: its bytes are kept beside it as a blob, and the door gives them in the type they are of.
"""

import base64
import hashlib
from io import BytesIO
from typing import Any, NamedTuple

from msgspec.structs import replace

from chartkeep.clinical.deriving import derive
from chartkeep.clinical.incoming import Bulk, Item
from chartkeep.clinical.ownership import Mates, Owner
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.spelling import encode

Json = dict[str, Any]


class File(NamedTuple):
    """A file as it came, whole; `created` is a FHIR dateTime, empty when nobody says."""

    content: bytes
    media_type: str
    title: str = ""
    created: str = ""


def document_items(
    key: str, body: Json, file: File, mates: Mates, *, where: str, if_absent: bool = False
) -> list[Item]:
    """Derive the Items of a document, the Binary first; both go into one parcel.

    `key` is the DocumentReference's, `Type/…` when another file under it is its next version;
    the Binary's key follows from it. `body` is the DocumentReference without `content`, which is
    made here: its subject is whose the Binary is, its labels are the Binary's too. `mates`: the
    other resources of the message or folder. The same file under the same key is taken once.

    Raises BadInputError, naming the element, when `body` is no DocumentReference.
    """
    name = binary_key(key)
    attachment = {
        "contentType": file.media_type,
        "url": name,
        "size": len(file.content),
        "hash": _sha1(file.content),
        "title": file.title,
        "creation": file.created,
    }
    told = {member: value for member, value in attachment.items() if value not in ("", None)}
    whole = {**body, "content": [{"attachment": told}]}
    holder: Json = {"resourceType": "Binary", "contentType": file.media_type}
    if labels := body.get("meta", {}).get("security"):
        holder["meta"] = {"security": labels}
    if "subject" in body:
        holder["securityContext"] = body["subject"]
    binary = _derive(name, holder, mates, where, if_absent=if_absent)
    bulk = Bulk(len(file.content), lambda: BytesIO(file.content))
    digest = hashlib.sha256(file.content).digest()
    reference = _derive(key, whole, _With(mates, name), where, if_absent=if_absent)
    return [replace(binary, blob=bulk, same=binary.raw + digest, sums=(digest,)), reference]


def binary_key(key: str) -> str:
    """Name the Binary of a document; the same document has the same one."""
    return f"Binary/{hashlib.sha256(key.encode()).hexdigest()[:40]}"


class _With:
    """The mates of a document, and its Binary among them."""

    def __init__(self, mates: Mates, binary: str) -> None:
        self._mates = mates
        self._binary = binary

    def kind(self, reference: str) -> str:
        return self._mates.kind(reference)

    def key(self, reference: str) -> str:
        return reference if reference == self._binary else self._mates.key(reference)

    def owner(self, reference: str) -> Owner | None:
        return self._mates.owner(reference)


def _derive(key: str, body: Json, mates: Mates, where: str, *, if_absent: bool) -> Item:
    raw = encode(body)
    return derive(key, raw, read_resource(raw), mates, where=where, if_absent=if_absent)


def _sha1(content: bytes) -> str:
    """Hash as Attachment.hash wants it (R4 datatypes.html#Attachment): it proves nothing here."""
    return base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
