"""What a client's profile asks of it where it proves itself and gets tokens; each refusal names the clause.

FAPI 2.0 Security Profile (final) §5.3.2.1, §5.4.1; Message Signing is the same and more. A profile tightens and loosens
nothing. What it asks of authorization requests is in ``access.oauth.profiles``, and what can be seen when a client is
registered is refused there (``clients.rules.profile``): these checks hold for whatever was registered before.
"""

from collections.abc import Mapping
from typing import Final

from limen.access.clients.records import FAPI, AuthMethod, ClientDocument
from limen.access.tokens.records import Confirmation
from limen.kernel.errors import Invalid

STRONG_METHODS: Final = frozenset({AuthMethod.PRIVATE_KEY_JWT, AuthMethod.TLS, AuthMethod.SELF_SIGNED_TLS})
STRONG_ALGORITHMS: Final = frozenset({"PS256", "ES256", "EdDSA", "Ed25519"})
"""§5.4.1."""
LONGEST_CODE: Final = 60
"""Seconds (§5.3.2.2)."""
NO_RESOURCE: Final = "resource is required (MCP authorization, Resource Parameter Implementation; RFC 8707 section 2)"
_ASKED_BEFORE: Final = frozenset(
    {
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:openid:params:grant-type:ciba",
    }
)
"""Grants that answer a request of before, which was held to the profile itself."""


def is_fapi(document: ClientDocument) -> bool:
    """Tell whether FAPI 2.0 binds the client: its assertions, its codes' life, no rotation of its refresh tokens."""
    return document.profile in FAPI


def signature_algorithms(document: ClientDocument) -> frozenset[str] | None:
    """Return what the client may sign with; None where its profile has nothing to say."""
    return STRONG_ALGORITHMS if document.profile in FAPI else None


def profile_refused(document: ClientDocument, confirmation: Confirmation | None, alg: str) -> Invalid | None:
    """Return why the client gets no tokens in this way; None if nothing is wrong.

    Args:
        document: what is registered.
        confirmation: the key that was shown.
        alg: what the DPoP proof is signed with; empty where there was none.
    """
    if document.profile not in FAPI:
        return None
    if document.token_endpoint_auth_method not in STRONG_METHODS:
        return _broken("private_key_jwt or mutual TLS is required", "5.3.2.1")
    if confirmation is None:
        return _broken("tokens must be bound to a key, by DPoP or mutual TLS", "5.3.2.1")
    if alg and alg not in STRONG_ALGORITHMS:
        return _broken("the DPoP proof must be signed with PS256, ES256 or EdDSA", "5.4.1")
    return None


def grant_refused(document: ClientDocument, form: Mapping[str, str]) -> Invalid | None:
    """Return why the client's profile does not let it ask for tokens with *form*; None if nothing is wrong.

    Whoever had a person asked, by whatever way, named the server in that request already, or got no code.
    """
    if document.profile == "mcp" and form.get("grant_type") not in _ASKED_BEFORE and "resource" not in form:
        return _said(NO_RESOURCE)
    return None


def _broken(what: str, section: str) -> Invalid:
    return _said(f"{what} (FAPI 2.0 Security Profile section {section})")


def _said(text: str) -> Invalid:
    return Invalid("invalid_request", text, {"error_description": text})
