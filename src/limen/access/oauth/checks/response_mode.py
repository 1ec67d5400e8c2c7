"""``response_mode``: ``query`` or ``form_post`` (OAuth 2.0 Multiple Response Types §2.1)."""

from limen.access.oauth.draft import Checked, Draft

RESPONSE_MODES = ("query", "form_post")
"""No ``fragment``: it exists for answers that hold tokens, which are not given here (RFC 9700 §2.1.2)."""


def check_response_mode(draft: Draft) -> Checked:
    """Settle how the answer travels; a refusal of the mode itself travels in the query."""
    mode = draft.given.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        return draft.refused("invalid_request", "response_mode must be query or form_post")
    return draft.having(response_mode=mode)
