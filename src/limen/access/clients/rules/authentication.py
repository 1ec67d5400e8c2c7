"""How a client proves itself, and what that needs (RFC 7591 §2)."""

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.rules.keys import has_keys
from limen.access.clients.rules.problem import Problems


def authentication(document: ClientDocument) -> Problems:
    """A method has what it needs."""
    if document.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT and not has_keys(document):
        yield "jwks", "jwks.required"
