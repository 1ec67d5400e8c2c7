"""What a client's tokens may say, and whom they are for."""

from limen.access.clients.records import ClientDocument
from limen.access.clients.rules.problem import Problems
from limen.kernel.scopes import SCOPE
from limen.kernel.uris import is_absolute_uri


def tokens(document: ClientDocument) -> Problems:
    """Scopes are tokens of RFC 6749 §3.3; audiences are absolute URIs (RFC 8707 §2)."""
    for index, scope in enumerate(document.scopes):
        if not SCOPE.fullmatch(scope):
            yield f"scopes.{index}", "scope.invalid"
    for index, audience in enumerate(document.audiences):
        if not is_absolute_uri(audience):
            yield f"audiences.{index}", "audience.not_absolute"
