"""From the parameters of a front-channel request to those that count: pushed, in a request object, or as they are.

All that has to be looked up or fetched is looked up here, so that the checks behind it are pure.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from limen.access.oauth.draft import Checked, Draft, Way
from limen.access.oauth.records import PageRefusal
from limen.access.oauth.texts import is_plain
from limen.access.tokens.desk import Desk, LoadedClient
from limen.access.tokens.pushed import URN, PushedRequest, open_pushed, reference_of
from limen.kernel.encoding import b64url

_MAX_CLIENT_ID: Final = 255
_MAX_URN: Final = 512

Recall = Callable[[bytes], Awaitable[PushedRequest | None]]
"""Reference to the pushed request that is stored under it."""


async def nothing_pushed(reference: bytes) -> PushedRequest | None:  # noqa: ARG001
    """Remember nothing: a :data:`Recall` for where nothing can have been pushed."""
    return None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who brings a request: the browser, empty where it is not known to us, and what was pushed for it."""

    browser_id: str = ""
    recall: Recall = nothing_pushed


async def open_request(desk: Desk, given: Mapping[str, str], visitor: Visitor) -> Checked:
    """Return the draft of a request whose parameters are *given*, with those that count."""
    loaded = await _client(desk, given)
    draft = Draft(desk, given, loaded.client.document if loaded is not None else None)
    if loaded is None:
        return draft  # the first check says so
    if given.get("request_uri", "").startswith(URN):
        return await _pushed(draft, loaded, visitor)
    return draft


async def _client(desk: Desk, given: Mapping[str, str]) -> LoadedClient | None:
    client_id = given.get("client_id", "")
    loaded = await desk.clients(client_id) if client_id and is_plain(client_id, _MAX_CLIENT_ID) else None
    return loaded if loaded is not None and loaded.client.is_active else None


async def _pushed(draft: Draft, loaded: LoadedClient, visitor: Visitor) -> Checked:
    """Return what was pushed; nothing beside it counts (RFC 9126 §4, RFC 9101 §6.3)."""
    uri, desk = draft.given["request_uri"], draft.desk
    if "request" in draft.given:
        return PageRefusal("malformed_request", "request and request_uri together (RFC 9101 section 5)")
    request = await visitor.recall(reference_of(uri)) if is_plain(uri, _MAX_URN) else None
    if request is None or not request.is_for(loaded.client.key, visitor.browser_id, desk.clock.now()):
        return PageRefusal("request_over", "request_uri is unknown, used, expired, or of another client or browser")
    pushed = open_pushed(desk.vault, request)
    way = Way(is_pushed=True, is_signed=pushed.is_signed, reference=b64url(request.reference))
    given = {**pushed.given, "client_id": loaded.client.client_id}
    return Draft(desk, given, draft.client, way=way)
