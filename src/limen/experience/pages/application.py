"""The list of all pages."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from limen.experience.pages.account import account
from limen.experience.pages.account.privacy import receipt
from limen.experience.pages.administration import admin, setup
from limen.experience.pages.approve import approve
from limen.experience.pages.authorize import authorize
from limen.experience.pages.demonstration import mailbox, message, message_html, start
from limen.experience.pages.device import device, device_qr
from limen.experience.pages.errors import error_page, nowhere
from limen.experience.pages.finding import Finder
from limen.experience.pages.gpc import gpc_support
from limen.experience.pages.journey import PATHS, begin, journey, link
from limen.experience.pages.keep_account import keep_account
from limen.experience.pages.logout import logout
from limen.experience.pages.parts import PageParts
from limen.experience.pages.secure import secure
from limen.experience.pages.security import security
from limen.experience.pages.turned_away import ERROR_PAGES
from limen.experience.pages.unsubscribe import end_messages
from limen.experience.pages.visit import Visit, arrive_at
from limen.identity.consents.signal import SUPPORT

Page = Callable[[Visit], Awaitable[Response]]


def create_pages(parts: PageParts) -> Finder:
    """Return the application of all pages; the edge around it sets headers and limits."""

    def page(path: str, handler: Page, *methods: str, proves: bool = True) -> Route:
        async def endpoint(request: Request) -> Response:
            visit = await arrive_at(request, parts, proves=proves)
            return nowhere(request) if visit is None else await handler(visit)

        return Route(path, endpoint, methods=list(methods or ("GET",)))

    async def static(request: Request) -> Response:
        asset = parts.assets.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        return Response(asset.body, media_type=asset.content_type, headers=dict(asset.headers))

    async def failed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        visit = await arrive_at(request, parts)
        if visit is None:
            return nowhere(request)
        response = error_page(visit, status, ERROR_PAGES.get(status, "bad_request"))
        response.headers.update(headers or {})
        return response

    routes = [
        page("/", start),
        page("/authorize", authorize, "GET", "POST"),
        *(page(path, begin) for path in PATHS),
        page("/journey/{journey}", journey, "GET", "POST", proves=False),
        page("/link/{token}", link, "GET", "POST"),
        page("/secure/{token}", secure, "GET", "POST"),
        page(SUPPORT, gpc_support, proves=False),
        page("/unsubscribe/{token}", end_messages, "GET", "POST", proves=False),
        page("/keep-account/{token}", keep_account, "GET", "POST"),
        page("/approve", approve, "GET", "POST"),
        page("/device", device, "GET", "POST"),
        page("/device/qr", device_qr),
        page("/logout", logout, "GET", "POST"),
        page("/account", account, "GET", "POST", proves=False),
        page("/account/privacy/receipts/{record}", receipt, proves=False),
        page("/account/{page}", account, "GET", "POST", proves=False),
        page("/admin", admin, "GET", "POST"),
        page("/admin/security", security, "GET", "POST"),
        page("/setup/{token}", setup, "GET", "POST"),
        Route("/static/{name}", static),
    ]
    if parts.mailbox is not None:
        routes += [
            page("/dev/mailbox", mailbox),
            page("/dev/mailbox/{id}", message),
            page("/dev/mailbox/{id}/html", message_html),
        ]
    behind = Starlette(routes=routes, exception_handlers={HTTPException: failed, Exception: _left_to_the_edge})
    return Finder(behind, routes, failed)


async def _left_to_the_edge(_request: Request, error: Exception) -> Response:
    """Raise the fault again: Starlette would answer in a line of English, where the edge has a page."""
    raise error
