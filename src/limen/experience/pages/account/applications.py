"""Applications that may do something for the customer: what, since when, when last; and taking it back."""

from typing import Any

from limen.access.account.applications import applications, revoke_application
from limen.access.account.records import Application
from limen.access.journeys.steps.consent import scope_in_words
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.owner import owner_of, parts_of


async def show(look: Look) -> Shown:
    """Return them by name."""
    found = await applications(parts_of(look.visit), look.unit, look.account.customer)
    return {"applications": [_shown(look, one) for one in found]}


def _shown(look: Look, application: Application) -> dict[str, Any]:
    document, tenant = application.party.document, look.visit.desk.tenant
    uri = document.client_uri
    return {
        "id": application.party.client_id,
        "name": application.party.name,
        "uri": uri if uri.startswith("https://") else None,
        "scopes": [
            {"name": scope, "description": scope_in_words(tenant, scope, look.visit.locale)}
            for scope in application.scopes
        ],
        "since": application.since,
        "used": application.used_at,
        "asks": document.require_consent,
    }


async def revoke(turn: Turn) -> Taken:
    """Take back what the named application was allowed."""
    client_id = turn.form.get("application", "")
    is_revoked = await revoke_application(parts_of(turn.visit), owner_of(turn), client_id)
    return Done("notice.application_revoked" if is_revoked else "")


TAKES = {"revoke": revoke}
