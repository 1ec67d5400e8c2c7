"""The Model Context Protocol's authorization (revision 2025-11-25): what agents' clients ask with.

Redirect URIs by exact comparison are so for every client here; that these need PKCE whatever their registration says is
in ``access.clients.pkce``.
"""

from typing import Final

from limen.access.oauth.draft import Draft
from limen.access.oauth.profiles.rule import Rule
from limen.access.tokens.profiles import NO_RESOURCE


def resource(draft: Draft) -> str | None:
    """The token is asked for a server that is named, so that it is of no use at another."""
    if draft.request.resources:
        return None
    return NO_RESOURCE


def to_itself(draft: Draft) -> str | None:
    """Answers go over https, or stay on the machine."""
    if draft.request.redirect_uri.startswith(("https:", "http:")):  # http: loopback alone is registered
        return None
    return "redirect_uri must be https or loopback (MCP authorization, Communication Security)"


RULES: Final[tuple[Rule, ...]] = (resource, to_itself)
DECOUPLED: Final[tuple[Rule, ...]] = (resource,)
"""Where the person answers elsewhere: nothing is redirected."""
