"""``state``: sent back exactly as it came (RFC 6749 §4.1.2); what could not be is refused beforehand."""

from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.texts import is_plain

MAX_STATE = 4_096


def check_state(draft: Draft) -> Checked:
    """Keep the state. Control characters would not survive a form, and an answer without its state helps nobody."""
    state = draft.given.get("state", "")
    if not is_plain(state, MAX_STATE):
        return draft.refused("malformed_request", "state is too long or holds control characters")
    return draft.having(state=state)
