"""What an application may do: asked once for each scope, remembered, and written to the consent ledger."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from limen.access.clients.dynamic.documents import is_document_id
from limen.access.clients.records import Client
from limen.access.journeys.context import StepContext
from limen.access.journeys.views import Problem, Progress, StepView
from limen.identity.administrators import SCOPES
from limen.identity.tenants.records import Tenant


def view(context: StepContext) -> StepView:
    """Show who asks for what, and as whom."""
    client, customer = context.facts.client, context.facts.customer
    tenant, locale = context.parts.desk.tenant, context.request.locale
    return StepView(
        "consent",
        context.journey.version,
        data={
            "client_name": context.facts.client_name or "",
            **_pages_of(client),
            "email": customer.profile.email if customer is not None else "",
            "scopes": [
                {"name": scope, "description": scope_in_words(tenant, scope, locale)}
                for scope in context.facts.consent_due
            ],
            "details": list(details_in_words(context)),
        },
    )


def scope_in_words(tenant: Tenant, scope: str, locale: str) -> str | None:
    """Return what the tenant, or the house, says of a scope that is no standard one; None where nobody says anything.

    The standard scopes have words in the catalogue.
    """
    words = tenant.settings.scope_words.get(scope, {})
    return words.get(locale) or words.get("en") or SCOPES.get(scope)


def _pages_of(client: Client | None) -> dict[str, str | None]:
    """Return who asks: the host it names, and its pages. Only https leads anywhere; a logo is never loaded.

    An image from the application's server would tell it who reads this page, before anything is allowed.
    """
    if client is None:
        return dict.fromkeys(("client_uri", "client_host", "policy_uri", "tos_uri"))
    document, host = client.document, _host_of(client)
    is_its_own = urlsplit(document.client_uri).hostname == host
    return {
        "client_uri": _https(document.client_uri) if is_its_own else None,
        "client_host": host,
        "policy_uri": _https(document.policy_uri),
        "tos_uri": _https(document.tos_uri),
    }


def _host_of(client: Client) -> str | None:
    """Return the host that stands for the client: one that it has proven, not one that it says.

    Who registers a client by themselves can claim any ``client_uri`` (RFC 7591 §5); where they redirect to, they are.
    """
    if is_document_id(client.client_id):
        return urlsplit(client.client_id).hostname
    if client.unused_until is None:
        return urlsplit(client.document.client_uri).hostname
    return next((urlsplit(uri).hostname for uri in client.document.redirect_uris), None)


def _https(address: str) -> str | None:
    return address if address.startswith("https://") else None


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


def details_in_words(context: StepContext) -> tuple[str, ...]:
    """Return a sentence for each of the ``authorization_details`` that are asked for (RFC 9396 §11.1)."""
    return context.parts.desk.resources.in_words(context.facts.details_due, context.journey.state.locale)
