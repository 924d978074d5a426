"""Assertions: only what the program's own key signed, with that key's one algorithm, opens."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from chartkeep.errors import BadInputError, SealBrokenError
from chartkeep.sealing.assertion import (
    Claims,
    claimed_program,
    open_assertion,
    read_program_key,
    sign_assertion,
)
from tests.sealing.assertions import feed, pem, private, sign

ALGORITHMS = ["ES384", "RS384", "EdDSA"]
CLAIMS = {"iss": "exporter", "sub": "exporter", "aud": "https://x/token", "exp": 100, "jti": "1"}
WRITERS: dict[str, Any] = {"ES384": ECAlgorithm, "RS384": RSAAlgorithm, "EdDSA": OKPAlgorithm}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_a_program_signed_opens_with_its_key_as_pem_or_jwk(algorithm: str) -> None:
    token = sign(CLAIMS, algorithm, kid="any")
    jwk = WRITERS[algorithm].to_jwk(private(algorithm).public_key())
    for text in (pem(algorithm), jwk):
        key = read_program_key(text)
        assert key.algorithm == algorithm
        claims = open_assertion(token, key)
        assert (claims.iss, claims.audience, claims.jti) == ("exporter", "https://x/token", "1")
    assert read_program_key(pem(algorithm)).fingerprint() == read_program_key(jwk).fingerprint()


@pytest.mark.attack
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_we_sign_for_a_program_of_ours_opens_with_its_key(algorithm: str) -> None:
    key = private(algorithm).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    claims = Claims(iss="RAD1", sub="RAD1", aud="urn:uuid:1", exp=100, jti="1")
    assert open_assertion(sign_assertion(claims, key), read_program_key(pem(algorithm))) == claims


@pytest.mark.parametrize("algorithm", ["ES256", "short"])
def test_nothing_is_signed_with_a_key_no_program_may_have(algorithm: str) -> None:
    key = private(algorithm).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    claims = Claims(iss="RAD1", sub="RAD1", aud="urn:uuid:1", exp=100, jti="1")
    for raw in (key, b"", b"no key"):
        with pytest.raises(BadInputError):
            sign_assertion(claims, raw)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_flipped_byte_opens(algorithm: str) -> None:
    token, key = sign(CLAIMS, algorithm), read_program_key(pem(algorithm))
    for place in range(0, len(token) - 2, 7):  # the last letter holds bits nobody reads
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(SealBrokenError):
            open_assertion(changed, key)


@pytest.mark.attack
@pytest.mark.parametrize("own", ALGORITHMS)
@pytest.mark.parametrize("other", [*ALGORITHMS, "ES256"])
def test_another_algorithm_does_not_pass(own: str, other: str) -> None:
    if own != other:
        with pytest.raises(SealBrokenError):
            open_assertion(sign(CLAIMS, other), read_program_key(pem(own)))


@pytest.mark.attack
def test_a_public_key_is_no_shared_secret_and_none_is_no_signature() -> None:
    """The two oldest ways to pass a careless verifier."""

    def raw(header: dict[str, str], signature: bytes) -> str:
        parts = (json.dumps(header).encode(), json.dumps(CLAIMS).encode(), signature)
        return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)

    shared = jwt.PyJWS().get_algorithm_by_name("HS384")
    head = {"alg": "HS384", "typ": "JWT"}
    for text in (pem("RS384"), pem("ES384")):
        signed = raw(head, b"").rsplit(".", 1)[0].encode()
        forged = raw(head, shared.sign(signed, text.encode()))
        for token in (forged, raw({"alg": "none"}, b""), raw({"alg": ""}, b"")):
            with pytest.raises(SealBrokenError):
                open_assertion(token, read_program_key(text))


@pytest.mark.attack
def test_a_key_in_the_header_is_not_followed() -> None:
    jwk = json.loads(OKPAlgorithm.to_jwk(private("EdDSA").public_key()))
    for headers in ({"jwk": jwk}, {"jku": "https://evil/keys"}, {"x5u": "https://evil"}):
        with pytest.raises(SealBrokenError):
            open_assertion(sign(CLAIMS, "EdDSA", **headers), read_program_key(pem("ES384")))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": ""}, {"sub": "somebody"}, {"jti": ""}, {"jti": "x" * 501}, {"exp": "soon"},
        {"exp": -1}, {"exp": 1e300}, {"aud": ["a", "b"]}, {"aud": []}, {"aud": 5}, {"iss": 5},
    ],
)  # fmt: skip
def test_claims_in_another_shape_do_not_pass(change: dict[str, Any]) -> None:
    parts = [json.dumps(part).encode() for part in ({"alg": "EdDSA"}, CLAIMS | change)]
    head, body = (base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(private("EdDSA").sign(head + b"." + body)).rstrip(b"=")
    with pytest.raises(SealBrokenError):
        open_assertion(b".".join((head, body, signature)).decode(), read_program_key(pem("EdDSA")))


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "jti"])
def test_no_claim_may_lack(claim: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != claim}
    with pytest.raises(SealBrokenError):
        open_assertion(sign(claims), read_program_key(pem("EdDSA")))


@pytest.mark.parametrize("algorithm", ["ES256", "short"])
def test_weak_keys_are_refused(algorithm: str) -> None:
    with pytest.raises(BadInputError):
        read_program_key(pem(algorithm))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_private_key_is_refused_so_that_it_never_reaches_a_ledger(algorithm: str) -> None:
    key = private(algorithm)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for secret in (text, WRITERS[algorithm].to_jwk(key)):
        with pytest.raises(BadInputError):
            read_program_key(secret)


@settings(max_examples=300)
@given(
    st.binary(max_size=400) | st.text(alphabet='abcXYZ019-_.{}:",', max_size=200).map(str.encode)
)
def test_any_bytes_are_an_error_of_ours(data: bytes) -> None:
    feed(data)


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b.c", "{}", '{"kty":"EC"}', '{"kty":"RSA","n":"","e":""}', '{"kty":[]}',
     '{"kty":"OKP","crv":"Ed25519","x":5}', "{" * 5_000, "x" * 10_000,
     '{"a":' * 1_500, "-----BEGIN PUBLIC KEY-----"],
)  # fmt: skip
def test_odd_texts_are_an_error_of_ours(text: str) -> None:
    feed(text.encode())


def test_deep_claims_are_an_error_of_ours() -> None:
    text = b'{"iss":"exporter","deep":' + b"[" * 2_900 + b"]" * 2_900 + b"}"
    parts = [base64.urlsafe_b64encode(each).rstrip(b"=") for each in (b'{"alg":"EdDSA"}', text)]
    signature = base64.urlsafe_b64encode(private("EdDSA").sign(b".".join(parts))).rstrip(b"=")
    feed(b".".join((*parts, signature)))


def test_the_fuzzers_body_reaches_what_holds() -> None:
    """A corpus that found nothing would pass too."""
    token = sign(CLAIMS)
    feed(token.encode())
    assert claimed_program(token) == "exporter"
    assert open_assertion(token, read_program_key(pem("EdDSA"))).iss == "exporter"
