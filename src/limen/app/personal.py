"""The personal part of an audit record: salted, committed to, and sealed under the key of whom it concerns."""

from limen.identity.audit.chain import SealedPart
from limen.identity.audit.personal import AUDIT_FIELD, SALT_BYTES
from limen.identity.keyring import Keyring, SubjectVault
from limen.kernel.encoding import canonical_json, sha256
from limen.kernel.entropy import Entropy
from limen.kernel.events import AuditEntry
from limen.kernel.ids import TenantId


class AuditSealer:
    """A :class:`~limen.identity.audit.store.PersonalSealer`.

    The salt keeps the commitment from confirming a guess once the part it commits to can no longer be read.
    """

    def __init__(self, keyring: Keyring, entropy: Entropy) -> None:
        """Seal with keys of *keyring*."""
        self._keyring = keyring
        self._entropy = entropy

    async def __call__(
        self, tenant_id: TenantId, entry: AuditEntry, vault: SubjectVault | None = None
    ) -> SealedPart | None:
        """Return the sealed part, or None where there is nothing personal or the subject's key is gone."""
        if not entry.personal or not entry.subject:
            return None
        vault = vault or await self._keyring.subject(tenant_id, entry.subject)
        if vault is None:
            return None
        plaintext = self._entropy.bytes(SALT_BYTES) + canonical_json(entry.personal)
        commitment = sha256(plaintext)
        return SealedPart(commitment, vault.seal(AUDIT_FIELD, commitment.hex(), plaintext))
