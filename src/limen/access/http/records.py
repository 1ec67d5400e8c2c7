"""The records of a hot request and its answer.

They are msgspec structs and not dataclasses because one is made per request: a frozen dataclass of nine fields takes
1.5 µs to build, the struct 0.3. Both are immutable, slotted and compared by value alike.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from limen.kernel.masked import Masked


class Headers(Protocol):
    """Request headers, asked for by lower-case name."""

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return the first value of *key*, or *default*."""
        ...

    def get_all(self, key: str) -> Sequence[str]:
        """Return every value of *key* in order; empty where there is none."""
        ...


class HotRequest(Masked, msgspec.Struct, frozen=True, gc=False):
    """One request as a hot door sees it.

    Attributes:
        method: upper case; a HEAD arrives as GET.
        path: below the tenant's prefix, percent-decoded: ``/token``.
        query: raw, without the question mark.
        headers: asked for by lower-case name.
        body: complete, within the door's limit; empty for GET.
        address: the client's address as the edge established it; personal data.
        request_id: for logs and audit.
        prefix: the tenant's path prefix: ``""`` or ``"/t/{slug}"``.
    """

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    address: str
    request_id: str
    prefix: str

    def __repr__(self) -> str:
        """Name the request without anything personal or secret in it."""
        return f"HotRequest({self.method} {self.path}, request_id={self.request_id})"


class HotResponse(Masked, msgspec.Struct, frozen=True, gc=False):
    """One answer: a status, header pairs with lower-case names, and the whole body.

    ``content-length`` is added by the server. A body may hold tokens, so that it is not part of the ``repr``.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __repr__(self) -> str:
        """Name the answer without its body."""
        return f"HotResponse({self.status}, {len(self.body)} bytes)"


HotDoor = Callable[[HotRequest], Awaitable[HotResponse]]
"""What answers one hot path."""

AtOnce = Callable[[str, str, str | None], HotResponse | None]
"""(prefix, path, ``If-None-Match``) to the whole answer of a GET, if it is in memory: no request is made of it then."""


class Door(msgspec.Struct, frozen=True):
    """A hot door as it is mounted.

    Attributes:
        name: the label in metrics and logs: ``token``.
        handle: what answers.
        methods: what it answers to, upper case; HEAD follows from GET, OPTIONS is answered by the server.
        max_body: bytes; what is longer is refused with 413 before it is read.
        cross_origin: whether scripts of any origin may call it (CORS without credentials; the door reads no cookie).
        at_once: what a GET is answered by before anything else, where it can; the same answer as *handle* would give.
    """

    name: str
    handle: HotDoor
    methods: tuple[str, ...] = ("GET",)
    max_body: int = 65_536
    cross_origin: bool = False
    at_once: AtOnce | None = None
