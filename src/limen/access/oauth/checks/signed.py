"""Signed request objects: required where the client says so (RFC 9101 §10.5)."""

from limen.access.oauth.draft import Checked, Draft


def check_signed(draft: Draft) -> Checked:
    """Refuse what came without a signature that had to have one."""
    if draft.client is not None and draft.client.require_signed_request_object and not draft.way.is_signed:
        return draft.refused("invalid_request", "a signed request object is required (RFC 9101 section 10.5)")
    return draft
