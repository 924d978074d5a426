"""Vectors others published, so that our logs read elsewhere.

Merkle: the eight leaves of certificate-transparency, as in transparency-dev/merkle.
Notes: the example of C2SP signed-note; the example of golang.org/x/mod/sumdb/note.
Cosignature: a checkpoint of arche2025h1.staging.ct.transparency.dev as witnessed in May 2026.
"""

import base64

import pytest

from chartkeep.errors import LedgerBrokenError
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.note import VerifierKey, open_note, parse_note, parse_signature, sign_note
from chartkeep.ledger.proof import Proof
from chartkeep.ledger.proofs import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from chartkeep.ledger.tiles import tile_path, tile_width
from chartkeep.sealing.signing import SigningKey

from .growth import Log

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CONSISTENCY = {
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
    (6, 7): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ARCHE_KEY = (
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
)
REMORA_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
ARCHE_NOTE = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
"""  # noqa: E501, the signatures are as long as they are
SOFA_NOTE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501, the same


@pytest.mark.parametrize("size", range(1, 9))
def test_it_gives_the_published_roots(size: int) -> None:
    assert Log(LEAVES[:size]).root() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_it_gives_and_takes_the_published_inclusion_proofs(index: int, size: int) -> None:
    proof = [bytes.fromhex(node) for node in INCLUSION[index, size]]
    assert inclusion_proof(index, size, Log(LEAVES[:size]).read) == proof
    verify_inclusion(hash_leaf(LEAVES[index]), index, size, proof, ROOTS[size - 1])


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_it_gives_and_takes_the_published_consistency_proofs(old: int, new: int) -> None:
    proof = [bytes.fromhex(node) for node in CONSISTENCY[old, new]]
    assert consistency_proof(old, new, Log(LEAVES[:new]).read) == proof
    verify_consistency(old, ROOTS[old - 1], new, ROOTS[new - 1], proof)


def test_it_opens_the_example_of_the_signed_note_text() -> None:
    key = VerifierKey.parse(EXAMPLE_KEY)
    assert key.text() == EXAMPLE_KEY
    assert open_note(parse_note(EXAMPLE_NOTE.encode()), [key])[0][0] == key


def test_it_signs_the_go_example_to_the_same_bytes() -> None:
    text = GO_NOTE.partition("\n\n")[0] + "\n"
    signed = sign_note(text, "PeterNeumann", SigningKey.from_seed(GO_SEED))
    assert signed.raw() == GO_NOTE.encode()


def test_it_opens_a_witnessed_checkpoint_of_a_public_log() -> None:
    keys = [VerifierKey.parse(ARCHE_KEY), VerifierKey.parse(REMORA_KEY)]
    found = open_note(parse_note(ARCHE_NOTE.encode()), keys)
    assert [key.name for key, _ in found] == [keys[0].name, "remora.n621.de"]
    assert found[1][1].seconds == 1779573024


@pytest.mark.attack
@pytest.mark.parametrize("key", [ARCHE_KEY, REMORA_KEY])
def test_it_refuses_the_public_checkpoint_with_another_size(key: str) -> None:
    changed = ARCHE_NOTE.replace("1432088532", "1432088533").encode()
    with pytest.raises(LedgerBrokenError):
        open_note(parse_note(changed), [VerifierKey.parse(key)])


def test_it_reads_the_example_of_the_cosignature_text() -> None:
    note = parse_note(SOFA_NOTE.encode())
    assert Checkpoint.parse(note.text).size == 20852163
    assert note.signatures[1].seconds == 1679315147
    assert note.raw() == SOFA_NOTE.encode()
    assert parse_signature(SOFA_NOTE.splitlines()[-1]) == note.signatures[1]


def test_it_writes_a_proof_file_as_the_example_of_its_text_is_written() -> None:
    raw = (
        "c2sp.org/tlog-proof@v1\nextra YWdl\nindex 73894\n"
        "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
        "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n\n" + SOFA_NOTE
    ).encode()
    proof = Proof.parse(raw)
    assert (proof.index, proof.extra, len(proof.hashes)) == (73894, b"age", 2)
    assert proof.raw() == raw


def test_it_names_tiles_as_the_tiles_text_does() -> None:
    assert tile_path(0, 1234067, 256) == "tile/0/x001/x234/067"
    assert tile_path("entries", 273, 112) == "tile/entries/273.p/112"
    widths = [tile_width(70_000, level, index) for level, index in ((0, 273), (1, 1), (2, 0))]
    assert widths == [112, 17, 1]
