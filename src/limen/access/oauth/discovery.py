"""Discovery and keys: two documents made once and answered from memory.

One document serves both well-known paths: what OpenID Connect adds is allowed there (RFC 8414 §2, §5). For a tenant
below a path, OpenID Connect appends (``/t/acme/.well-known/openid-configuration``) and RFC 8414 §3.1 inserts
(``/.well-known/oauth-authorization-server/t/acme``). The second arrives at the root's doors: whoever routes finds the
door by :func:`inserted_prefix`, and the door itself takes the tenant from the path.

OpenID Connect Discovery §3, §4; RFC 8414 §2, §3; RFC 7517 §5.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from limen.access.http import HotRequest, HotResponse, oauth_error
from limen.access.jose.foreign import ASSERTION_ALGORITHMS
from limen.access.oauth.announced import authorization_metadata
from limen.access.oauth.assurance import SERVED
from limen.access.registering.metadata import registration_metadata
from limen.access.tokens.desk import Desk, Desks
from limen.access.tokens.grants import GRANTS
from limen.access.tokens.metadata import token_metadata
from limen.access.tokens.proving_metadata import proving_metadata
from limen.access.tokens.scopes import OFFLINE_ACCESS
from limen.identity.customers.scopes import ACCOUNT_SCOPES
from limen.identity.profiles.claims import CLAIMS_BY_SCOPE
from limen.kernel.encoding import b64url, canonical_json, sha256

OPENID_CONFIGURATION: Final = "/.well-known/openid-configuration"
OAUTH_METADATA: Final = "/.well-known/oauth-authorization-server"
DISCOVERY_SECONDS: Final = 3_600
JWKS_SECONDS: Final = 300
"""Less than ``RotationPolicy.publish_before``: a key is known wherever the JWKS is cached before it signs."""

_INSERTED: Final = re.compile(
    r"/\.well-known/(?:oauth-authorization-server|openid-configuration)(?P<prefix>/t/[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
)
_NOT_FOUND: Final = oauth_error(404, "invalid_request", "no such tenant")


def inserted_prefix(path: str) -> str | None:
    """Return the tenant prefix that a well-known *path* at the root carries behind it (RFC 8414 §3.1), or None."""
    match = _INSERTED.fullmatch(path)
    return match["prefix"] if match else None


def discovery_document(desk: Desk) -> dict[str, Any]:
    """Return the metadata of *desk*'s issuer: what is served, and nothing else."""
    issuer = desk.issuer
    assertion = sorted(ASSERTION_ALGORITHMS)
    return {
        "issuer": issuer,
        **authorization_metadata(desk),
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "backchannel_authentication_endpoint": f"{issuer}/bc-authorize",
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_authentication_request_signing_alg_values_supported": assertion,
        "backchannel_user_code_parameter_supported": False,
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/logout",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "grant_types_supported": list(GRANTS),
        **proving_metadata(desk),
        **token_metadata(desk),
        **registration_metadata(desk),
        "scopes_supported": ["openid", *CLAIMS_BY_SCOPE, OFFLINE_ACCESS, *ACCOUNT_SCOPES],
        "acr_values_supported": sorted(SERVED),
        **_policies(desk),
    }


ReadyDesks = Callable[[str], Desk | None]
"""Path prefix to desk, without waiting: None where it would have to be loaded."""


def _none_ready(_prefix: str) -> Desk | None:
    return None


def discovery_door(desks: Desks, ready: ReadyDesks = _none_ready) -> "DocumentDoor":
    """Return the door of both well-known documents."""
    return DocumentDoor(desks, _discovery, ready)


def jwks_door(desks: Desks, ready: ReadyDesks = _none_ready) -> "DocumentDoor":
    """Return the door of the JWK set."""
    return DocumentDoor(desks, _jwks, ready)


_Document = tuple[bytes, str, int]
"""Body, entity tag, seconds for which it may be kept."""


def _discovery(desk: Desk) -> _Document:
    body = canonical_json(discovery_document(desk))
    return body, f'"{b64url(sha256(body)[:16])}"', DISCOVERY_SECONDS


def _jwks(desk: Desk) -> _Document:
    return desk.keys.jwks, desk.keys.etag, JWKS_SECONDS


def _policies(desk: Desk) -> dict[str, str]:
    settings = desk.tenant.settings
    pages = {"op_policy_uri": settings.privacy_url, "op_tos_uri": settings.terms_url}
    return {name: url for name, url in pages.items() if url}


class _Answers:
    """The two answers that a document can get, made once for a desk."""

    __slots__ = ("desk", "etag", "full", "unchanged")

    def __init__(self, desk: Desk, document: _Document) -> None:
        body, self.etag, seconds = document
        kept = (("etag", self.etag), ("cache-control", f"public, max-age={seconds}"))
        typed = (("content-type", "application/json"), ("x-content-type-options", "nosniff"))
        self.desk = desk
        self.full = HotResponse(200, typed + kept, body)
        self.unchanged = HotResponse(304, kept)

    def to(self, if_none_match: str) -> HotResponse:
        """Answer a conditional request (RFC 9110 §13.1.2)."""
        tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
        return self.unchanged if self.etag in tags or tags == ["*"] else self.full


class DocumentDoor:
    """The door of one document: a :data:`~limen.access.http.HotDoor`, and what answers at once."""

    __slots__ = ("_desks", "_document", "_made", "_ready")

    def __init__(self, desks: Desks, document: Callable[[Desk], _Document], ready: ReadyDesks) -> None:
        """Make the *document* of a desk when it is first asked for."""
        self._desks, self._document, self._ready = desks, document, ready
        self._made: dict[str, _Answers] = {}  # one a tenant: what answers to no tenant is never kept

    async def __call__(self, request: HotRequest) -> HotResponse:
        """Answer with the document of the request's tenant."""
        prefix = request.prefix or inserted_prefix(request.path) or ""
        desk = await self._desks(prefix)
        if desk is None:
            self._made.pop(prefix, None)
            return _NOT_FOUND
        return self._answer(prefix, desk, request.headers.get("if-none-match"))

    def at_once(self, prefix: str, path: str, if_none_match: str | None) -> HotResponse | None:
        """Answer from memory while the tenant's desk is there."""
        prefix = prefix or inserted_prefix(path) or ""
        desk = self._ready(prefix)
        return None if desk is None else self._answer(prefix, desk, if_none_match)

    def _answer(self, prefix: str, desk: Desk, if_none_match: str | None) -> HotResponse:
        answers = self._made.get(prefix)
        if answers is None or answers.desk is not desk:  # a desk is replaced as a whole when anything in it changes
            answers = self._made[prefix] = _Answers(desk, self._document(desk))
        return answers.full if if_none_match is None else answers.to(if_none_match)
