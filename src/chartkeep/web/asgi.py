"""The words of ASGI, and the keys of a scope by which bounds, bridge and doors speak."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ROUTE = "chartkeep.route"
REQUEST_ID = "chartkeep.request_id"
STREAMED = "chartkeep.streamed"
"""A door writes its route as a template; it may read the id, and whether the body comes in pieces
that nobody has waited for."""
