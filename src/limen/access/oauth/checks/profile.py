"""The client's profile: rules beyond those for everybody, the broken one named."""

from collections.abc import Sequence

from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.profiles import DECOUPLED, PROFILES, Rule


def check_profile(draft: Draft) -> Checked:
    """Hold the request to the rules of its client's profile."""
    return draft if draft.client is None else _held(draft, PROFILES[draft.client.profile])


def check_decoupled_profile(draft: Draft) -> Checked:
    """Hold a request that is answered on another device to those rules that it can break."""
    return draft if draft.client is None else _held(draft, DECOUPLED.get(draft.client.profile, ()))


def _held(draft: Draft, rules: Sequence[Rule]) -> Checked:
    for rule in rules:
        problem = rule(draft)
        if problem is not None:
            return draft.refused("invalid_request", problem)
    return draft
