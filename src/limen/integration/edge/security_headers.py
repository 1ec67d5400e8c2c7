"""Security headers and the content security policy of each answer.

The policy is strict: nothing from elsewhere, no inline script or style without the answer's nonce, no framing. One
thing varies: Chromium enforces ``form-action`` on the redirect after a POST too, so that the page whose form leads on
to a relying party must name that party: its handler calls :meth:`ContentPolicy.allow_form_target` with the proven
redirect URI.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from limen.access.http import HotResponse
from limen.integration.edge.asgi import AsgiApp, Message, RawHeaders, Receive, Scope, Send, add_missing
from limen.kernel.entropy import Entropy

Pairs = tuple[tuple[str, str], ...]
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,63}")
_FORBIDDEN_SCHEMES: Final = frozenset({"javascript", "data", "blob", "filesystem", "vbscript", "file", "about"})
_BARE_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_PERMISSIONS: Final = (
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)"
)
_ALWAYS: Final = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
    ("permissions-policy", _PERMISSIONS),
)
_RAW: Final[RawHeaders] = [(name.encode(), value.encode()) for name, value in _ALWAYS]
_NAMES: Final = frozenset(name for name, _ in _ALWAYS) | {
    "content-security-policy",
    "x-request-id",
    "strict-transport-security",
}


class ContentPolicy:
    """The policy of one answer, at ``scope["state"]["csp"]`` (``request.state.csp``)."""

    __slots__ = ("_entropy", "_form_targets", "_frames", "_nonce", "_widgets")

    def __init__(self, entropy: Entropy) -> None:
        """Draw the nonce from *entropy*, if anybody asks for it."""
        self._entropy = entropy
        self._nonce = ""
        self._form_targets: list[str] = []
        self._frames: list[str] = []
        self._widgets: tuple[str, ...] = ()

    @property
    def nonce(self) -> str:
        """Return the nonce for ``<script nonce>`` and ``<style nonce>`` of this answer: 128 bits, base64."""
        if not self._nonce:
            self._nonce = base64.b64encode(self._entropy.bytes(16)).decode("ascii")
        return self._nonce

    def allow_form_target(self, uri: str) -> None:
        """Let forms of this page lead to the origin of *uri*, a proven redirect URI.

        Raises:
            ValueError: *uri* has no origin that a policy can name; nothing is allowed then.
        """
        source = form_source(uri)
        if source not in self._form_targets:
            self._form_targets.append(source)

    def allow_handing_on(self, uri: str) -> None:
        """Let whoever *uri* is send the browser on to wherever it likes, over the scheme of *uri*.

        For a page whose one form the browser itself sends there, with nothing to type into: Chromium holds every
        redirect after a form to the policy, so that an application could not answer it with one to another origin.
        """
        scheme = f"{urlsplit(uri).scheme.lower()}:"
        if scheme in {"http:", "https:"} and scheme not in self._form_targets:
            self._form_targets.append(scheme)

    def allow_frame(self, uri: str) -> None:
        """Let this page frame the origin of *uri*, a registered front-channel logout address.

        Raises:
            ValueError: *uri* has no origin that a policy can name; nothing is allowed then.
        """
        source = form_source(uri)
        if source not in self._frames:
            self._frames.append(source)

    def allow_widget(self, sources: Iterable[str]) -> None:
        """Let this page use a CAPTCHA vendor's widget: constants of ours, never what somebody sent."""
        self._widgets = tuple(sources)

    def render(self) -> str:
        """Return the header's value."""
        widgets = " ".join(("", *self._widgets))
        framed = [*self._frames, *self._widgets]
        frames = f"; frame-src {' '.join(framed)}" if framed else ""
        nonce = f" 'nonce-{self._nonce}'" if self._nonce else ""
        targets = " ".join(("", *self._form_targets))
        own = (
            f"default-src 'none'; script-src 'self'{nonce}{widgets}; style-src 'self'{nonce}{widgets}; "
            f"img-src 'self' data: https:; font-src 'self'; connect-src 'self'{widgets}; "
        )
        return f"{own}form-action 'self'{targets}; frame-ancestors 'none'; base-uri 'none'{frames}"


@lru_cache(maxsize=1024)
def form_source(uri: str) -> str:
    """Return the CSP source of *uri*: its origin, or its scheme where the scheme has no hosts (``com.example.app:``).

    An IPv6 literal cannot be written in a policy (CSP3 §2.3.1); its scheme is named instead, as narrow as the grammar
    lets.

    Raises:
        ValueError: it has none, or one that runs script.
    """
    parts = urlsplit(uri)
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    if not _SCHEME.fullmatch(scheme) or scheme in _FORBIDDEN_SCHEMES:
        raise ValueError("no origin that a policy can name")
    if scheme not in {"http", "https"} or ":" in host:
        return f"{scheme}:"
    if not _HOST.fullmatch(host):
        raise ValueError("no host that a policy can name")
    return f"{scheme}://{host}" + (f":{parts.port}" if parts.port else "")


@dataclass(frozen=True, slots=True)
class TransportSecurity:
    """``Strict-Transport-Security`` (RFC 6797), sent over HTTPS only. ``max_age`` is in seconds; 0 leaves it out."""

    max_age: int = 31_536_000
    include_subdomains: bool = False

    def render(self) -> bytes:
        """Return the header's value."""
        return f"max-age={self.max_age}{'; includeSubDomains' if self.include_subdomains else ''}".encode("ascii")


def guarded(response: HotResponse, marks: Pairs, policy: ContentPolicy, request_id: str, transport: str) -> HotResponse:
    """Return *response* with the headers of every answer and those of *marks*; what it brings itself stays.

    *transport* is the value of ``Strict-Transport-Security``, where it is to be sent.
    """
    brought = dict(response.headers)
    is_page = brought.get("content-type", "").startswith("text/html")
    wanted = (
        *marks,
        *_ALWAYS,
        ("content-security-policy", policy.render() if is_page else _BARE_POLICY),
        ("x-request-id", request_id),
        *((("strict-transport-security", transport),) if transport else ()),
    )
    if marks or not _NAMES.isdisjoint(brought):
        wanted = tuple([pair for pair in wanted if pair[0] not in brought])
    return HotResponse(response.status, (*response.headers, *wanted), response.body)


class SecurityHeaders:
    """Middleware that adds the headers; what the application set itself stays."""

    def __init__(self, app: AsgiApp, entropy: Entropy, transport: TransportSecurity | None = None) -> None:
        """Guard *app* with nonces from *entropy*."""
        self._app = app
        self._entropy = entropy
        self._transport = transport or TransportSecurity()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers added to the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = ContentPolicy(self._entropy)
        scope.setdefault("state", {})["csp"] = policy

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                add_missing(headers, self._wanted(scope, headers, policy))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, guarded)

    def _wanted(self, scope: Scope, headers: RawHeaders, policy: ContentPolicy) -> RawHeaders:
        is_page = any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)
        wanted = [*_RAW, (b"content-security-policy", (policy.render() if is_page else _BARE_POLICY).encode("ascii"))]
        arrival = scope["state"].get("arrival")
        if arrival is not None:
            wanted.append((b"x-request-id", arrival.request_id.encode("ascii")))
        if scope.get("scheme") == "https" and self._transport.max_age:
            wanted.append((b"strict-transport-security", self._transport.render()))
        return wanted
