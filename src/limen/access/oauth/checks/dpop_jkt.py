"""``dpop_jkt``: the key that the code is to be redeemed with (RFC 9449 §10)."""

import re

from limen.access.oauth.draft import Checked, Draft

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of SHA-256 (RFC 7638)


def check_dpop_jkt(draft: Draft) -> Checked:
    """Keep the thumbprint; what comes with a pushed request's proof has become this parameter (§10.1)."""
    given = draft.given.get("dpop_jkt")
    if given is None:
        return draft
    if not _THUMBPRINT.fullmatch(given):
        return draft.refused("invalid_request", "dpop_jkt is not a SHA-256 thumbprint (RFC 9449 section 10)")
    return draft.having(dpop_jkt=given)
