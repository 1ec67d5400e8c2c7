"""``prompt``: what the person is to be shown (OpenID Connect Core §3.1.2.1, Initiating User Registration §4)."""

from typing import Final

from limen.access.oauth.draft import Checked, Draft
from limen.identity.tenants.records import Tenant

PROMPTS: Final = ("none", "login", "consent", "select_account")
CREATE: Final = "create"
"""The page for a new account comes first, whoever is signed in."""


def prompts_of(tenant: Tenant) -> tuple[str, ...]:
    """Return what may be asked for at *tenant*: accounts are made only where sign-up is open."""
    return (*PROMPTS, CREATE) if tenant.settings.sign_up_open else PROMPTS


def check_prompt(draft: Draft) -> Checked:
    """Keep the prompts; ``none`` stands alone."""
    if "prompt" not in draft.given:
        return draft
    prompts = tuple(dict.fromkeys(draft.given.get("prompt", "").split()))
    supported = prompts_of(draft.desk.tenant)
    if any(prompt not in supported for prompt in prompts):
        return draft.refused("invalid_request", "a prompt is not supported")
    if "none" in prompts and len(prompts) > 1:
        return draft.refused("invalid_request", "prompt none must stand alone")
    return draft.having(prompt=prompts)
