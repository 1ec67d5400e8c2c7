"""``client_id``: known and active (RFC 6749 §4.1.1)."""

from limen.access.oauth.draft import Checked, Draft


def check_client(draft: Draft) -> Checked:
    """Require an active client."""
    if draft.client is None:
        return draft.refused("unknown_client", "client_id is missing, unknown or disabled")
    return draft.having(client_id=draft.given["client_id"])
