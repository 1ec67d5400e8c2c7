"""``code_challenge``: PKCE with S256, for every client (RFC 7636 §4.3, RFC 9700 §2.1.1)."""

import re

from limen.access.oauth.draft import Checked, Draft

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""The base64url of 32 bytes: the last of 43 characters has two bits to spare, which are zero in every SHA-256."""


def check_pkce(draft: Draft) -> Checked:
    """Require a challenge and its method; a missing method would mean ``plain`` (RFC 7636 §4.3)."""
    challenge = draft.given.get("code_challenge")
    if challenge is None:
        return draft.refused("invalid_request", "code_challenge is required")
    if draft.given.get("code_challenge_method") != "S256":
        return draft.refused("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        return draft.refused("invalid_request", "code_challenge must be the base64url of a SHA-256")
    return draft.having(code_challenge=challenge)
