"""``response_type``: only ``code`` (RFC 9700 §2.1.2)."""

from limen.access.oauth.draft import Checked, Draft


def check_response_type(draft: Draft) -> Checked:
    """Require the code flow."""
    response_type = draft.given.get("response_type")
    if response_type is None:
        return draft.refused("invalid_request", "response_type is required")
    if response_type != "code":
        return draft.refused("unsupported_response_type", "response_type must be code")
    return draft
