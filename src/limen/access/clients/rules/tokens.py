"""What a client's tokens may say, and whom they are for."""

from limen.access.clients.records import ClientDocument
from limen.access.clients.rules.problem import Problems
from limen.identity.customers.scopes import ACCOUNT_CREDENTIALS
from limen.kernel.scopes import SCOPE
from limen.kernel.uris import is_absolute_uri

_ELSEWHERE = frozenset({"urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba"})
"""Grants that a person answers on another device: none of their tokens sets up how the person signs in."""


def tokens(document: ClientDocument) -> Problems:
    """Scopes are tokens of RFC 6749 §3.3 that some grant can give; audiences are absolute URIs (RFC 8707 §2)."""
    chosen = document.grant_types
    is_elsewhere = "authorization_code" not in chosen and not _ELSEWHERE.isdisjoint(chosen)
    for index, scope in enumerate(document.scopes):
        if not SCOPE.fullmatch(scope):
            yield f"scopes.{index}", "scope.invalid"
        elif is_elsewhere and scope == ACCOUNT_CREDENTIALS:
            yield f"scopes.{index}", "scope.code_grant"
    for index, audience in enumerate(document.audiences):
        if not is_absolute_uri(audience):
            yield f"audiences.{index}", "audience.not_absolute"
