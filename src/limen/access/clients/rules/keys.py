"""A client's own keys (RFC 7591 §2, RFC 7517)."""

from limen.access.clients.records import ClientDocument
from limen.access.clients.rules.problem import Problems
from limen.access.jose.foreign import ClientKeys
from limen.kernel.errors import Refusal


def keys(document: ClientDocument) -> Problems:
    """Registered keys are public, strong and readable."""
    if document.jwks is not None and isinstance(ClientKeys.parse(document.jwks), Refusal):
        yield "jwks", "jwks.invalid"
