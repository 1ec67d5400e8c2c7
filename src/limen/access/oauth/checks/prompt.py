"""``prompt``: what the person is to be shown (OpenID Connect Core §3.1.2.1)."""

from limen.access.oauth.draft import Checked, Draft

PROMPTS = ("none", "login", "consent", "select_account")


def check_prompt(draft: Draft) -> Checked:
    """Keep the prompts; ``none`` stands alone."""
    prompts = tuple(dict.fromkeys(draft.given.get("prompt", "").split()))
    if any(prompt not in PROMPTS for prompt in prompts):
        return draft.refused("invalid_request", "a prompt is not supported")
    if "none" in prompts and len(prompts) > 1:
        return draft.refused("invalid_request", "prompt none must stand alone")
    return draft.having(prompt=prompts)
