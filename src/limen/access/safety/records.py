"""A recovery request, a link in a notice, and a trusted device: as stored, and what is sealed in them."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

import msgspec

from limen.kernel.clock import DAY, Instant
from limen.kernel.encoding import encode_json
from limen.kernel.ids import BrowserId, CustomerId, DeviceId, RecoveryId
from limen.kernel.masked import Masked


class RequestState(StrEnum):
    """Where a recovery request stands. The first two are open."""

    WAITING = "waiting"
    READY = "ready"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN = (RequestState.WAITING, RequestState.READY)


@dataclass(frozen=True, slots=True)
class RecoveryRequest:
    """Somebody proved the mailbox and says that every second factor is lost.

    It becomes ready when all its notices went out, a day apart. An outage therefore makes the period longer, never
    shorter.

    Attributes:
        sealed: an :class:`Asker` under the customer's key.
        notices_left: how many notices are still to come; with the last the request is ready.
        due_at: when the next notice is due; of a ready request, when it ends.
    """

    id: RecoveryId
    customer_id: CustomerId
    state: RequestState
    sealed: bytes = field(repr=False)
    notices_left: int
    created_at: Instant
    due_at: Instant
    closed_at: Instant | None = None

    @property
    def is_ready(self) -> bool:
        """Tell whether the reset may go on without the lost factors."""
        return self.state is RequestState.READY

    @property
    def ready_at(self) -> Instant:
        """Return the earliest instant at which it is ready, as it looks now."""
        return self.due_at + max(0, self.notices_left - 1) * DAY

    def told(self, now: Instant, ready_for: int) -> "RecoveryRequest":
        """Return the request one notice on; with the last it is ready, for *ready_for* microseconds."""
        left = self.notices_left - 1
        if left > 0:
            return replace(self, notices_left=left, due_at=now + DAY)
        return replace(self, notices_left=0, state=RequestState.READY, due_at=now + ready_for)

    def closed(self, state: RequestState, now: Instant) -> "RecoveryRequest":
        """Return the request at its end."""
        return replace(self, state=state, closed_at=now)


class Asker(Masked, msgspec.Struct, frozen=True):
    """Who asked: what the browser calls itself, the network address, and the language."""

    user_agent: str = ""
    address: str = ""
    locale: str = "en"

    def __repr__(self) -> str:
        """Show nothing personal."""
        return "Asker(****)"


class LinkKind(StrEnum):
    """What a link in a notice does."""

    SECURE = "secure"
    UNDO_EMAIL = "undo_email"
    CANCEL_RECOVERY = "cancel_recovery"


class LinkContent(Masked, msgspec.Struct, frozen=True):
    """What is sealed of a link.

    Attributes:
        address: whom it was mailed to: the address that the account goes back to.
        about: the template of the notice it came with.
        phone: the number that was taken away, and comes back; empty for none.
    """

    address: str
    about: str
    phone: str = ""

    def __repr__(self) -> str:
        """Show nothing personal."""
        return f"LinkContent(****, {self.about!r})"


@dataclass(frozen=True, slots=True)
class AccountLink:
    """A link in a notice. ``link_hash`` is the SHA-256 of its token; ``target`` the recovery request it cancels."""

    link_hash: bytes = field(repr=False)
    customer_id: CustomerId
    kind: LinkKind
    target: str
    sealed: bytes = field(repr=False)
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None = None


class DeviceWords(Masked, msgspec.Struct, frozen=True):
    """What is sealed of a trusted device: how the browser calls itself."""

    user_agent: str = ""

    def __repr__(self) -> str:
        """Show nothing personal."""
        return "DeviceWords(****)"


@dataclass(frozen=True, slots=True)
class TrustedDevice:
    """A browser that a customer trusts. It has no secret of its own: it counts where that browser's cookie proves it.

    ``sealed`` is a :class:`DeviceWords` under the customer's key.
    """

    id: DeviceId
    customer_id: CustomerId
    browser_id: BrowserId
    sealed: bytes = field(repr=False)
    created_at: Instant
    used_at: Instant
    expires_at: Instant


class Blinder(Protocol):
    """What this package asks of a tenant's vault (``keyring.TenantVault``)."""

    def blind(self, kind: str, normalised: str) -> bytes:
        """Return a keyed hash of a text among those of its kind."""
        ...


class Sealer(Protocol):
    """What this package asks of a customer's vault (``keyring.SubjectVault``)."""

    @property
    def tenant(self) -> Blinder:
        """Return the vault of the customer's tenant."""
        ...

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        """Return the envelope."""
        ...

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes:
        """Return the plaintext."""
        ...


_REQUEST, _LINK, _DEVICE = "recovery.request", "account.link", "trusted.device"
_askers = msgspec.json.Decoder(Asker)
_links = msgspec.json.Decoder(LinkContent)
_devices = msgspec.json.Decoder(DeviceWords)


def seal_asker(vault: Sealer, request_id: RecoveryId, asker: Asker) -> bytes:
    """Return *asker* as it is stored."""
    return vault.seal(_REQUEST, request_id, encode_json(asker))


def open_asker(vault: Sealer, request: RecoveryRequest) -> Asker:
    """Return who asked."""
    return _askers.decode(vault.unseal(_REQUEST, request.id, request.sealed))


def seal_link(vault: Sealer, hashed: bytes, content: LinkContent) -> bytes:
    """Return *content* as it is stored."""
    return vault.seal(_LINK, hashed.hex(), encode_json(content))


def open_link(vault: Sealer, link: AccountLink) -> LinkContent:
    """Return what a link holds."""
    return _links.decode(vault.unseal(_LINK, link.link_hash.hex(), link.sealed))


def seal_device(vault: Sealer, device_id: DeviceId, words: DeviceWords) -> bytes:
    """Return *words* as they are stored."""
    return vault.seal(_DEVICE, device_id, encode_json(words))


def open_device(vault: Sealer, device: TrustedDevice) -> DeviceWords:
    """Return how a device calls itself."""
    return _devices.decode(vault.unseal(_DEVICE, device.id, device.sealed))
