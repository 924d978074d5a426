"""Log in and out over HTTP: `/auth/token` gives a session's secret as a bearer token.

`grant_type=password` with username, password and the code the person's device shows: the person
proves themselves to the keyholder, this door only carries it. Nothing of it is kept or logged.
`grant_type=client_credentials` with an assertion a program signed (RFC 7523) does the same for it;
its scopes are what its role and its grants carry.
"""

from urllib.parse import parse_qs

import msgspec

from chartkeep.errors import BadInputError, ChartkeepError, NotAllowedError
from chartkeep.fhir.http.asked import Answer, Asked
from chartkeep.fhir.http.door import Door
from chartkeep.fhir.http.outcome import refuse
from chartkeep.keyholder.protocol import Session
from chartkeep.keyholder.roles import ROLES
from chartkeep.web.caller import read_token, write_token

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NO_STORE = ("Cache-Control", "no-store")


class Tokens:
    """The token endpoint (RFC 6749, 3.2) and its end (RFC 7009)."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def answer(self, asked: Asked) -> Answer:
        """Answer `POST token` and `POST revoke`."""
        try:
            match asked.method, asked.path:
                case "POST", ("token",):
                    return self._token(_form(asked))
                case "POST", ("revoke",):
                    return self._revoke(asked)
                case _:
                    return _no("invalid_request", "POST to token or revoke", 404)
        except NotAllowedError as error:
            return _no("invalid_grant", str(error), 400)
        except BadInputError as error:
            return _no("invalid_request", str(error), 400)
        except ChartkeepError as error:
            return refuse(error)

    def _token(self, form: dict[str, str]) -> Answer:
        house = self._door.house
        match form.get("grant_type"):
            case "password":
                session = house.keyholder.login(
                    form.get("username", ""), form.get("password", ""), form.get("code", "")
                )
            case "client_credentials":
                try:
                    session = self._program(form)
                except NotAllowedError as error:  # RFC 7521, 4.2.1
                    return _no("invalid_client", str(error), 401)
            case _:
                return _no("unsupported_grant_type", "password or client_credentials", 400)
        given = {
            "access_token": write_token(session.token),
            "token_type": "Bearer",
            "expires_in": (session.expires - house.clock()) // 1000,
        }
        return Answer(200, msgspec.json.encode(given), (NO_STORE,), "application/json")

    def _program(self, form: dict[str, str]) -> Session:
        if form.get("client_assertion_type") != JWT_BEARER:
            raise BadInputError(f"client_assertion_type is {JWT_BEARER}")
        session = self._door.house.keyholder.login_program(form.get("client_assertion", ""))
        if not ROLES[self._door.sessions.who(session.token).role].finds:
            # The page of letters asks the incident desk, which tells it nothing without a letter.
            self._door.end(session.token)
            raise NotAllowedError("this program has no business at this door")
        return session

    def _revoke(self, asked: Asked) -> Answer:
        """End the session of the form's token (RFC 7009, 2.1), or of the header's."""
        named = _form(asked).get("token", "")
        self._door.end(read_token(f"Bearer {named}" if named else asked.header("authorization")))
        return Answer(200, b"", (NO_STORE,))


def _form(asked: Asked) -> dict[str, str]:
    try:
        found = parse_qs(asked.body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise BadInputError("the form is not readable") from error
    return {name: values[-1] for name, values in found.items()}


def _no(error: str, words: str, status: int) -> Answer:
    body = msgspec.json.encode({"error": error, "error_description": words})
    return Answer(status, body, (NO_STORE,), "application/json")
