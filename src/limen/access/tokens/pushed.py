"""Pushed authorization requests as they are kept (RFC 9126 §2.2): one row, sealed, for a minute.

A ``request_uri`` is ``urn:ietf:params:oauth:request_uri:``, the millisecond in which it was made, and 32 random bytes.
Only the SHA-256 of it is stored, behind that millisecond: the index of a table that is filled quickly and emptied
within minutes then grows at its end and not all over. Its life::

    pushed ──a browser comes──▶ held by that browser ──a code is issued──▶ used
       │ its seconds pass           another browser, or its journey's life passes
       └────────────────▶ over ◀───────────────────────────┘

It is used once at the point where a code is issued, not where a page is loaded (RFC 9126 §4, FAPI 2.0 Security Profile
§5.3.2.2): a reload and the back button lead on in the browser that holds it, and nowhere else.
"""

from typing import Final, Protocol

import msgspec

from limen.identity.keyring import TenantVault
from limen.kernel.clock import Clock, Instant
from limen.kernel.encoding import b64url, sha256
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.ids import BrowserId, ClientKey
from limen.kernel.masked import Masked

URN: Final = "urn:ietf:params:oauth:request_uri:"
"""RFC 9126 §2.2."""
_FIELD: Final = "pushed_request"
_TIME: Final = 12
"""Hexadecimal digits of a time in milliseconds: enough until the year 10889."""


class Pushed(Masked, msgspec.Struct, frozen=True):
    """What was pushed: sealed as one value, under a key that follows from the tenant's and from the ``request_uri``.

    It may name a person (``login_hint``), who may have no account: a backup does not open it, since only the client and
    the browser ever know the ``request_uri``.

    Attributes:
        given: the parameters that count, each once; of a request object, only its own (RFC 9101 §6.3).
        is_signed: whether they came in a signed request object.
    """

    given: dict[str, str]
    is_signed: bool = False

    def __repr__(self) -> str:
        """Say nothing of what is personal."""
        return f"Pushed({len(self.given)} parameters)"


class PushedRequest(Masked, msgspec.Struct, frozen=True, gc=False):
    """A pushed request as stored.

    Attributes:
        reference: what its ``request_uri`` is found by (:func:`reference_of`).
        client: who pushed it, and alone may use it.
        sealed: a :class:`Pushed`.
        expires_at: until when a browser may come, or, once one came, until when it may come again.
        browser_id: the browser that holds it; None before one came.
        used_at: when a code was issued for it.
    """

    reference: bytes
    client: ClientKey
    sealed: bytes
    created_at: Instant
    expires_at: Instant
    browser_id: BrowserId | None = None
    used_at: Instant | None = None

    def __repr__(self) -> str:
        """Name neither the request nor its content."""
        return f"PushedRequest({self.client})"

    def is_for(self, client: ClientKey, browser_id: str, now: Instant) -> bool:
        """Tell whether *client* may send the browser here (empty where it is not known) with this request."""
        if self.client != client or self.used_at is not None or self.expires_at <= now:
            return False
        return self.browser_id is None or self.browser_id == browser_id


class PushedRequests(Protocol):
    """One tenant's pushed requests inside one transaction."""

    async def get(self, reference: bytes) -> PushedRequest | None:
        """Return the request."""
        ...

    async def hold(self, reference: bytes, browser_id: BrowserId, now: Instant, until: Instant) -> bool:
        """Let a browser hold the request until *until*; False if it is over, used, or another browser's."""
        ...

    async def use(self, reference: bytes, now: Instant) -> bool:
        """Use the request: True exactly once."""
        ...


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Pushed).decode


def new_request_uri(clock: Clock, entropy: Entropy) -> str:
    """Return a fresh ``request_uri``: the time, and 256 random bits (RFC 9126 §7.1)."""
    return f"{URN}{clock.now() // 1000:0{_TIME}x}{random_token(entropy)}"


def reference_of(request_uri: str) -> bytes:
    """Return what a ``request_uri`` is stored and looked up by: the time in it, and SHA-256 of the whole."""
    return request_uri[len(URN) :][:_TIME].encode() + sha256(request_uri.encode())


def seal_pushed(vault: TenantVault, request_uri: str, reference: bytes, pushed: Pushed) -> bytes:
    """Return *pushed* sealed, bound to its *request_uri* and to the *reference* of it."""
    return vault.borne(_FIELD, request_uri).seal(_FIELD, b64url(reference), _encode(pushed))


def open_pushed(vault: TenantVault, request_uri: str, request: PushedRequest) -> Pushed:
    """Return what was pushed."""
    return _decode(vault.borne(_FIELD, request_uri).unseal(_FIELD, b64url(request.reference), request.sealed))
