"""The shop's pages."""

import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import httpx2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from examples.demo_app.guard import GuardMiddleware
from examples.demo_app.pages import Pages
from examples.demo_app.provider import Provider
from examples.demo_app.sessions import SessionMiddleware, SessionStore
from examples.demo_app.settings import Settings
from examples.demo_app.tokens import Account
from examples.demo_app.trouble import ProviderRefused, ProviderWrong, Trouble

_HERE = Path(__file__).resolve().parent


class Shop:
    """The handlers; one per door."""

    def __init__(self, settings: Settings, provider: Provider, now: Callable[[], float]) -> None:
        """Open the shop."""
        self._provider = provider
        self._pages = Pages(settings, now)
        self._now = now

    async def home(self, request: Request) -> Response:
        """Show the shelves."""
        return self._pages.render(request, "home.html")

    async def health(self, _request: Request) -> Response:
        """Say that the shop is open, whatever the provider does."""
        return PlainTextResponse("ok")

    async def sign_in(self, request: Request) -> Response:
        """Send the customer to the provider."""
        return await self._provider.sign_in(request)

    async def callback(self, request: Request) -> Response:
        """Take the customer back, with a code or a refusal."""
        try:
            token = await self._provider.redeem(request)
        except ProviderWrong as wrong:
            if wrong.code == "state" and "account" in request.session:  # the back button, or a reload
                return _to("/account")
            raise
        account = Account(dict(token["userinfo"]), "", "", "", "", [])
        account.record(token, int(self._now()))
        request.session.clear()
        request.session["account"] = account
        request.scope["session_renew"] = True
        return _to("/account")

    async def account(self, request: Request) -> Response:
        """Show what the provider told."""
        if "account" not in request.session:
            return _to("/")
        return self._pages.render(request, "account.html")

    async def userinfo(self, request: Request) -> Response:
        """Ask the userinfo endpoint."""
        account = _account(request)
        account.userinfo = await self._provider.userinfo(account.access_token, account.claims["sub"])
        account.userinfo_at = int(self._now())
        return _to("/account#userinfo")

    async def refresh(self, request: Request) -> Response:
        """Exchange the refresh token."""
        account = _account(request)
        async with account.lock:
            if not account.refresh_token:
                raise ProviderRefused("We were never given a refresh token.", "no_refresh_token")
            try:
                token = await self._provider.refresh(account.refresh_token, account.claims["sub"])
            except ProviderRefused as refused:
                if refused.code == "invalid_grant":  # revoked, run out or used twice: it will never work again
                    account.refresh_token = ""
                raise
            account.claims |= token.get("userinfo", {})
            account.record(token, int(self._now()))
        return _to("/account#tokens")

    async def sign_out(self, request: Request) -> Response:
        """Forget the customer here, then let the provider forget them too."""
        account = request.session.get("account")
        request.session.clear()
        request.scope["session_renew"] = True
        if not isinstance(account, Account):
            return _to("/")
        try:
            away = await self._provider.sign_out(request, account.id_token)
        except Trouble:
            away = None  # whatever the provider does, here the customer is signed out
        if away is None:
            return _to("/signed-out")
        away.status_code = HTTPStatus.SEE_OTHER
        return away

    async def signed_out(self, request: Request) -> Response:
        """Say goodbye."""
        everywhere = await self._provider.signed_out(request)
        return self._pages.render(request, "signed_out.html", {"everywhere": everywhere})

    async def trouble(self, request: Request, error: Exception) -> Response:
        """Show what went wrong, and the way on."""
        if isinstance(error, HTTPException):
            lost = error.status_code == HTTPStatus.NOT_FOUND
            text = "There is nothing planted here." if lost else "That door does not open this way."
            trouble = Trouble(text, f"HTTP {error.status_code}")
            trouble.status, trouble.title = error.status_code, "Bare soil" if lost else "Locked gate"
        else:
            trouble = error if isinstance(error, Trouble) else Trouble("It is our mistake, not yours.")
        return self._pages.render(request, "trouble.html", {"trouble": trouble}, trouble.status)


def create_app(
    settings: Settings,
    transport: httpx2.AsyncBaseTransport | None = None,
    now: Callable[[], float] = time.time,
) -> Starlette:
    """Return the shop as an ASGI application; *transport* replaces the network in tests."""
    shop = Shop(settings, Provider(settings, transport), now)
    return Starlette(
        routes=[
            Route("/", shop.home),
            Route("/health", shop.health),
            Route("/sign-in", shop.sign_in),
            Route("/callback", shop.callback),
            Route("/account", shop.account),
            Route("/userinfo", shop.userinfo, methods=["POST"]),
            Route("/refresh", shop.refresh, methods=["POST"]),
            Route("/sign-out", shop.sign_out, methods=["POST"]),
            Route("/signed-out", shop.signed_out),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[
            Middleware(GuardMiddleware, settings=settings),
            Middleware(SessionMiddleware, store=SessionStore(now), secure=settings.secure),
        ],
        exception_handlers={Trouble: shop.trouble, HTTPException: shop.trouble},
    )


def _account(request: Request) -> Account:
    account = request.session.get("account")
    if not isinstance(account, Account):
        raise ProviderRefused("You are not signed in here any more.", "signed_out")
    return account


def _to(path: str) -> Response:
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)
