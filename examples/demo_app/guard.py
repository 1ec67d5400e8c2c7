"""Headers on every answer, and no form posted from another site."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examples.demo_app.settings import Settings


class GuardMiddleware:
    """Adds the security headers; refuses cross-site posts."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Wrap *app*."""
        self._app = app
        self._origin = settings.base_url
        # Browsers hold form-action against redirects too, and signing out is a form that leads to the provider.
        policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; "
            f"form-action 'self' {settings.issuer_origin}; frame-ancestors 'none'; base-uri 'none'"
        )
        self._headers = {
            "content-security-policy": policy,
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                # pages speak of one person; the stylesheet does not
                kept = "no-store" if not scope["path"].startswith("/static/") else "public, max-age=300"
                headers.setdefault("cache-control", kept)
            await send(message)

        if scope["method"] not in {"GET", "HEAD"} and not self._ours(Headers(scope=scope)):
            await PlainTextResponse("This form was not sent from our own page.", 403)(scope, receive, sending)
            return
        await self._app(scope, receive, sending)

    def _ours(self, headers: Headers) -> bool:
        """Tell whether the browser vouches that the form is from our own origin (Fetch Metadata, or Origin)."""
        site = headers.get("sec-fetch-site")
        return site == "same-origin" if site else headers.get("origin") == self._origin
