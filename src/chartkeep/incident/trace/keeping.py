"""The index on a disk: sealed in pieces under a key of desk and safe, each bound to its place.

    index/head       format, generation, how many of what, up to which record; sealed
    index/<generation>/<array>-<number>       pieces of the arrays, sealed

Promises that the files show how large the index is and nothing else, that a piece changed, swapped
or of another generation is an error that names it, and that a crash leaves the last index whole:
the head is replaced last, and names a generation whose pieces are durable by then.
"""

import shutil
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from chartkeep.errors import (
    SealBrokenError,
    UnavailableError,
    UnknownFormatError,
    UnknownWriteError,
)
from chartkeep.incident.desk import sync_folder, write_durably
from chartkeep.incident.trace.index import ARRAYS, Index
from chartkeep.model import ChartId
from chartkeep.sealing.box import BoxKey, open_box, seal_box
from chartkeep.sealing.keys import fresh_id

PIECE: Final = 8 << 20
FORMAT: Final = "chartkeep-trace-index-4"
_HEAD: Final = "head"
_INFO: Final = b"trace index"


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an index on a disk is made of: `bytes` of each array; the rest is the `Index`'s, hex."""

    format: Literal["chartkeep-trace-index-4"]
    generation: str
    upto: int
    last: str
    bytes: dict[str, int]
    own: list[str]
    again: list[str]
    grants: list[str]


def keep(index: Index, folder: Path, secret: bytes) -> None:
    """Write an index beside the one before it, and let it take its place.

    Raises UnknownWriteError when the disk does not take it: the one before is then still there.
    """
    key, generation = BoxKey(secret, _INFO), fresh_id().hex()
    pieces = folder / generation
    try:
        pieces.mkdir(parents=True, mode=0o700)
        for name, array in index.arrays.items():
            raw = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
            for number, at in enumerate(range(0, len(raw), PIECE)):
                place = _place(generation, name, number)
                sealed = seal_box(key, place, raw[at : at + PIECE].tobytes())
                write_durably(pieces / f"{name}-{number}", sealed)
        sizes = {name: array.nbytes for name, array in index.arrays.items()}
        told = (sorted(map(bytes.hex, each)) for each in (index.own, index.again, index.grants))
        head = Head(FORMAT, generation, index.upto, index.last.hex(), sizes, *told)
        sync_folder(folder)
        write_durably(folder / _HEAD, seal_box(key, _HEAD.encode(), msgspec.json.encode(head)))
    except OSError as error:
        raise UnknownWriteError("the trace index was not written") from error
    for other in folder.iterdir():
        if other.is_dir() and other.name != generation:
            shutil.rmtree(other, ignore_errors=True)


def load(folder: Path, secret: bytes) -> Index:
    """Read the newest index whole into memory.

    Raises UnavailableError when there is none, SealBrokenError naming the piece that is not what
    was sealed, UnknownFormatError.
    """
    key = BoxKey(secret, _INFO)
    head = read_head(folder, secret)
    arrays = {}
    for name, kind in ARRAYS.items():
        raw = np.empty(head.bytes[name], np.uint8)
        for number, at in enumerate(range(0, len(raw), PIECE)):
            path = folder / head.generation / f"{name}-{number}"
            piece = _open(key, path, _place(head.generation, name, number))
            if len(piece) != min(PIECE, len(raw) - at):
                raise SealBrokenError(f"{path} is not as long as it was")
            raw[at : at + PIECE] = np.frombuffer(piece, np.uint8)
        arrays[name] = raw.view(kind)
    own, grants = (frozenset(map(bytes.fromhex, each)) for each in (head.own, head.grants))
    again = frozenset(ChartId(bytes.fromhex(each)) for each in head.again)
    return Index(arrays, head.upto, bytes.fromhex(head.last), own, again, grants)


def check_kept(folder: Path) -> None:
    """Raise UnavailableError when there is no index: nothing need be opened to know."""
    if not (folder / _HEAD).exists():
        raise UnavailableError(
            f"there is no trace index in {folder}", hint="run chartkeep incident index"
        )


def read_head(folder: Path, secret: bytes) -> Head:
    """Read what the newest index is made of. Raises as `load`."""
    check_kept(folder)
    path = folder / _HEAD
    try:
        raw = _open(BoxKey(secret, _INFO), path, _HEAD.encode())
        return msgspec.json.decode(raw, type=Head)
    except msgspec.MsgspecError as error:
        raise UnknownFormatError(
            "the trace index is not of a version known here", hint="make it again"
        ) from error


def _place(generation: str, name: str, number: int) -> bytes:
    return f"{generation}/{name}/{number}".encode()


def _open(key: BoxKey, path: Path, place: bytes) -> bytes:
    try:
        return open_box(key, place, path.read_bytes())
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read", hint="make the index again") from error
    except SealBrokenError as error:
        raise SealBrokenError(f"{path} does not open: it was changed") from error
