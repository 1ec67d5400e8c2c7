"""Root keys and epoch keys: the protocols a KMS fits, and the keyring file that is there by default."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol, Self

from limen.identity.keyring.envelope import KEY_BYTES, Place, SealingKey, key_version, seal, unseal
from limen.identity.keyring.keyfile import EpochKey, KeyFile, Keys, RootKey
from limen.kernel.clock import MINUTE, Clock, Instant, micros
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Misconfigured, Refusal
from limen.kernel.secret import Secret

SETTLE: Final[Instant] = 10 * MINUTE
"""How long a retired key is kept at least: by then every process writes under its successor."""
_LOOK_AGAIN_SECONDS: Final = 10.0  # far below SETTLE: whoever missed the news writes under a key that still lives
_LEAST_DISTINCT_BYTES: Final = 8  # 32 random bytes never have so few; "AAAA…" and "0123" placeholders do
_WRAP_FIELD: Final = "keyring.tenant_key"


class KeyWrapper(Protocol):
    """Wraps tenant keys under a root key that it does not show. A KMS, a PKCS#11 token, or the keyring file."""

    @property
    def key_id(self) -> str:
        """The name of the root key that the latest :meth:`wrap` used."""
        ...

    async def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Return *plaintext* (32 bytes) wrapped under the active root key and bound to *context*.

        Raises:
            Outage: who holds the root key does not answer.
        """
        ...

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return what :meth:`wrap` wrapped for the same *context*, under whichever root key it was.

        Raises:
            Corrupted: it was changed or moved.
            Misconfigured: its root key is not there.
            Outage: who holds the root key does not answer.
        """
        ...

    async def rotate_root(self) -> str | Refusal:
        """Make a new root key, which wraps from now on, and return its name; older ones stay, to unwrap.

        Raises:
            Outage: who holds the root key does not answer.
        """
        ...


class EpochKeys(Protocol):
    """The epoch keys, which are in no database. Exactly one is current."""

    async def current_epoch(self) -> EpochKey:
        """Return the current epoch key; where it is older than an epoch lasts, begin the next one first."""
        ...

    async def epoch(self, epoch_id: int) -> EpochKey | None:
        """Return an epoch key that is not destroyed, or None."""
        ...

    async def epochs(self) -> Sequence[EpochKey]:
        """Return all that are not destroyed, oldest first; the last is current."""
        ...

    async def begin_epoch(self) -> EpochKey:
        """Retire the current epoch key and return its successor."""
        ...

    async def destroy_epoch(self, epoch_id: int) -> Conflict | None:
        """Destroy a retired epoch key for good; None also where it is gone already.

        Refused with ``epoch_is_current``, or ``epoch_not_settled`` where it was retired less than ``SETTLE`` ago.
        """
        ...


@dataclass(frozen=True, slots=True)
class KeyringSettings:
    """The keyring's section of the configuration.

    Attributes:
        path: the keyring file.
        roots: root keys from the environment, the active one first, each 32 bytes as base64url. Where empty, the file
            holds the root keys as well.
        epoch_lifetime: how long an epoch lasts: until then a backup of the key store can undo an erasure.
        elsewhere: whether somebody else holds the active root key: the file then needs none, and those that it has
            were active once.
    """

    path: Path
    roots: tuple[Secret, ...] = ()
    epoch_lifetime: timedelta = timedelta(days=30)
    elsewhere: bool = False


class FileKeyring:
    """The keyring file as :class:`KeyWrapper` and :class:`EpochKeys`.

    The keys are read at start-up and held in memory; later file IO runs in a thread.
    """

    def __init__(self, settings: KeyringSettings, clock: Clock, entropy: Entropy) -> None:
        """Take the parts; use :meth:`load` or :meth:`ensure`."""
        self._file = KeyFile(settings.path)
        self._given = tuple(_given_root(secret) for secret in settings.roots)
        self._lifetime = micros(settings.epoch_lifetime)
        self._elsewhere = settings.elsewhere
        self._clock = clock
        self._entropy = entropy
        self._keys = Keys((), ())
        self._epochs: dict[int, EpochKey] = {}
        self._looked = 0.0

    @classmethod
    def load(cls, settings: KeyringSettings, clock: Clock, entropy: Entropy) -> Self:
        """Return the keyring of an existing file. Blocks: start-up only.

        Raises:
            Misconfigured: the file is missing, open to others or damaged, or there is no usable root key.
        """
        keyring = cls(settings, clock, entropy)
        return keyring._started(keyring._file.read())

    @classmethod
    def ensure(cls, settings: KeyringSettings, clock: Clock, entropy: Entropy) -> Self:
        """Return the keyring, making the file on first use (directory 0700, file 0600). Blocks: start-up only.

        Raises:
            Misconfigured: as for :meth:`load`, or the file cannot be made.
        """
        keyring = cls(settings, clock, entropy)
        return keyring._started(keyring._file.ensure(keyring._first_keys))

    @property
    def key_id(self) -> str:
        """The name of the active root key."""
        return self._active.name

    def root_names(self) -> Sequence[str]:
        """Return the names of the root keys that are there, the active one included."""
        return [root.name for root in self._roots.values()]

    async def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Return *plaintext* in an envelope under the active root key, bound to *context*."""
        await self._look_again()
        root = self._active
        return seal(SealingKey.load(root.number, root.key), _wrap_place(context), plaintext, self._entropy)

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return what :meth:`wrap` wrapped for *context*.

        Raises:
            Corrupted: it was changed or moved.
            Misconfigured: its root key is not there.
        """
        number = key_version(wrapped)
        if number not in self._roots:
            await self._refresh()
        root = self._roots.get(number)
        if root is None:
            msg = f"the root key root:{number:08x} is not there"
            raise Misconfigured(msg, "restore the keyring file, or set LIMEN_ROOT_KEY to the key that was in use")
        return unseal(SealingKey.load(number, root.key), _wrap_place(context), wrapped)

    async def rotate_root(self) -> str | Conflict:
        """Retire the file's active root key and return its successor's name. Tenant keys are re-wrapped by ``Upkeep``.

        Refused with ``root_from_environment`` where the root key is not ours to make.
        """
        if self._given:
            return Conflict("root_from_environment", "rotate by setting a new LIMEN_ROOT_KEY and keeping the old one")
        await self._update(lambda keys: replace(keys, roots=(*self._retired_roots(keys), self._new_root())))
        return self.key_id

    async def destroy_root(self, key_id: str) -> Conflict | None:
        """Destroy a retired root key of the file, once nothing is wrapped under it; None also where it is gone.

        Refused with ``root_is_active``, or ``root_not_settled`` where it was retired less than ``SETTLE`` ago.
        """
        await self._refresh()
        if not self._elsewhere and key_id == self.key_id:
            return Conflict("root_is_active")
        waits = not self._elsewhere  # whoever holds the active root key has held it for long
        if waits and any(root.name == key_id and not self._is_settled(root.retired_at) for root in self._keys.roots):
            return Conflict("root_not_settled")
        await self._update(lambda keys: replace(keys, roots=tuple(one for one in keys.roots if one.name != key_id)))
        return None

    async def current_epoch(self) -> EpochKey:
        """Return the current epoch key, beginning a new epoch where this one has lasted long enough."""
        await self._look_again()
        if self._is_due(self._keys.epochs[-1]):
            await self._update(lambda keys: self._turned(keys) if self._is_due(keys.epochs[-1]) else keys)
        return self._keys.epochs[-1]

    async def epoch(self, epoch_id: int) -> EpochKey | None:
        """Return an epoch key that is not destroyed, or None."""
        found = self._epochs.get(epoch_id)
        if found is None and epoch_id > self._keys.epochs[-1].id:  # begun by another process
            await self._refresh()
            found = self._epochs.get(epoch_id)
        return found

    async def epochs(self) -> Sequence[EpochKey]:
        """Return all epoch keys as the file has them now, oldest first."""
        await self._refresh()
        return self._keys.epochs

    async def begin_epoch(self) -> EpochKey:
        """Retire the current epoch key and return its successor."""
        await self._update(self._turned)
        return self._keys.epochs[-1]

    async def destroy_epoch(self, epoch_id: int) -> Conflict | None:
        """Rewrite the file without a retired epoch key, durably. Refusals as in :class:`EpochKeys`."""
        await self._refresh()
        doomed = self._epochs.get(epoch_id)
        if doomed is None:
            return None
        if doomed.id == self._keys.epochs[-1].id:
            return Conflict("epoch_is_current")
        if not self._is_settled(doomed.retired_at):
            return Conflict("epoch_not_settled")
        await self._update(lambda keys: replace(keys, epochs=tuple(one for one in keys.epochs if one.id != epoch_id)))
        return None

    @property
    def _active(self) -> RootKey:
        return self._given[0] if self._given else self._keys.roots[-1]

    def _started(self, keys: Keys) -> Self:
        if not (self._given or keys.roots or self._elsewhere):
            msg = "there is no root key: the keyring file has none and none is set"
            raise Misconfigured(msg, "set LIMEN_ROOT_KEY to the key this keyring was made with")
        self._adopt(keys)
        return self

    def _adopt(self, keys: Keys) -> None:
        self._keys = keys
        self._roots = {root.number: root for root in (*keys.roots, *self._given)}
        self._epochs = {epoch.id: epoch for epoch in keys.epochs}
        self._looked = self._clock.monotonic()

    async def _look_again(self) -> None:
        if self._clock.monotonic() - self._looked >= _LOOK_AGAIN_SECONDS:
            await self._refresh()

    async def _refresh(self) -> None:
        self._adopt(await asyncio.to_thread(self._file.read))

    async def _update(self, change: Callable[[Keys], Keys]) -> None:
        self._adopt(await asyncio.to_thread(self._file.update, change))

    def _is_due(self, epoch: EpochKey) -> bool:
        return self._clock.now() - epoch.created_at >= self._lifetime

    def _is_settled(self, retired_at: Instant) -> bool:
        return 0 < retired_at <= self._clock.now() - SETTLE

    def _first_keys(self) -> Keys:
        return Keys(() if self._given or self._elsewhere else (self._new_root(),), (self._new_epoch(1),))

    def _turned(self, keys: Keys) -> Keys:
        now = self._clock.now()
        retired = tuple(replace(epoch, retired_at=epoch.retired_at or now) for epoch in keys.epochs)
        return replace(keys, epochs=(*retired, self._new_epoch(retired[-1].id + 1)))

    def _retired_roots(self, keys: Keys) -> tuple[RootKey, ...]:
        now = self._clock.now()
        return tuple(replace(root, retired_at=root.retired_at or now) for root in keys.roots)

    def _new_root(self) -> RootKey:
        return RootKey(self._entropy.bytes(KEY_BYTES), self._clock.now())

    def _new_epoch(self, number: int) -> EpochKey:
        return EpochKey(number, self._entropy.bytes(KEY_BYTES), self._clock.now())


def _given_root(secret: Secret) -> RootKey:
    try:
        key = from_b64url(secret.reveal().strip().rstrip("="))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < _LEAST_DISTINCT_BYTES:
        msg = "LIMEN_ROOT_KEY is not 32 random bytes as base64url"
        raise Misconfigured(msg, "make one with: openssl rand -base64 32 | tr '+/' '-_'") from None
    return RootKey(key, 0)


def _wrap_place(context: bytes) -> Place:
    return Place("", "", _WRAP_FIELD, b64url(context))
