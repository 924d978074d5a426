"""A real PKCS#11 token: SoftHSM2, with the extra `pkcs11` installed."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartkeep.errors import RefusedError, SealBrokenError, UnavailableError
from chartkeep.sealing.hsm import Pkcs11Token
from chartkeep.sealing.kek import TokenDocument, read_kek_document, write_kek_document
from chartkeep.sealing.wrap import unwrap_chart_key, wrap_chart_key

from .world import CHART_KEY, FACILITY

pytestmark = pytest.mark.peer
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")
PIN, LABEL = "123456", "chartkeep-test"


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("pkcs11", reason="needs the extra pkcs11: uv sync --extra pkcs11")
    found = [path for path in MODULES if Path(path).exists()]
    if not found or shutil.which("softhsm2-util") is None:
        pytest.skip("needs SoftHSM2: apt-get install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN]
        subprocess.run([*command, "--so-pin", "12345678"], check=True, capture_output=True)
        yield found[0]


@pytest.fixture(scope="module")
def document(module: str) -> TokenDocument:
    made = Pkcs11Token.create(module, LABEL, PIN)
    made.close()
    found = read_kek_document(write_kek_document(made.document))
    assert isinstance(found, TokenDocument)
    return found


@pytest.fixture
def token(module: str, document: TokenDocument) -> Iterator[Pkcs11Token]:
    found = Pkcs11Token.open(document, module, PIN)
    yield found
    found.close()


def test_a_chart_key_goes_through_the_token_and_back(token: Pkcs11Token) -> None:
    wrap = wrap_chart_key(FACILITY, CHART_KEY, token)
    assert len(wrap) == 116
    assert unwrap_chart_key(wrap, token).secret == CHART_KEY.secret


def test_the_key_is_found_again_after_logging_out(document: TokenDocument, module: str) -> None:
    first = Pkcs11Token.open(document, module, PIN)
    wrap = wrap_chart_key(FACILITY, CHART_KEY, first)
    first.close()
    second = Pkcs11Token.open(document, module, PIN)
    assert unwrap_chart_key(wrap, second).secret == CHART_KEY.secret
    second.close()


def test_a_changed_wrap_is_refused_by_the_token(token: Pkcs11Token) -> None:
    wrap = bytearray(wrap_chart_key(FACILITY, CHART_KEY, token))
    wrap[-1] ^= 1
    with pytest.raises(SealBrokenError):
        unwrap_chart_key(bytes(wrap), token)
    with pytest.raises(SealBrokenError):
        token.unwrap(token.wrap(b"s" * 32, b"aad"), b"other")


def test_the_key_does_not_leave_the_token(token: Pkcs11Token) -> None:
    pkcs11 = pytest.importorskip("pkcs11")
    assert token._key[pkcs11.Attribute.EXTRACTABLE] is False
    assert token._key[pkcs11.Attribute.SENSITIVE] is True
    with pytest.raises(pkcs11.exceptions.PKCS11Error):
        token._key[pkcs11.Attribute.VALUE]


def test_a_wrong_pin_is_refused_and_a_missing_token_unavailable(
    document: TokenDocument, module: str
) -> None:
    with pytest.raises(RefusedError, match="PIN"):
        Pkcs11Token.open(document, module, "654321")
    missing = TokenDocument("chartkeep-kek-1", "nowhere", "00" * 16)
    with pytest.raises(UnavailableError):
        Pkcs11Token.open(missing, module, PIN)
    with pytest.raises(UnavailableError):
        Pkcs11Token.open(document, "/nowhere/libnone.so", PIN)
