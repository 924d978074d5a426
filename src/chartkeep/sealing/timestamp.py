"""RFC 3161 time stamps: what to ask an authority, and whether its answer is one.

Promises that an accepted answer is signed by an authority whose certificate was given, over these
very bytes, for this very request. Sends nothing: who asks has a socket. Needs `rfc3161-client`
(extra `desk`).
"""

import rfc3161_client as rfc3161
from cryptography.x509 import load_pem_x509_certificates

from chartkeep.errors import BadInputError, SealBrokenError
from chartkeep.model import Millis


class StampRequest:
    """One question to an authority: a stamp over `message`, with a fresh nonce."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._request = rfc3161.TimestampRequestBuilder(data=message).build()

    def encode(self) -> bytes:
        """Write the request, DER."""
        return self._request.as_bytes()

    def check(self, answer: bytes, authority: bytes) -> Millis:
        """Check an answer (DER) by the authority's certificates (PEM); gives the time it says.

        Raises SealBrokenError when it is no stamp of that authority over this message, and
        BadInputError when `authority` holds no certificate.
        """
        try:
            roots = load_pem_x509_certificates(authority)
        except ValueError as error:
            raise BadInputError(
                "the authority's file holds no certificate", hint="give its certificates as PEM"
            ) from error
        builder = rfc3161.VerifierBuilder.from_request(self._request)
        for root in roots:
            builder = builder.add_root_certificate(root)
        try:
            response = rfc3161.decode_timestamp_response(answer)
            builder.build().verify_message(response, self._message)
            return Millis(int(response.tst_info.gen_time.timestamp() * 1000))
        except (ValueError, rfc3161.VerificationError) as error:
            raise SealBrokenError(
                "the answer is no time stamp of this authority over these bytes"
            ) from error
