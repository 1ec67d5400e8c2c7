"""``redirect_uri``: required, and registered (OpenID Connect Core §3.1.2.1, RFC 9700 §2.1)."""

from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.redirects import is_registered


def check_redirect_uri(draft: Draft) -> Checked:
    """Prove where answers may go; required even where just one is registered, so that no two readers can differ."""
    presented = draft.given.get("redirect_uri", "")
    registered = draft.client.redirect_uris if draft.client is not None else ()
    if not presented or not is_registered(presented, registered):
        return draft.refused("redirect_uri_mismatch", "redirect_uri is missing, or not registered for this client")
    return draft.having(redirect_uri=presented)
