"""That a form was sent from a page of ours, by the person whose session it is.

Three that each suffice against a page elsewhere: the cookie is SameSite=Strict, the browser's own
word on where the request comes from, and a word in each form that only our pages know.
"""

import hmac
from urllib.parse import urlsplit

from chartkeep.console.asked import Asked, first
from chartkeep.errors import NotAllowedError
from chartkeep.sealing.keyed import keyed_hash

FIELD, HEADER = "form", "x-form"


class ForgedError(NotAllowedError):
    """A form came from somewhere else."""


def form_word(token: bytes) -> str:
    """Give the word of a session's forms; whoever reads it has learnt nothing of its secret."""
    return keyed_hash(token, b"console form").hex()


def check_origin(asked: Asked) -> None:
    """Refuse a request whose browser names another site, or none. Raises ForgedError."""
    site, origin = asked.header("sec-fetch-site"), asked.header("origin")
    if site not in ("", "same-origin") or not (site or origin):
        raise _forged()
    if origin and urlsplit(origin).netloc != asked.header("host"):
        raise _forged()


def check_form(asked: Asked, token: bytes) -> None:
    """Refuse a form without its session's word. Raises ForgedError."""
    check_origin(asked)
    word = asked.header(HEADER) or first(asked.form(), FIELD)
    if not hmac.compare_digest(word.encode(), form_word(token).encode()):
        raise _forged()


def _forged() -> ForgedError:
    return ForgedError("this form was not sent from a page of ours", hint="open the page again")
