"""Which grants go together, and with what."""

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.rules.problem import Problems


_REFRESHABLE = frozenset(
    {"authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba"}
)
"""Grants by which a person allows something that may outlast them."""


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
