"""A ward pack as one self-contained, encrypted HTML file (docs/formats/pack.md).

Promises that nothing of a chart stands in it in clear, that it asks nothing of any network, and
that it runs only the scripts it was made with. Does not decide who may make one.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from chartkeep.continuity.ward import WardPack
from chartkeep.model import FacilityId, Millis, to_id
from chartkeep.sealing.pack import PackHeader, WardKey, seal_pack

LANGUAGES: Final = ("en", "ja", "id", "fr")
SCRIPTS: Final = (
    "dom",
    "words",
    "seal",
    "lines",
    "plot",
    "numbers",
    "sheet",
    "patient",
    "paper",
    "forms",
    "ward",
    "envelope",
    "start",
)
"""In the order they run; each is a script of its own and sees what the ones before it said."""
_HERE: Final = Path(__file__).parent
_TEMPLATE: Final = (_HERE / "template.html").read_text()
_STYLE: Final = (_HERE / "page.css").read_text()
_SOURCES: Final = [(_HERE / "scripts" / f"{name}.js").read_text() for name in SCRIPTS]
WORDS: Final = {
    language: msgspec.json.decode(
        (_HERE / "words" / f"{language}.json").read_bytes(), type=dict[str, str]
    )
    for language in LANGUAGES
}


def render(pack: WardPack, key: WardKey) -> bytes:
    """Make the one file of a pack that lies in one place. Raises as `render_places`."""
    return render_places(pack, key, 1)[0]


def render_places(pack: WardPack, key: WardKey, places: int) -> list[bytes]:
    """Make a file for each place a pack is pushed to: the same charts, form numbers of its own.

    Raises BadInputError if the pack's ward or ids cannot stand in its header.
    """
    facility, name = FacilityId(to_id(pack.facility)), to_id(pack.pack)
    header = PackHeader(facility, name, Millis(pack.made), Millis(pack.expires), pack.ward)
    sealed = seal_pack(header, msgspec.json.encode(pack), key)
    page = _SHELL.replace("@pack@", b64encode(sealed).decode())
    names = (f"{place}/{places}" for place in range(1, places + 1))
    return [page.replace("@place@", name, 1).encode() for name in names]


def _shell() -> str:
    """Put together what is the same in every pack."""
    # No `<` in a data block: nothing in it can end it.
    words = msgspec.json.encode(WORDS).decode().replace("<", "\\u003c")
    parts = {
        "policy": _policy(),
        "style": _STYLE,
        "words": words,
        "scripts": "\n".join(f"<script>{source}</script>" for source in _SOURCES),
    }
    shell = _TEMPLATE
    for name, text in parts.items():
        shell = shell.replace(f"@{name}@", text)
    return shell


def _policy() -> str:
    """Allow these scripts and this style, and nothing from anywhere else."""
    scripts = " ".join(_allowed(source) for source in _SOURCES)
    return (
        f"default-src 'none'; script-src {scripts}; style-src {_allowed(_STYLE)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _allowed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


_SHELL: Final = _shell()
