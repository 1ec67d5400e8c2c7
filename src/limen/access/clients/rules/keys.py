"""A client's own keys (RFC 7591 §2, RFC 7517)."""

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.redirect_uris import check_fetchable
from limen.access.clients.rules.problem import Problems
from limen.access.jose.encryption import EncryptionKeys, has_secrets
from limen.access.jose.foreign import ClientKeys
from limen.kernel.errors import Refusal


def keys(document: ClientDocument) -> Problems:
    """Registered keys are public, strong and readable; they may all be for encryption."""
    if document.jwks_uri:
        yield from _published(document)
    if document.jwks is None or not isinstance(ClientKeys.parse(document.jwks), Refusal):
        return
    signs = document.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT
    if signs or has_secrets(document.jwks) or not EncryptionKeys.parse(document.jwks).keys:
        yield "jwks", "jwks.invalid"


def has_keys(document: ClientDocument) -> bool:
    """Tell whether the client registers keys: by value, or by an address where they are."""
    return document.jwks is not None or bool(document.jwks_uri)


def _published(document: ClientDocument) -> Problems:
    if document.jwks is not None:
        yield "jwks_uri", "jwks_uri.both"  # RFC 7591 §2: they MUST NOT both be present
    problem = check_fetchable(document.jwks_uri)
    if problem:
        yield "jwks_uri", problem
