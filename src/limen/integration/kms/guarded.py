"""What surrounds every KMS: the former root key, counting, and a pause after a failure."""

from collections.abc import Callable
from typing import Final

from limen.identity.keyring import KeyWrapper
from limen.kernel.clock import Clock
from limen.kernel.errors import Fault, Misconfigured, Outage, Refusal

PREFIX: Final = b"\x02"
"""What a wrapping of a KMS begins with; those of the keyring file begin with 0x01."""
PAUSE_SECONDS: Final = 5.0
_PROBE: Final = b"limen.probe"
Count = Callable[[str, str], None]
"""Hears of an operation and its outcome."""


class Successor:
    """A KMS in the place of the keyring file's root key, which still unwraps what it wrapped."""

    def __init__(self, active: KeyWrapper, former: KeyWrapper) -> None:
        """Wrap by *active*; unwrap by whoever wrapped."""
        self._active, self._former = active, former

    @property
    def key_id(self) -> str:
        """The name of the root key that the latest wrapping used."""
        return self._active.key_id

    async def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Wrap by the KMS."""
        return PREFIX + await self._active.wrap(plaintext, context)

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Unwrap by whoever wrapped."""
        if wrapped.startswith(PREFIX):
            return await self._active.unwrap(wrapped[len(PREFIX) :], context)
        return await self._former.unwrap(wrapped, context)

    async def rotate_root(self) -> str | Refusal:
        """Have the KMS make a new version."""
        return await self._active.rotate_root()


class GuardedWrapper:
    """Counts what is asked, and spares the KMS, and everybody who would wait for it, while it does not answer."""

    def __init__(self, inner: KeyWrapper, clock: Clock, count: Count = lambda _operation, _outcome: None) -> None:
        """Ask *inner*."""
        self._inner, self._clock, self.count = inner, clock, count
        self._away_until = float("-inf")

    @property
    def key_id(self) -> str:
        """The name of the root key that the latest wrapping used."""
        return self._inner.key_id

    async def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Wrap, unless it failed just now."""
        self._must_be_there()
        try:
            wrapped = await self._inner.wrap(plaintext, context)
        except Fault as fault:
            self._failed("wrap", fault)
            raise
        self.count("wrap", "ok")
        return wrapped

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Unwrap, unless it failed just now."""
        self._must_be_there()
        try:
            plaintext = await self._inner.unwrap(wrapped, context)
        except Fault as fault:
            self._failed("unwrap", fault)
            raise
        self.count("unwrap", "ok")
        return plaintext

    async def rotate_root(self) -> str | Refusal:
        """Have a new version made."""
        return await self._inner.rotate_root()

    def _must_be_there(self) -> None:
        left = self._away_until - self._clock.monotonic()
        if left > 0:
            raise Outage("the KMS did not answer just now", max(1, round(left)))

    def _failed(self, operation: str, fault: Fault) -> None:
        self.count(operation, "away" if isinstance(fault, Outage) else "failed")
        if isinstance(fault, Outage):
            self._away_until = self._clock.monotonic() + PAUSE_SECONDS


async def probe(wrapper: KeyWrapper, random: bytes) -> None:
    """See that the KMS wraps and unwraps.

    Raises:
        Misconfigured: it does not; the message says why.
    """
    hint = "see the settings kms.*, and that it runs; limen doctor asks it again"
    try:
        found = await wrapper.unwrap(await wrapper.wrap(random, _PROBE), _PROBE)
    except Outage as away:
        raise Misconfigured(f"the KMS is not to be used: {away}", hint) from None
    if found != random:
        raise Misconfigured("the KMS gave back something else than it was given", hint)
