"""What the edge refuses before any page is asked, as a page all the same.

No database is asked and nothing is written: whoever is turned away for asking too often must not cost more, and a
fault may be that the database is gone. The tenant's look is shown where it is in memory.
"""

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request

from limen.experience.pages.visit import LANGUAGE_COOKIE, brand_of
from limen.experience.rendering import LOCALES, Brand, Renderer, negotiate_locale, spoken
from limen.identity.tenants.records import Tenant

ERROR_PAGES: Final = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    408: "expired",
    413: "too_large",
    414: "too_large",
    429: "throttled",
    431: "too_large",
    500: "fault",
    503: "unavailable",
}
"""Status to the name of an error page; ``bad_request`` for others."""
_OF_THEIR_OWN: Final = {"cannot_count": "cannot_count"}
"""Codes whose pages say more than their status would."""
_TRY_AGAIN: Final = frozenset({429, 500, 503})
"""Where the same request may fare better in a moment."""


class TurnedAway:
    """Renders the error pages of the edge."""

    def __init__(self, renderer: Renderer, held: Callable[[str], Tenant | None], not_pages: str) -> None:
        """Take the tenant that is *held* in memory for a path prefix; nothing below *not_pages* is for people."""
        self._renderer = renderer
        self._held = held
        self._not_pages = not_pages

    def __call__(self, scope: Any, status: int, code: str = "") -> bytes | None:
        """Return the page for *status*, or *code*; None where what was asked for is no page."""
        arrival = scope["state"]["arrival"]
        below = scope["path"][len(arrival.prefix) :]
        if below == self._not_pages or below.startswith(self._not_pages + "/"):
            return None
        tenant = self._held(arrival.prefix)
        locales = spoken(tenant.settings.locales) if tenant is not None else tuple(LOCALES)
        name = _OF_THEIR_OWN.get(code) or ERROR_PAGES.get(status, "bad_request")
        context = {
            "brand": brand_of(tenant) if tenant is not None else Brand(),
            "prefix": arrival.prefix,
            "nonce": scope["state"]["csp"].nonce,
            "languages": {locale: LOCALES[locale] for locale in locales},
            "here": f"{arrival.prefix}/account",  # the address itself may be what is wrong
            "status": status,
            "title": f"error_page.{name}.title",
            "message": f"error_page.{name}.text",
            "request_id": arrival.request_id,
            "way_on": _way_on(scope, arrival.prefix, status),
        }
        return self._renderer.render("error.html", _locale(scope, locales), context).encode()


def _way_on(scope: Any, prefix: str, status: int) -> dict[str, str]:
    if status in _TRY_AGAIN and scope["method"] in {"GET", "HEAD"}:
        query = scope["query_string"].decode("ascii", "ignore")
        return {"url": f"?{query}", "label": "page.try_again"}  # relative: this very address
    return {"url": f"{prefix}/account", "label": "page.start_again"}


def _locale(scope: Any, locales: Any) -> str:
    request = Request(scope)
    chosen = request.query_params.get("ui_locales", "") or request.cookies.get(LANGUAGE_COOKIE, "")
    return negotiate_locale(request.headers.get("accept-language", "")[:512], locales, chosen[:512])
