"""Viewers on origins of their own: what a browser asks before it lets them in (Fetch, 3.2).

Only origins the house names are let, and none with cookies: a viewer carries a bearer token.
"""

from chartkeep.imaging.http.asked import Answer, Asked

_METHODS = "GET, HEAD, POST, OPTIONS"
_SENT = (
    "accept, authorization, content-type, range, if-none-match, "
    "chartkeep-purpose, chartkeep-reason, chartkeep-sections, chartkeep-grant"
)
_SHOWN = "content-range, content-location, etag, warning, x-request-id"
MINUTE = "600"


def allow(asked: Asked, origins: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Give the headers that let a viewer read the answer; only `Vary` for one that is not named."""
    if not origins:
        return ()
    origin = asked.header("origin")
    if origin not in origins:
        return (("Vary", "Origin"),)
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", _SHOWN),
        ("Vary", "Origin"),
    )


def preflight() -> Answer:
    """Answer `OPTIONS`: what may be asked; whether it is let depends on `allow`."""
    return Answer(
        204,
        headers=(
            ("Allow", _METHODS),
            ("Access-Control-Allow-Methods", _METHODS),
            ("Access-Control-Allow-Headers", _SENT),
            ("Access-Control-Max-Age", MINUTE),
        ),
    )
