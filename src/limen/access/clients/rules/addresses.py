"""Where a client is, and where browsers are sent (RFC 9700 §2.1, RFC 8252 §7)."""

from limen.access.clients.records import ClientDocument
from limen.access.clients.redirect_uris import MOST, check_redirect_uri, check_web_uri, is_loopback_uri
from limen.access.clients.rules.problem import Problems

_REDIRECTS = ("redirect_uris", "post_logout_redirect_uris")
_PAGES = ("client_uri", "logo_uri", "tos_uri", "policy_uri")


def addresses(document: ClientDocument) -> Problems:
    """Redirects have one reading, and are what the kind of application has; pages are on the web."""
    for field in _REDIRECTS:
        uris: tuple[str, ...] = getattr(document, field)
        for index, uri in enumerate(uris[:MOST]):
            problem = check_redirect_uri(uri)
            if problem:
                yield f"{field}.{index}", problem
    yield from _of_its_kind(document)
    for field in _PAGES:
        address: str = getattr(document, field)
        problem = check_web_uri(address) if address else None
        if problem:
            yield field, problem
    if begins := document.initiate_login_uri:
        problem = check_web_uri(begins) or (None if begins.startswith("https:") else "redirect_uri.insecure")
        if problem:
            yield "initiate_login_uri", problem


def _of_its_kind(document: ClientDocument) -> Problems:
    """A web application is at https; a native one where RFC 8252 §7 has it (OpenID Connect Registration §2).

    That is loopback, a scheme of its own, or an https address that the system hands to it, which nobody can for
    loopback. Who says nothing may be either.
    """
    for index, uri in enumerate(document.redirect_uris[:MOST]):
        if check_redirect_uri(uri) is not None:
            continue
        if document.application_type == "web" and not uri.startswith("https:"):
            yield f"redirect_uris.{index}", "redirect_uri.native"
        if document.application_type == "native" and uri.startswith("https:") and is_loopback_uri(uri):
            yield f"redirect_uris.{index}", "redirect_uri.host"
