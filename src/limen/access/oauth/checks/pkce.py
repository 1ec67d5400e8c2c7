"""``code_challenge``: PKCE with S256 (RFC 7636 §4.3, RFC 9700 §2.1.1), or the nonce of a client that may rest on it."""

import re

from limen.access.clients.pkce import clause_for
from limen.access.oauth.draft import Checked, Draft
from limen.access.tokens.records import NO_CHALLENGE

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""The base64url of 32 bytes: the last of 43 characters has two bits to spare, which are zero in every SHA-256."""


def check_pkce(draft: Draft) -> Checked:
    """Require a challenge and its method; a missing method would mean ``plain`` (RFC 7636 §4.3)."""
    challenge = draft.given.get("code_challenge")
    if challenge is None:
        return _without(draft)
    if draft.given.get("code_challenge_method") != "S256":
        return draft.refused("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        return draft.refused("invalid_request", "code_challenge must be the base64url of a SHA-256")
    return draft.having(code_challenge=challenge)


def _without(draft: Draft) -> Checked:
    """Let a nonce do for a client that may rest on it; a method without a challenge is a challenge that was lost."""
    if draft.client is None or "code_challenge_method" in draft.given:
        return draft.refused("invalid_request", "code_challenge is required (RFC 7636 section 4.3)")
    clause = clause_for(draft.client)
    if clause:
        return draft.refused("invalid_request", f"code_challenge is required ({clause})")
    if "openid" not in draft.request.scopes or not draft.request.nonce.strip():
        words = "code_challenge is required, or a nonce with the scope openid (OAuth 2.1 section 7.5.1)"
        return draft.refused("invalid_request", words)
    return draft.having(code_challenge=NO_CHALLENGE)
