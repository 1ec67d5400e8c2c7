"""What we ask of other servers on behalf of a client: keys, documents, notifications.

Whoever names the address is not to be trusted with what our network can reach. There is one way out, and it keeps the
rules of ``limen.integration.outgoing``: https, public addresses, no redirects, small and short.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

from limen.kernel.clock import Instant
from limen.kernel.errors import Refusal, Unavailable
from limen.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is fetched, and within which limits.

    Attributes:
        purpose: a word for logs and metrics.
        media_types: what may be answered, without parameters; others are refused.
        max_bytes: of the body.
        seconds: for everything together: waiting for a place, DNS, TLS, the answer.
        shortest: seconds for which an answer is kept even if it says less.
        usual: seconds for which an answer is kept that says nothing.
        longest: seconds after which it is asked for again, whatever it said.
        failures: seconds for which a failure is kept, so that a name that hangs costs one wait and not one each.
        headers: further headers, in lower case; the same for every address that is asked for *purpose*, or else nothing
            is to be answered from memory. One for ``accept`` takes the place of what *media_types* make.
    """

    purpose: str
    media_types: tuple[str, ...]
    max_bytes: int = 65_536
    seconds: float = 5.0
    shortest: int = 60
    usual: int = 300
    longest: int = 3_600
    failures: int = 30
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with status 200. ``fetched_at`` is the instant of the answer, ``fresh_until`` that of its end."""

    url: str
    body: bytes
    media_type: str
    fetched_at: Instant
    fresh_until: Instant


@dataclass(frozen=True, slots=True)
class Notice:
    """What is posted: JSON, or a form.

    Attributes:
        bearer: shown as an ``Authorization`` header.
        headers: further headers, in lower case: signatures, and other ways to authenticate.
        any_status: whether every status is an answer to be handed back, and not only 200 to 299.
    """

    purpose: str
    body: bytes
    media_type: str
    bearer: Secret | None = None
    seconds: float = 5.0
    headers: tuple[tuple[str, Secret], ...] = ()
    any_status: bool = False


class Outgoing(Protocol):
    """The one way out.

    All return ``Invalid("outgoing_forbidden")`` for an address that is never asked, ``Invalid("outgoing_unexpected")``
    for an answer that will not do, and ``Unavailable("outgoing_unreachable")`` where there was none in time; the
    refusal's detail is for logs, and must not be told to whoever named the address (it would map our network).
    """

    async def fetch(self, url: str, wanted: Wanted, *, newer_than: Instant = 0) -> Fetched | Refusal:
        """Return what is at *url*, from memory while it is fresh and younger than *newer_than*."""
        ...

    async def post(self, url: str, notice: Notice) -> int | Refusal:
        """Post *notice* to *url* and return the status. Nothing of the answer's body is kept."""
        ...

    async def ask(self, url: str, notice: Notice) -> bytes | Refusal:
        """Post *notice* to *url* and return the body of its good answer, 64 KB at the most."""
        ...


class NoWayOut:
    """An :class:`Outgoing` that reaches nobody: for tools and tests that must not."""

    async def fetch(self, url: str, wanted: Wanted, *, newer_than: Instant = 0) -> Fetched | Refusal:  # noqa: ARG002
        """Refuse."""
        return Unavailable("outgoing_unreachable", wanted.purpose)

    async def post(self, url: str, notice: Notice) -> int | Refusal:  # noqa: ARG002
        """Refuse."""
        return Unavailable("outgoing_unreachable", notice.purpose)

    async def ask(self, url: str, notice: Notice) -> bytes | Refusal:  # noqa: ARG002
        """Refuse."""
        return Unavailable("outgoing_unreachable", notice.purpose)


NO_WAY_OUT: Final = NoWayOut()
