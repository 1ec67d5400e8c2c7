"""What features hold: a vault for a tenant, a vault for one subject. Both are synchronous and do no IO."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from limen.identity.keyring.envelope import (
    KEY_BYTES,
    Place,
    SealingKey,
    key_version,
    seal,
    unseal,
)
from limen.identity.keyring.together import WrappingKeys
from limen.kernel.encoding import framed
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Corrupted
from limen.kernel.mac import HmacSha256

_PURPOSES_CACHED: Final = 64
_BLIND_INDEX: Final = "blind-index:v1"
_SUBJECT_KEY: Final = "keyring.subject_key"
_BORNE: Final = 1
_MOST_WRAPPING: Final = 16
"""Kept of a kind of subject, for each tenant: some seconds of journeys."""
T = TypeVar("T")


class TenantVault:
    """Seals what belongs to a tenant and to no customer, and makes blind indexes and sub-keys.

    The newest settled version of the tenant's key seals; each version opens what it sealed. Sub-keys and blind indexes
    stay on the oldest version held, so that a new sealing key breaks no look-up and no token; ``index_version`` is
    stored beside each index, and re-indexing asks for another version by number.
    """

    __slots__ = (
        "_derived",
        "_entropy",
        "_keys",
        "_macs",
        "_sealing",
        "_wrapping",
        "index_version",
        "tenant_id",
        "version",
    )

    def __init__(self, tenant_id: str, keys: Mapping[int, bytes], entropy: Entropy, sealing: int | None = None) -> None:
        """Build the vault from the tenant's unwrapped *keys*, version to 32 bytes; at least one.

        *sealing* is the version that seals, the newest unless told: not one that other processes may not hold yet.
        """
        self.tenant_id = tenant_id
        self.index_version = min(keys)
        self.version = max(keys) if sealing is None else sealing
        self._keys = dict(keys)
        self._entropy = entropy
        self._derived: dict[tuple[str, int], bytes] = {}
        self._macs: dict[tuple[str, int], HmacSha256] = {}
        self._sealing = {number: SealingKey.load(number, self._own(key, "seal")) for number, key in keys.items()}
        self._wrapping = {
            number: WrappingKeys(number, self._own(key, "wrap"), most=_MOST_WRAPPING) for number, key in keys.items()
        }

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        """Return *plaintext* sealed for *field* of *record*."""
        return seal(self._sealing[self.version], Place(self.tenant_id, "", field, record), plaintext, self._entropy)

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes:
        """Return what :meth:`seal` sealed for the same *field* and *record*.

        Raises:
            Corrupted: it was changed, moved, or sealed under a key this tenant does not have.
        """
        key = self._sealing.get(key_version(envelope))
        if key is None:
            msg = "an envelope is under a tenant key that is not held"
            raise Corrupted(msg)
        return unseal(key, Place(self.tenant_id, "", field, record), envelope)

    def blind(self, kind: str, normalised: str, version: int | None = None) -> bytes:
        """Return the blind index (32 bytes) of *normalised* text among values of *kind*: ``email``, ``phone``.

        Equal values of one kind in one tenant give equal bytes; nothing else does. *version* is a tenant key version,
        ``index_version`` unless told.
        """
        return self.mac(_BLIND_INDEX, version).digest(framed(kind, normalised))

    def derive(self, purpose: str, version: int | None = None) -> bytes:
        """Return the sub-key (32 bytes) for *purpose*, a constant such as ``refresh-mac`` (HKDF-SHA256, RFC 5869).

        Raises:
            Corrupted: the tenant has no key of that *version*.
        """
        wanted = (purpose, self.index_version if version is None else version)
        key = self._derived.get(wanted)
        if key is None:
            root = self._keys.get(wanted[1])
            if root is None:
                msg = "a tenant key version is not held"
                raise Corrupted(msg)
            if len(self._derived) >= _PURPOSES_CACHED:  # purposes are constants: reached only by a mistake
                self._derived.clear()
                self._macs.clear()
            key = self._derived[wanted] = _hkdf(root, "derive", self.tenant_id, purpose)
        return key

    def mac(self, purpose: str, version: int | None = None) -> HmacSha256:
        """Return what computes codes under the sub-key for *purpose*, prepared once.

        Raises:
            As :meth:`derive`.
        """
        wanted = (purpose, self.index_version if version is None else version)
        prepared = self._macs.get(wanted)
        if prepared is None:
            key = self.derive(*wanted)
            prepared = self._macs[wanted] = HmacSha256(key)
        return prepared

    def borne(self, purpose: str, secret: str) -> "SubjectVault":
        """Return a vault whose key follows from *secret* too, which its bearer has and nobody stores.

        For what is personal and belongs to no account yet: whoever has a backup and every key of ours, and not the
        secret, reads nothing. *secret* has 128 bits of chance or more; *purpose* is as in :meth:`derive`. A name that
        is no secret makes a key that seals for it alone, where that is all that is wanted.
        """
        key = self.mac(purpose).digest(framed(self.tenant_id, secret))
        return SubjectVault(self, "", SealingKey.load(_BORNE, key), self._entropy)

    def wrap_subject(self, subject_id: str, version: int, key: bytes) -> bytes:
        """Return the subject's *key*, or keys (``keysets``), in the inner of two wrappings. For the keyring only."""
        wrapper = self._wrapping[self.version].of(self.tenant_id, subject_id)
        return seal(wrapper, self._subject_place(subject_id, version), key, self._entropy)

    def unwrap_subject(self, subject_id: str, version: int, wrapped: bytes) -> bytes:
        """Return the subject's key, or keys, from the inner wrapping. For the keyring only.

        Raises:
            Corrupted: it was changed, moved, or wrapped under a key this tenant does not have.
        """
        keys = self._wrapping.get(key_version(wrapped))
        if keys is None:
            msg = "a subject key is under a tenant key that is not held"
            raise Corrupted(msg)
        return unseal(keys.of(self.tenant_id, subject_id), self._subject_place(subject_id, version), wrapped)

    def _subject_place(self, subject_id: str, version: int) -> Place:
        return Place(self.tenant_id, subject_id, _SUBJECT_KEY, str(version))

    def _own(self, key: bytes, use: str) -> bytes:
        return _hkdf(key, "own", self.tenant_id, use)  # "own" keeps these out of reach of derive()


class SubjectVault:
    """Seals what is personal to one customer or one journey. Holds the key only as long as it lives: do not keep it.

    ``tenant`` is the vault of the subject's tenant, for the blind indexes of what is sealed here.
    """

    __slots__ = ("_entropy", "_key", "_older", "_read", "subject_id", "tenant", "tenant_id")

    def __init__(
        self, tenant: TenantVault, subject_id: str, key: SealingKey, entropy: Entropy, older: Sequence[SealingKey] = ()
    ) -> None:
        """Build the vault from the subject's loaded *key*, and the *older* ones, which only open."""
        self.tenant, self.tenant_id = tenant, tenant.tenant_id
        self.subject_id = subject_id
        self._key = key
        self._older = older
        self._entropy = entropy
        self._read: tuple[tuple[str, str, bytes], Any] | None = None

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        """Return *plaintext* sealed for *field* of *record*."""
        return seal(self._key, Place(self.tenant_id, self.subject_id, field, record), plaintext, self._entropy)

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes:
        """Return what :meth:`seal` sealed for the same subject, *field* and *record*.

        Raises:
            Corrupted: it was changed, moved, or sealed for somebody else.
        """
        key = self._key
        if self._older and (number := key_version(envelope)) != key.version:
            key = next((one for one in self._older if one.version == number), key)
        return unseal(key, Place(self.tenant_id, self.subject_id, field, record), envelope)

    def read(self, field: str, record: str, envelope: bytes, decode: Callable[[bytes], T]) -> T:
        """Return what *decode* makes of what :meth:`seal` sealed; a *field* is always decoded alike.

        The same envelope again is not opened again: a request looks at its customer time and again, to be sure, and
        where the bytes are the same, what they say under this key is.

        Raises:
            Corrupted: as :meth:`unseal`.
        """
        held, of = self._read, (field, record, envelope)
        if held is None or held[0] != of:
            held = self._read = of, decode(self.unseal(field, record, envelope))
        return cast("T", held[1])


def _hkdf(key: bytes, *info: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=framed("limen.keyring:v1", *info)).derive(key)
