"""What an application may do: asked once for each scope, remembered, and written to the consent ledger."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.views import Problem, Progress, StepView


def view(context: StepContext) -> StepView:
    """Show who asks for what, and as whom."""
    client, customer = context.facts.client, context.facts.customer
    settings = context.parts.desk.tenant.settings
    return StepView(
        "consent",
        context.journey.version,
        data={
            "client_name": context.facts.client_name or "",
            "client_uri": client.document.client_uri or None if client is not None else None,
            "policy_uri": settings.privacy_url or None,
            "tos_uri": settings.terms_url or None,
            "email": customer.profile.email if customer is not None else "",
            "scopes": [{"name": scope, "description": None} for scope in context.facts.consent_due],
        },
    )


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Allow, deny, or be somebody else."""
    state = context.journey.state
    if form.get("intent") == "choose_account":
        return Progress(msgspec.structs.replace(state, customer_id="", session_id="", evidence=(), select_account=True))
    decision = form.get("decision", "")
    if decision == "allow":
        return Progress(msgspec.structs.replace(state, agreed=context.facts.consent_due))
    if decision == "deny":
        return Progress(msgspec.structs.replace(state, denied=True))
    return Progress(state, problem=Problem(notice="error.invalid"))
