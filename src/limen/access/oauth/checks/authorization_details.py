"""``authorization_details``: what is asked for beyond scopes (RFC 9396 §2, §5)."""

from limen.access.oauth.draft import Checked, Draft
from limen.access.tokens.details import CODE, DETAILS, requested_details
from limen.kernel.errors import Refusal


def check_authorization_details(draft: Draft) -> Checked:
    """Keep them; each must have a known type that the client may use, and meet its schema."""
    given = draft.given.get(DETAILS)
    if given is None or draft.client is None:
        return draft
    details = requested_details(given, draft.client, draft.desk.resources)
    if isinstance(details, Refusal):
        return draft.refused(CODE, f"authorization_details: {details.detail}")
    return draft.having(details=details)
