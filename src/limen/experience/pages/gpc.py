"""That the tenant honours Global Privacy Control, for programs that want to know."""

from limen.access.http import HotResponse
from limen.experience.pages.answers import as_json
from limen.experience.pages.errors import error_page
from limen.experience.pages.visit import Visit
from limen.kernel.clock import to_datetime


async def gpc_support(visit: Visit) -> HotResponse:
    """Say so, and since when the tenant's settings are as they are; 404 where the signal is not honoured."""
    tenant = visit.desk.tenant
    if not tenant.settings.privacy.gpc:
        return error_page(visit, 404, "not_found")
    said = {"gpc": True, "lastUpdate": to_datetime(tenant.updated_at).date().isoformat()}
    return as_json(said, 200, ("cache-control", "public, max-age=3600"))
