"""Protected resource metadata (RFC 9728): which authorization server a client needs for a resource, and what for.

Our own resources are UserInfo and the API (a customer's account, and administration); their documents lie where
RFC 9728 §3.1 puts them, the well-known path inserted before the resource's own. A resource server that is registered
lies elsewhere: it may point to ``/resource-metadata?resource=…`` in its challenges (§5.1), or copy what is there.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from limen.access.http import HotDoor, HotRequest, HotResponse, json_response, oauth_error, parse_query
from limen.access.possession.proof import ALGORITHMS
from limen.access.resources.records import ResourceDocument
from limen.access.tokens.desk import Desk, Desks
from limen.identity.administrators import SCOPES
from limen.identity.customers.scopes import ACCOUNT_SCOPES
from limen.identity.profiles.claims import CLAIMS_BY_SCOPE
from limen.kernel.errors import Refusal

WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"
ELSEWHERE: Final = "/resource-metadata"
USERINFO: Final = "/userinfo"
API: Final = "/api/v1"
SECONDS: Final = 3_600
_NOT_FOUND: Final = oauth_error(404, "invalid_request", "no such resource")
_CACHED: Final = (("cache-control", f"public, max-age={SECONDS}"),)


def metadata_address(issuer: str, path: str) -> str:
    """Return where the metadata of our resource at *path* below *issuer* is (RFC 9728 §3.1)."""
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{parts.path}{path}"


def challenge_parameter(desk: Desk, path: str) -> str:
    """Return the ``resource_metadata`` of a challenge (RFC 9728 §5.1), with the comma before it."""
    return f', resource_metadata="{metadata_address(desk.issuer, path)}"'


def resource_door(desks: Desks) -> HotDoor:
    """Return the door of our own resources' metadata, and of registered ones that share our host."""

    async def door(request: HotRequest) -> HotResponse:
        below = request.path.removeprefix(WELL_KNOWN)
        prefix = request.prefix or _inserted(below)
        desk = await desks(prefix)
        if desk is None:
            return _NOT_FOUND
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(desk.issuer))
        found = resource_document(desk, desk.issuer + below.removeprefix(prefix)) or resource_document(
            desk, origin + below
        )
        return _NOT_FOUND if found is None else json_response(found, headers=_CACHED, cacheable=True)

    return door


def registered_door(desks: Desks) -> HotDoor:
    """Return the door of registered resource servers' metadata."""

    async def door(request: HotRequest) -> HotResponse:
        query = parse_query(request.query)
        desk = await desks(request.prefix)
        if desk is None or isinstance(query, Refusal):
            return _NOT_FOUND if desk is None else oauth_error(400, "invalid_request", "resource")
        found = resource_document(desk, query.get("resource", ""))
        return _NOT_FOUND if found is None else json_response(found, headers=_CACHED, cacheable=True)

    return door


def resource_document(desk: Desk, resource: str) -> dict[str, Any] | None:
    """Return the metadata of *resource* (RFC 9728 §2); None where it is no resource of this tenant."""
    own = _own(desk).get(resource)
    server = desk.resources.servers.get(resource)
    if own is None and server is None:
        return None
    said = own if own is not None else _registered(server) if server is not None else {}
    return {"resource": resource, "authorization_servers": [desk.issuer], **said, **_pages(desk)}


def _own(desk: Desk) -> Mapping[str, Mapping[str, Any]]:
    userinfo = {
        "scopes_supported": ["openid", *CLAIMS_BY_SCOPE],
        "bearer_methods_supported": ["header", "body"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "resource_name": f"{desk.tenant.name}: UserInfo",
    }
    api = {
        "scopes_supported": [*ACCOUNT_SCOPES, *SCOPES],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "resource_name": f"{desk.tenant.name}: account and administration",
    }
    return {desk.issuer + USERINFO: userinfo, desk.issuer + API: api}


def _registered(server: ResourceDocument) -> dict[str, Any]:
    said: dict[str, Any] = {"resource_name": server.name, "bearer_methods_supported": ["header"]}
    if server.scopes:
        said["scopes_supported"] = list(server.scopes)
    if server.authorization_details_types:
        said["authorization_details_types_supported"] = list(server.authorization_details_types)
    return said


def _pages(desk: Desk) -> dict[str, str]:
    settings = desk.tenant.settings
    pages = {"resource_policy_uri": settings.privacy_url, "resource_tos_uri": settings.terms_url}
    return {name: url for name, url in pages.items() if url}


def _inserted(below: str) -> str:
    """Return the tenant's prefix at the beginning of what stands behind the well-known path."""
    parts = below.split("/")
    return "/".join(parts[:3]) if below.startswith("/t/") and len(parts) > 2 else ""
