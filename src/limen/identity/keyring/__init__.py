"""The keyring: every key that seals personal data and secrets, and the vaults that use them.

::

    root key      the keyring file, the environment, or a KMS behind KeyWrapper
      └─ tenant key     one per tenant and version, in the key store, wrapped by the root key; cached in memory
           ├─ sub-keys      HKDF: sealing, wrapping, blind indexes, and whatever TenantVault.derive names
           └─ subject key   one per customer or journey, in the key store, wrapped by the tenant key
                            and around that by the current *epoch key*; unwrapped per use, never cached;
                            a journey's may be made seconds before the journey

    epoch key     lives in the keyring (or KMS) only, about 30 days; once all live keys are wrapped anew it is
                  destroyed, and with it every older copy of a subject key, in whatever backup it lies

It owns the envelope format, key creation, wrapping, rotation, erasure and the sweeping of orphans. It leaves to
others what is sealed (the features), where wrapped keys are stored (``storage``, behind
:class:`~limen.identity.keyring.store.KeyStore`), when the jobs of :class:`~limen.identity.keyring.upkeep.Upkeep` run
(``app``), and the signing keys of tokens (``access``).

The key store is a database of its own with short-lived backups. The keyring file must not be kept in any backup for
longer than an epoch: whoever keeps it undoes erasure.
"""

from limen.identity.keyring.keyring import Keyring
from limen.identity.keyring.rootkeys import EpochKeys, FileKeyring, KeyringSettings, KeyWrapper
from limen.identity.keyring.store import KeyStore, SubjectCursor, WrappedSubjectKey, WrappedTenantKey
from limen.identity.keyring.upkeep import SubjectRegister, Upkeep
from limen.identity.keyring.vaults import SubjectVault, TenantVault

__all__ = [
    "EpochKeys",
    "FileKeyring",
    "KeyStore",
    "KeyWrapper",
    "Keyring",
    "KeyringSettings",
    "SubjectCursor",
    "SubjectRegister",
    "SubjectVault",
    "TenantVault",
    "Upkeep",
    "WrappedSubjectKey",
    "WrappedTenantKey",
]
