"""How a client learns what was answered elsewhere (CIBA Core §4)."""

from limen.access.clients.records import ClientDocument
from limen.access.clients.redirect_uris import check_fetchable
from limen.access.clients.rules.keys import has_keys
from limen.access.clients.rules.problem import Problems

_CIBA = "urn:openid:params:grant-type:ciba"


def backchannel(document: ClientDocument) -> Problems:
    """A client of CIBA says how it wants to hear, and where."""
    mode, endpoint = document.backchannel_token_delivery_mode, document.backchannel_client_notification_endpoint
    if (_CIBA in document.grant_types) != bool(mode):
        yield "backchannel_token_delivery_mode", "backchannel_token_delivery_mode.grant"
    if (mode == "ping") != bool(endpoint):
        yield "backchannel_client_notification_endpoint", "backchannel_client_notification_endpoint.ping"
    elif endpoint and (problem := check_fetchable(endpoint)):
        yield "backchannel_client_notification_endpoint", problem
    if document.backchannel_authentication_request_signing_alg and not has_keys(document):
        yield "jwks", "jwks.required"
