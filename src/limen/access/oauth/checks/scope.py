"""``scope``: named, allowed, and of use (RFC 6749 §3.3, OpenID Connect Core §3.1.2.1, §5.4, §11)."""

from limen.access.oauth.draft import Checked, Draft
from limen.access.tokens.scopes import OFFLINE_ACCESS, requested_scopes
from limen.identity.profiles.claims import CLAIMS_BY_SCOPE
from limen.kernel.errors import Refusal


def check_scope(draft: Draft) -> Checked:
    """Keep the scopes. There is no default: a customer would be asked for what nobody named."""
    given = draft.given.get("scope")
    if given is None or draft.client is None:
        return draft.refused("invalid_scope", "scope is required")
    scopes = requested_scopes(given, draft.client.scopes)
    if isinstance(scopes, Refusal):
        return draft.refused("invalid_scope", "a scope is malformed or not allowed for this client")
    if "openid" not in scopes and any(scope in CLAIMS_BY_SCOPE for scope in scopes):
        return draft.refused("invalid_scope", "scopes for claims need the scope openid")
    if "refresh_token" not in draft.client.grant_types:  # it could never be used, so nobody is asked for it (Core §11)
        scopes = tuple(scope for scope in scopes if scope != OFFLINE_ACCESS)
    if not scopes:
        return draft.refused("invalid_scope", "offline_access needs the grant type refresh_token")
    return draft.having(scopes=scopes)
