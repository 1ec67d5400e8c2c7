"""FAPI 2.0 Security Profile (final), §5.3.2: what an authorization request must be.

``iss`` in the answer, redirects with 303, codes of a minute and used once are so for every client here; that these need
PKCE whatever their registration says is in ``access.clients.pkce``.
"""

from typing import Final

from limen.access.clients.records import AuthMethod
from limen.access.oauth.draft import Draft
from limen.access.oauth.profiles.rule import Rule

_CLAUSE: Final = "(FAPI 2.0 Security Profile section 5.3.2.2)"


def pushed(draft: Draft) -> str | None:
    """Nothing is taken from a browser but what was pushed."""
    return None if draft.way.is_pushed else f"the request must be pushed {_CLAUSE}"


def confidential(draft: Draft) -> str | None:
    """Only a client that has proven itself pushes."""
    if draft.client is None or draft.client.token_endpoint_auth_method is AuthMethod.NONE:
        return "the client must be confidential (FAPI 2.0 Security Profile section 5.3.2.1)"
    return None


def encrypted_on_the_way(draft: Draft) -> str | None:
    """No answer goes over a network in the clear."""
    return None if draft.request.redirect_uri.startswith("https:") else f"redirect_uri must be https {_CLAUSE}"


def out_of_fragments(draft: Draft) -> str | None:
    """A fragment is carried on through redirects, and read by every script of the page."""
    is_fragment = draft.request.response_mode.startswith("fragment")
    return "response_mode fragment is not for this client (RFC 9700 section 4.1.2)" if is_fragment else None


RULES: Final[tuple[Rule, ...]] = (confidential, pushed, encrypted_on_the_way, out_of_fragments)
