"""``nonce``: returned in the ID token (OpenID Connect Core §3.1.2.1)."""

from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.texts import is_plain

MAX_NONCE = 512


def check_nonce(draft: Draft) -> Checked:
    """Keep the nonce; it is stored with the code, so that it may not be of any length."""
    nonce = draft.given.get("nonce", "")
    if not is_plain(nonce, MAX_NONCE):
        return draft.refused("invalid_request", "nonce is too long or holds control characters")
    return draft.having(nonce=nonce)
