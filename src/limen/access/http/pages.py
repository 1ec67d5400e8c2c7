"""A request for a page, as pages see it: whatever server or framework it came through."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol
from urllib.parse import parse_qsl

import msgspec

from limen.access.http.records import Headers, HotResponse


class Came(Protocol):
    """What the edge knows of a request."""

    @property
    def request_id(self) -> str:
        """Return its name in logs."""
        ...

    @property
    def address(self) -> str:
        """Return the client's address; personal data."""
        ...

    @property
    def prefix(self) -> str:
        """Return the tenant's path prefix."""
        ...


class PagePolicy(Protocol):
    """The content security policy of the answer."""

    @property
    def nonce(self) -> str:
        """Return the nonce of its script and style."""
        ...

    def allow_form_target(self, uri: str) -> None:
        """Let forms lead to the origin of *uri*; ``ValueError`` where it has none."""
        ...

    def allow_handing_on(self, uri: str) -> None:
        """Let whoever *uri* is send the browser on, after the one form of this page."""

    def allow_frame(self, uri: str) -> None:
        """Let the page frame the origin of *uri*; ``ValueError`` where it has none."""
        ...

    def allow_widget(self, sources: Iterable[str]) -> None:
        """Let the page use a widget of *sources*."""
        ...


class PageRequest:
    """One request for a page. Cookies, query and body are read when somebody asks for them, and once.

    Attributes:
        method: upper case.
        path: below the tenant's prefix, percent-decoded.
        query: raw, without the question mark.
        headers: asked for by lower-case name.
        arrival: what the edge knows of it.
        policy: the content security policy of its answer.
        names: what the page's path names: ``{"journey": "jrn_…"}``.
    """

    __slots__ = (
        "_body", "_cookies", "_parameters", "_read", "arrival", "headers", "method", "names", "path", "policy", "query"
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - all that a request is
        self,
        method: str,
        path: str,
        query: str,
        headers: Headers,
        arrival: Came,
        policy: PagePolicy,
        names: Mapping[str, str],
        read: Callable[[], Awaitable[bytes]],
    ) -> None:
        """Take a request's parts; *read* reads the body, within the edge's limits."""
        self.method, self.path, self.query, self.headers = method, path, query, headers
        self.arrival, self.policy, self.names, self._read = arrival, policy, names, read
        self._body: bytes | None = None
        self._cookies: dict[str, str] | None = None
        self._parameters: dict[str, str] | None = None

    async def body(self) -> bytes:
        """Return the whole body."""
        if self._body is None:
            self._body = await self._read()
        return self._body

    @property
    def cookies(self) -> Mapping[str, str]:
        """Return the cookies by name; of one name the last."""
        if self._cookies is None:
            self._cookies = read_cookies("; ".join(self.headers.get_all("cookie")))
        return self._cookies

    def parameter(self, name: str) -> str:
        """Return the query's last *name*, or nothing; decoded as leniently as browsers encode."""
        if self._parameters is None:
            self._parameters = dict(parse_qsl(self.query, keep_blank_values=True)) if self.query else {}
        return self._parameters.get(name, "")


def read_cookies(header: str) -> dict[str, str]:
    """Return the cookies of a ``Cookie`` *header* (RFC 6265 §5.4); what is no pair has no name."""
    found: dict[str, str] = {}
    if not header:
        return found
    for pair in header.split(";"):
        name, is_pair, value = pair.partition("=")
        name, value = (name.strip(), value.strip()) if is_pair else ("", name.strip())
        if name or value:
            found[name] = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    return found


Handle = Callable[[PageRequest], Awaitable[HotResponse]]
"""What answers a page."""


class Page(msgspec.Struct, frozen=True):
    """A page as it is mounted: the template of its path, which is its label in metrics and logs, and what answers."""

    path: str
    handle: Handle


class Find(Protocol):
    """Finds the page of a method and a path below a tenant's prefix, with what its path names."""

    def __call__(self, method: str, path: str, /) -> tuple[Page, Mapping[str, str]] | None:
        """Return them; None where no page answers that."""
        ...
