"""What went wrong, as a page with a way on: the one table from refusals to pages."""

from limen.access.http import HotResponse, PageRequest
from limen.experience.pages.answers import as_json, plain, retrying
from limen.experience.pages.visit import Visit
from limen.kernel.errors import Expired, Forbidden, Invalid, NotFound, Refusal, Throttled, Unauthenticated, Unavailable

_PAGES: dict[str, tuple[int, str]] = {
    "journey_elsewhere": (404, "elsewhere"),
    "journey_over": (410, "expired"),
    "journey_done": (410, "done"),
    "journey_answered": (410, "done"),
    "link_spent": (410, "link_spent"),
    "unknown_client": (400, "client"),
    "redirect_uri_mismatch": (400, "client"),
    "client_mismatch": (400, "client"),
    "malformed_request": (400, "client"),
    "invalid_request_object": (400, "client"),
    "invalid_request_uri": (400, "client"),
    "request_over": (410, "request_over"),
    "csrf": (403, "expired"),
    "waiting_over": (410, "waiting_over"),
    "other_customer": (403, "other_customer"),
}
_KINDS: tuple[tuple[type[Refusal], int, str], ...] = (
    (Throttled, 429, "throttled"),
    (Unavailable, 503, "unavailable"),
    (NotFound, 404, "not_found"),
    (Forbidden, 403, "forbidden"),
    (Unauthenticated, 403, "forbidden"),
    (Expired, 410, "expired"),
    (Invalid, 400, "bad_request"),
)
_WAYS = {
    "done": "page.home",
    "forbidden": "page.home",
    "not_found": "page.home",
    "client": "",
    "request_over": "",
    "unavailable": "",
    "fault": "",
}


def refused(visit: Visit, refusal: Refusal) -> HotResponse:
    """Return the page for *refusal*."""
    status, name = _PAGES.get(refusal.code) or next(
        ((status, name) for kind, status, name in _KINDS if isinstance(refusal, kind)), (400, "bad_request")
    )
    return retrying(error_page(visit, status, name), getattr(refusal, "retry_after", 0))


def error_page(visit: Visit, status: int, name: str) -> HotResponse:
    """Return the error page *name*; as JSON for who asked for that."""
    if wants_json(visit.request):
        return visit.dress(as_json({"schema": 1, "error": name, "request_id": visit.context.request_id}, status))
    label = _WAYS.get(name, "page.start_again")
    way_on = {"url": f"{visit.prefix}/account", "label": label} if label else None
    context = {
        "status": status,
        "title": f"error_page.{name}.title",
        "message": f"error_page.{name}.text",
        "request_id": visit.context.request_id,
        "way_on": way_on,
    }
    return visit.page("error.html", context, status)


def nowhere() -> HotResponse:
    """Return the answer where no tenant is: nothing of any tenant's look."""
    return plain("Not found\n", 404)


def wants_json(request: PageRequest) -> bool:
    """Tell whether the asker prefers JSON: a native SDK, not a browser."""
    accept = request.headers.get("accept") or ""
    return "application/json" in accept and "text/html" not in accept
