"""From the parameters of a request to those that count: pushed, in a request object, or as they are.

All that has to be looked up or fetched is looked up here, so that the checks behind it are pure. What goes wrong with a
request object is sent to the redirect URI beside it, where there is one that is registered; else it is a page.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from limen.access.oauth.checks.redirect_uri import check_redirect_uri
from limen.access.oauth.checks.response_mode import check_response_mode
from limen.access.oauth.checks.state import check_state
from limen.access.oauth.draft import Checked, Draft, Way
from limen.access.oauth.objects import read_object
from limen.access.oauth.records import PageRefusal
from limen.access.oauth.texts import is_plain
from limen.access.outgoing import Wanted
from limen.access.tokens.desk import Desk, LoadedClient
from limen.access.tokens.pushed import URN, PushedRequest, open_pushed, reference_of
from limen.kernel.encoding import b64url
from limen.kernel.errors import Refusal

_MAX_CLIENT_ID: Final = 255
_MAX_URN: Final = 512
_OBJECT: Final = Wanted(
    purpose="request_uri",
    media_types=("application/oauth-authz-req+jwt", "application/jwt"),  # RFC 9101 §10.2
    max_bytes=16_384,
    seconds=5.0,
    shortest=5,
    usual=5,
    longest=300,
)

Recall = Callable[[bytes], Awaitable[PushedRequest | None]]
"""Reference to the pushed request that is stored under it."""


async def nothing_pushed(reference: bytes) -> PushedRequest | None:  # noqa: ARG001
    """Remember nothing: a :data:`Recall` for where nothing can have been pushed."""
    return None


class Visitor(msgspec.Struct, frozen=True):
    """Who brings a request: the browser, empty where it is not known to us, and what was pushed for it."""

    browser_id: str = ""
    recall: Recall = nothing_pushed


async def open_request(desk: Desk, given: Mapping[str, str], visitor: Visitor) -> Checked:
    """Return the draft of a request that a browser brought, with the parameters that count."""
    loaded = await _client(desk, given)
    draft = Draft(desk, given, loaded.client.document if loaded is not None else None)
    if loaded is None:
        return draft  # the first check says so
    uri = given.get("request_uri", "")
    if uri and "request" in given:
        return _refused(draft, "invalid_request", "request and request_uri together (RFC 9101 section 5)")
    if uri.startswith(URN):
        return await _pushed(draft, loaded, visitor)
    if uri:
        return await _referenced(draft, loaded, uri)
    return await open_object(draft, loaded)


async def open_object(draft: Draft, loaded: LoadedClient, text: str = "") -> Checked:
    """Return *draft* with the parameters of its request object, or as it is where it has none.

    *text* is the object if it is not the parameter ``request``.
    """
    text = text or draft.given.get("request", "")
    if not text:
        return draft
    given = await read_object(draft, loaded, text)
    if isinstance(given, Refusal):
        return _refused(draft, given.code, given.detail)
    way = Way(is_pushed=draft.way.is_pushed, is_signed=True)
    return Draft(draft.desk, given, draft.client, way=way)


async def _client(desk: Desk, given: Mapping[str, str]) -> LoadedClient | None:
    client_id = given.get("client_id", "")
    loaded = await desk.clients(client_id) if client_id and is_plain(client_id, _MAX_CLIENT_ID) else None
    return loaded if loaded is not None and loaded.client.is_active else None


async def _pushed(draft: Draft, loaded: LoadedClient, visitor: Visitor) -> Checked:
    """Return what was pushed; nothing beside it counts (RFC 9126 §4, RFC 9101 §6.3)."""
    uri, desk = draft.given["request_uri"], draft.desk
    request = await visitor.recall(reference_of(uri)) if is_plain(uri, _MAX_URN) else None
    if request is None or not request.is_for(loaded.client.key, visitor.browser_id, desk.clock.now()):
        return PageRefusal("request_over", "request_uri is unknown, used, expired, or of another client or browser")
    pushed = open_pushed(desk.vault, uri, request)
    way = Way(is_pushed=True, is_signed=pushed.is_signed, reference=b64url(request.reference))
    return Draft(desk, {**pushed.given, "client_id": loaded.client.client_id}, draft.client, way=way)


async def _referenced(draft: Draft, loaded: LoadedClient, uri: str) -> Checked:
    """Return the request object at *uri*: fetched only where the client registered that very address (§5.2.3)."""
    if uri not in loaded.client.document.request_uris:
        return _refused(draft, "invalid_request_uri", "request_uri is not registered for this client")
    fetched = await draft.desk.outgoing.fetch(uri, _OBJECT)
    if isinstance(fetched, Refusal):  # why is for our logs: it would map our network
        return _refused(draft, "invalid_request_uri", "the request object could not be fetched")
    text = fetched.body.decode("ascii", "replace").strip()
    return await open_object(draft, loaded, text or "-")


def _refused(draft: Draft, code: str, description: str) -> Checked:
    """Refuse what is beside the parameters that count: by redirect where those beside it prove where to."""
    answerable: Checked = draft
    for check in (check_state, check_redirect_uri, check_response_mode):
        if isinstance(answerable, Draft):
            answerable = check(answerable)
    known = answerable if isinstance(answerable, Draft) else draft
    client_id = draft.given.get("client_id", "")
    return known.having(client_id=client_id).refused(code, description)
