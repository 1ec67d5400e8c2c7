"""Who must prove by PKCE that whoever redeems a code has asked for it, and for whom a nonce will do.

A confidential client that checks the ``nonce`` of OpenID Connect notices a code that was injected into it (OAuth 2.1
§7.5.1, RFC 9700 §2.1.1). Whether it checks, nobody sees from here: an administrator vouches for it, client by client
(``require_pkce``), and nobody can for those of whom more is asked.
"""

from typing import Final, NamedTuple

from limen.access.clients.records import AuthMethod, ClientDocument, Profile
from limen.access.clients.redirect_uris import check_redirect_uri, is_loopback_uri

_BY_DEFAULT: Final = "OAuth 2.1 section 7.5.1, RFC 9700 section 2.1.1"
_WEB: Final = ("https:", "http:")
"""Where an administrator may vouch for a client: of ``http`` loopback alone may be registered, to develop on."""


class Demand(NamedTuple):
    """Why a client needs PKCE whatever is registered: the message key of a registration, and the clause."""

    problem: str
    clause: str


_FAPI: Final = Demand("profile.fapi2.5_3_2_2.pkce", "FAPI 2.0 Security Profile section 5.3.2.2")
_OF_PROFILES: Final[dict[Profile, Demand]] = {
    "fapi2_security": _FAPI,
    "fapi2_message_signing": _FAPI,
    "mcp": Demand("profile.mcp.pkce", "MCP authorization, Authorization Code Protection"),
}
_PUBLIC: Final = Demand("require_pkce.public_client", "OAuth 2.1 section 4.1.2.1, RFC 9700 section 2.1.1")
_NATIVE: Final = Demand("require_pkce.native", "RFC 8252 section 8.1")
_NO_NONCE: Final = Demand("require_pkce.openid", _BY_DEFAULT)


def demanded(document: ClientDocument) -> Demand | None:
    """Return why PKCE is asked of this client whatever ``require_pkce`` says; None if nothing does."""
    if document.profile in _OF_PROFILES:
        return _OF_PROFILES[document.profile]
    if document.token_endpoint_auth_method is AuthMethod.NONE:
        return _PUBLIC
    if document.application_type == "native" or not all(uri.startswith(_WEB) for uri in document.redirect_uris):
        return _NATIVE
    return None if "openid" in document.scopes else _NO_NONCE


def is_on_the_web(document: ClientDocument) -> bool:
    """Tell whether a client is answered at https alone, and nowhere on the machine of whoever uses it.

    What else registers itself may be a native application that does not say so.
    """
    sound = [uri for uri in document.redirect_uris if check_redirect_uri(uri) is None and uri.startswith("https:")]
    return len(sound) == len(document.redirect_uris) and not any(map(is_loopback_uri, sound))


def clause_for(document: ClientDocument) -> str:
    """Return the clause by which this client needs PKCE; empty where a nonce will do instead."""
    demand = demanded(document)
    if demand is not None:
        return demand.clause
    return _BY_DEFAULT if document.require_pkce else ""
