"""Which grants go together, and with what."""

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.rules.problem import Problems

_REFRESHABLE = frozenset(
    {"authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba"}
)
"""Grants by which a person allows something that may outlast them."""
_SHORTEST = 60
"""Seconds that a refresh token lives at least: below, a client had better not have one."""
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_CONFIDENTIAL = frozenset(
    {_EXCHANGE, "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:openid:params:grant-type:ciba"}
)


def grants(document: ClientDocument) -> Problems:
    """A grant has what it needs."""
    chosen = document.grant_types
    if not chosen:
        yield "grant_types", "grant_types.empty"
    if "authorization_code" in chosen and not document.redirect_uris:
        yield "redirect_uris", "redirect_uris.required"
    if "refresh_token" in chosen and not _REFRESHABLE.intersection(chosen):
        yield "grant_types", "grant_types.refresh_alone"
    if "client_credentials" in chosen and document.token_endpoint_auth_method is AuthMethod.NONE:
        yield "grant_types", "grant_types.public_client"  # RFC 6749 §4.4
    if _CONFIDENTIAL.intersection(chosen) and document.token_endpoint_auth_method is AuthMethod.NONE:
        yield "grant_types", "grant_types.public_client"  # RFC 8693 §5, RFC 7523 §7, CIBA Core §4
    if not document.rotate_refresh_tokens and document.token_endpoint_auth_method is AuthMethod.NONE:
        yield "rotate_refresh_tokens", "rotate_refresh_tokens.public_client"  # RFC 9700 §2.2.2
    for name in ("refresh_idle_seconds", "refresh_absolute_seconds"):
        if 0 < getattr(document, name) < _SHORTEST:
            yield name, "lifetime.out_of_bounds"
    if _EXCHANGE in chosen and not (document.token_exchange.impersonation or document.token_exchange.delegation):
        yield "token_exchange", "token_exchange.nothing_allowed"
