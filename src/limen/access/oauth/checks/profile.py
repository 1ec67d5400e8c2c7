"""The client's profile: rules beyond those for everybody, the broken one named."""

from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.profiles import PROFILES


def check_profile(draft: Draft) -> Checked:
    """Hold the request to the rules of its client's profile."""
    if draft.client is None:
        return draft
    for rule in PROFILES[draft.client.profile]:
        problem = rule(draft)
        if problem is not None:
            return draft.refused("invalid_request", problem)
    return draft
