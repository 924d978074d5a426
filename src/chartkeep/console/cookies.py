"""Two cookies: the session's secret, which no script reads, and the language.

Over TLS the first carries the prefix `__Host-` (RFC 6265bis, 4.1.3): no other host, port or path
can set it. It ends with the browser; the session ends at the keyholder, by itself or by log-out.
"""

import base64
import binascii

from chartkeep.console.asked import Asked

TOKEN_BYTES = 32
SESSION, LANGUAGE = "chartkeep", "language"
NAMES = f"__Host-{SESSION}", SESSION
"""What the session's cookie is called, the safer one first."""
YEAR = 365 * 86_400


def read_token(asked: Asked) -> bytes:
    """Read the session's secret; empty when none came, or none of ours."""
    text = asked.cookies.get(_name(asked), "")
    try:
        token = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return token if len(token) == TOKEN_BYTES else b""


def keep_token(asked: Asked, token: bytes) -> tuple[str, str]:
    """Make the header that gives the browser a session."""
    text = base64.urlsafe_b64encode(token).decode().rstrip("=")
    return _set(asked, f"{_name(asked)}={text}", "HttpOnly")


def drop_token(asked: Asked) -> tuple[str, str]:
    """Make the header that takes it back."""
    return _set(asked, f"{_name(asked)}=", "HttpOnly; Max-Age=0")


def keep_language(asked: Asked, language: str) -> tuple[str, str]:
    """Make the header that keeps a language; it says nothing about anybody."""
    return _set(asked, f"{LANGUAGE}={language}", f"HttpOnly; Max-Age={YEAR}")


def _name(asked: Asked) -> str:
    return NAMES[0] if asked.secure else SESSION


def _set(asked: Asked, pair: str, more: str) -> tuple[str, str]:
    secure = "; Secure" if asked.secure else ""
    return "Set-Cookie", f"{pair}; Path=/; SameSite=Strict; {more}{secure}"
