"""Notes, checkpoints and proof files: nothing malformed, unsigned or foreign passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.errors import DamagedError, LedgerBrokenError, UnknownFormatError
from chartkeep.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from chartkeep.ledger.note import (
    LOG_KEY,
    MAX_SIGNATURES,
    Note,
    VerifierKey,
    cosign,
    open_note,
    parse_note,
    sign_note,
)
from chartkeep.ledger.proof import Proof
from chartkeep.ledger.proofs import inclusion_proof
from chartkeep.ledger.publish import publish
from chartkeep.ledger.tiles import read_bundle, write_bundle
from chartkeep.sealing.signing import SigningKey

from .growth import Log, numbered
from .releases import LOG, LOG_VKEY, ORIGIN, WITNESS, WITNESS_VKEY, Releases, day

LEDGER = Releases(day(12))
SIGNED = LEDGER.note().raw()


def test_a_checkpoint_opens_with_its_epoch_and_its_witness() -> None:
    opened = open_checkpoint(SIGNED, LOG_VKEY, [WITNESS_VKEY])
    assert (opened.checkpoint.size, opened.checkpoint.epoch) == (12, 1)
    assert opened.checkpoint.root == LEDGER.root()
    assert opened.witnessed == {WITNESS_VKEY.name: 1_700_009_999}


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.integers(0, 99))
def test_a_checkpoint_reads_back(size: int, root: bytes, epoch: int) -> None:
    checkpoint = Checkpoint.at(ORIGIN, size, root, epoch)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    assert checkpoint.epoch == epoch


@pytest.mark.attack
def test_every_flipped_byte_of_a_demanded_checkpoint_is_refused() -> None:
    for place in range(len(SIGNED)):
        changed = SIGNED[:place] + bytes([SIGNED[place] ^ 1]) + SIGNED[place + 1 :]
        with pytest.raises(DamagedError):
            open_checkpoint(changed, LOG_VKEY, [WITNESS_VKEY])


@pytest.mark.attack
def test_a_witness_alone_does_not_make_a_checkpoint() -> None:
    note = LEDGER.note()
    with pytest.raises(LedgerBrokenError, match="not signed by its log"):
        open_checkpoint(Note(note.text, note.signatures[1:]).raw(), LOG_VKEY, [WITNESS_VKEY])
    with pytest.raises(LedgerBrokenError, match="not cosigned"):
        open_checkpoint(Note(note.text, note.signatures[:1]).raw(), LOG_VKEY, [WITNESS_VKEY])


@pytest.mark.attack
def test_a_log_cannot_sign_for_another_origin() -> None:
    other = Checkpoint.at("other.example/log", 12, LEDGER.root())
    raw = sign_note(other.text(), ORIGIN, LOG).raw()
    with pytest.raises(LedgerBrokenError):
        open_checkpoint(raw, LOG_VKEY)


@pytest.mark.attack
def test_a_log_signature_is_no_cosignature_and_the_other_way_round() -> None:
    text = LEDGER.note().text
    as_log = VerifierKey(WITNESS_VKEY.name, LOG_KEY, WITNESS.public)
    with pytest.raises(LedgerBrokenError):
        open_note(Note(text, (cosign(text, WITNESS_VKEY.name, WITNESS, 1),)), [as_log])
    with pytest.raises(LedgerBrokenError):
        open_note(sign_note(text, WITNESS_VKEY.name, WITNESS), [WITNESS_VKEY])


@pytest.mark.attack
def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    note = LEDGER.note()
    wrong = sign_note("something else\n", ORIGIN, LOG).signatures
    with pytest.raises(LedgerBrokenError, match="is wrong"):
        open_note(Note(note.text, (*note.signatures, *wrong)), [LOG_VKEY])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text only\n",
        b"text\n\n",
        SIGNED[:-1],
        SIGNED.replace(b"\n", b"\r\n"),
        SIGNED.replace("— ".encode(), b"- "),
        SIGNED + SIGNED.splitlines(keepends=True)[-1] * MAX_SIGNATURES,
        b"\xff" + SIGNED,
    ],
)
def test_what_is_no_note_is_refused(raw: bytes) -> None:
    with pytest.raises(UnknownFormatError):
        parse_note(raw)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n01\nAAAA\n",
        "o\n-1\nAAAA\n",
        "o\n1\nAAAA\n",
        "o\n1\nAAAA\n\nx\n",
        "\n1\nA\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(UnknownFormatError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("text", ["epoch x", "epoch 01", "epoch -1", "epoch "])
def test_a_malformed_epoch_is_refused(text: str) -> None:
    with pytest.raises(UnknownFormatError):
        assert Checkpoint(ORIGIN, 1, bytes(32), (text,)).epoch


@pytest.mark.parametrize("change", [("+", "-"), ("AR", "BR"), (ORIGIN[:4], "x"), ("=", "")])
def test_a_verifier_key_that_does_not_fit_itself_is_refused(change: tuple[str, str]) -> None:
    text = VerifierKey(ORIGIN, LOG_KEY, LOG.public).text()
    assert VerifierKey.parse(text) == LOG_VKEY
    with pytest.raises(UnknownFormatError):
        VerifierKey.parse(text.replace(*change, 1) if change[0] in text else text[:-1])


def proof() -> Proof:
    hashes = tuple(inclusion_proof(7, LEDGER.size, LEDGER.read))
    return Proof(7, hashes, SIGNED, LEDGER.bodies[7])


def test_a_proof_file_reads_back_and_verifies() -> None:
    again = Proof.parse(proof().raw())
    assert again == proof()
    opened = again.verify(LEDGER.entries[7], LOG_VKEY, [WITNESS_VKEY])
    assert opened.checkpoint.size == 12


@pytest.mark.attack
def test_a_proof_file_verifies_no_other_entry_and_no_other_place() -> None:
    with pytest.raises(LedgerBrokenError):
        proof().verify(LEDGER.entries[8], LOG_VKEY)
    moved = Proof(6, proof().hashes, SIGNED)
    with pytest.raises(LedgerBrokenError):
        moved.verify(LEDGER.entries[7], LOG_VKEY)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\n" + SIGNED,
        b"c2sp.org/tlog-proof@v1\n\n" + SIGNED,
        b"c2sp.org/tlog-proof@v1\nindex -5\n\n" + SIGNED,
        b"c2sp.org/tlog-proof@v1\nindex 00\n\n" + SIGNED,
        b"c2sp.org/tlog-proof@v1\nextra !!\nindex 0\n\n" + SIGNED,
        b"c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\n" + SIGNED,
    ],
)
def test_what_is_no_proof_file_is_refused(raw: bytes) -> None:
    with pytest.raises(UnknownFormatError):
        Proof.parse(raw)


@given(st.lists(st.binary(max_size=40), max_size=9))
def test_a_bundle_reads_back(entries: list[bytes]) -> None:
    assert read_bundle(write_bundle(entries)) == entries


@pytest.mark.parametrize("raw", [b"\0", b"\0\2x", b"\xff\xff"])
def test_a_bundle_that_ends_inside_an_entry_is_refused(raw: bytes) -> None:
    with pytest.raises(LedgerBrokenError):
        read_bundle(raw)


def test_a_later_publication_gives_only_what_is_new_and_the_checkpoint_last() -> None:
    log = Log(numbered(520))
    note = sign_checkpoint(Checkpoint.at(ORIGIN, 520, log.root()), SigningKey.generate()).raw()
    files = publish(note, 520, log.read, lambda start, end: log.entries[start:end], since=515)
    assert [path for path, _ in files] == [
        "tile/entries/002.p/8",
        "tile/0/002.p/8",
        "tile/1/000.p/2",
        "checkpoint",
    ]
