"""Who may be registered to ask without PKCE (OAuth 2.1 §7.5.1, RFC 9700 §2.1.1)."""

from limen.access.clients.pkce import demanded
from limen.access.clients.records import ClientDocument
from limen.access.clients.rules.problem import Problems


def pkce(document: ClientDocument) -> Problems:
    """Nobody vouches for a nonce where more is asked for, or where there can be none."""
    demand = None if document.require_pkce else demanded(document)
    if demand is not None:
        yield "require_pkce", demand.problem
