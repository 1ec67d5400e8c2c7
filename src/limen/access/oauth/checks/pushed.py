"""Pushed requests: required where the client, the tenant or a profile says so (RFC 9126 §5, §6)."""

from limen.access.oauth.draft import Checked, Draft


def check_pushed(draft: Draft) -> Checked:
    """Refuse what did not come through the PAR endpoint but had to; remember which request a code uses up."""
    if draft.way.is_pushed:
        return draft.having(pushed=draft.way.reference)
    tenant = draft.desk.tenant.settings.require_pushed_authorization_requests
    if tenant or (draft.client is not None and draft.client.require_pushed_authorization_requests):
        return draft.refused("invalid_request", "the request must be pushed (RFC 9126 section 5)")
    return draft
