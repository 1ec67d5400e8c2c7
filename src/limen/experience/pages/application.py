"""The list of all pages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from limen.access.http import HotResponse, Page, PageRequest
from limen.experience.pages.account import account
from limen.experience.pages.account.privacy import receipt
from limen.experience.pages.administration import admin, setup
from limen.experience.pages.answers import saying
from limen.experience.pages.approve import approve
from limen.experience.pages.authorize import authorize
from limen.experience.pages.console.customers import customer, customers
from limen.experience.pages.console.merging import merging
from limen.experience.pages.console.requests import privacy_request, privacy_requests
from limen.experience.pages.console.risk import risk
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

Asked = Callable[[PageRequest], Awaitable[HotResponse]]
Failed = Callable[[PageRequest, Exception], Awaitable[HotResponse]]
Handler = Callable[[Visit], Awaitable[HotResponse]]


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages.

    Attributes:
        find: finds those that lie at a known path.
        behind: the same and all others, and what no page is, by the framework's list.
    """

    find: Finder
    behind: Starlette


def create_pages(parts: PageParts) -> Pages:
    """Return all pages."""

    async def failed(request: PageRequest, error: Exception) -> HotResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        visit = await arrive_at(request, parts)
        if visit is None:
            return nowhere()
        return saying(error_page(visit, status, ERROR_PAGES.get(status, "bad_request")), *(headers or {}).items())

    async def failed_behind(request: Request, error: Exception) -> Response:
        return _framed(await failed(_request(request), error))

    rows = _rows(parts, failed)
    routes = [_route(*row) for row in rows]
    behind = Starlette(routes=routes, exception_handlers={HTTPException: failed_behind, Exception: _left_to_the_edge})
    found = [
        (Page(path, asked), frozenset(one.methods or ())) for (path, asked, _), one in zip(rows, routes, strict=True)
    ]
    return Pages(Finder(found), behind)


def _route(path: str, asked: Asked, methods: Sequence[str]) -> Route:
    async def endpoint(request: Request) -> Response:
        return _framed(await asked(_request(request)))

    return Route(path, endpoint, methods=list(methods))


def _rows(parts: PageParts, failed: Failed) -> list[tuple[str, Asked, tuple[str, ...]]]:
    """Return the list: path, what answers, methods."""

    def page(path: str, handler: Handler, *methods: str, proves: bool = True) -> tuple[str, Asked, tuple[str, ...]]:
        async def asked(request: PageRequest) -> HotResponse:
            try:
                if request.method == "POST":  # first: a browser is proven when all is there, not when its sender began
                    await request.body()
                visit = await arrive_at(request, parts, proves=proves)
                return nowhere() if visit is None else await handler(visit)
            except HTTPException as error:
                return await failed(request, error)

        return path, asked, methods or ("GET",)

    async def static(request: PageRequest) -> HotResponse:
        asset = parts.assets.get(request.names["name"])
        if asset is None:
            return await failed(request, HTTPException(404))
        return HotResponse(200, asset.headers, asset.body)

    rows = [
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
        page("/admin/risk", risk, "GET", "POST"),
        page("/admin/customers", customers, "GET", "POST"),
        page("/admin/customers/{customer}", customer),
        page("/admin/customers/{customer}/merge", merging, "GET", "POST"),
        page("/admin/privacy", privacy_requests),
        page("/admin/privacy/{request}", privacy_request, "GET", "POST"),
        page("/setup/{token}", setup, "GET", "POST"),
        ("/static/{name}", static, ("GET",)),
    ]
    if parts.mailbox is not None:
        rows += [
            page("/dev/mailbox", mailbox),
            page("/dev/mailbox/{id}", message),
            page("/dev/mailbox/{id}/html", message_html),
        ]
    return rows


async def _left_to_the_edge(_request: Request, error: Exception) -> Response:
    """Raise the fault again: Starlette would answer in a line of English, where the edge has a page."""
    raise error


class _Sent:
    """The framework's headers as ours are asked for."""

    __slots__ = ("_headers",)

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def get(self, key: str, default: str | None = None) -> str | None:
        return self._headers.get(key, default)

    def get_all(self, key: str) -> Sequence[str]:
        return self._headers.getlist(key)


def _request(request: Request) -> PageRequest:
    """Return what came by way of the framework."""
    scope = request.scope
    return PageRequest(
        request.method,
        scope["path"][len(scope.get("root_path", "")) :],
        scope["query_string"].decode("utf-8", "replace"),
        _Sent(request.headers),
        request.state.arrival,
        request.state.csp,
        request.path_params,
        request.body,
    )


def _framed(answer: HotResponse) -> Response:
    """Return a page's whole answer as the framework sends it."""
    response = Response(answer.body, answer.status)
    response.raw_headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    return response
