"""The client may use the code flow (RFC 6749 §4.1.2.1 ``unauthorized_client``)."""

from limen.access.oauth.draft import Checked, Draft


def check_grant_type(draft: Draft) -> Checked:
    """Require the grant type ``authorization_code`` in the client's registration."""
    if draft.client is None or "authorization_code" not in draft.client.grant_types:
        return draft.refused("unauthorized_client", "the client is not registered for authorization_code")
    return draft
