"""Where a client hears that a session ended (OpenID Connect Back-Channel Logout §2.2, Front-Channel Logout §2)."""

from urllib.parse import urlsplit

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.redirect_uris import check_web_uri
from limen.access.clients.rules.problem import Problems


def logout(document: ClientDocument) -> Problems:
    """We post to the one, and frame the other: it must be where the client's redirects are (Front-Channel §2)."""
    back, front = document.backchannel_logout_uri, document.frontchannel_logout_uri
    problem = check_web_uri(back) if back else None
    if problem:
        yield "backchannel_logout_uri", problem
    problem = check_web_uri(front) if front else None
    if not problem and front and _origin(front) not in {_origin(uri) for uri in document.redirect_uris}:
        problem = "frontchannel_logout_uri.elsewhere"
    if problem:
        yield "frontchannel_logout_uri", problem
    if document.token_endpoint_auth_method is AuthMethod.NONE and front.startswith("http:"):
        yield "frontchannel_logout_uri", "redirect_uri.insecure"  # §2: http only where the client is confidential


def _origin(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.scheme, parts.netloc
