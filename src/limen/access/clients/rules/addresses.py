"""Where a client is, and where browsers are sent (RFC 9700 §2.1, RFC 8252 §7)."""

from limen.access.clients.records import ClientDocument
from limen.access.clients.redirect_uris import MOST, check_redirect_uri, check_web_uri
from limen.access.clients.rules.problem import Problems

_REDIRECTS = ("redirect_uris", "post_logout_redirect_uris")
_PAGES = ("client_uri", "logo_uri", "tos_uri", "policy_uri")


def addresses(document: ClientDocument) -> Problems:
    """Redirects have one reading; pages are on the web."""
    for field in _REDIRECTS:
        uris: tuple[str, ...] = getattr(document, field)
        for index, uri in enumerate(uris[:MOST]):
            problem = check_redirect_uri(uri)
            if problem:
                yield f"{field}.{index}", problem
    for field in _PAGES:
        address: str = getattr(document, field)
        problem = check_web_uri(address) if address else None
        if problem:
            yield field, problem
