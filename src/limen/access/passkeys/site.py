"""Where passkeys are for: the relying party of one tenant."""

from dataclasses import dataclass
from functools import lru_cache

from limen.access.passkeys.records import tenant_tag
from limen.identity.tenants.passkeys import PasskeySettings, origins, relying_party
from limen.identity.tenants.records import Tenant
from limen.kernel.ids import TenantId


@dataclass(frozen=True, slots=True)
class Site:
    """A relying party.

    Attributes:
        rp_id: the domain that credentials are bound to.
        name: as a device shows it.
        origins: where its pages are, which browsers state and sign.
        tag: how its user handles begin.
    """

    rp_id: str
    name: str
    origins: tuple[str, ...]
    tag: bytes
    settings: PasskeySettings

    @staticmethod
    def of(tenant: Tenant) -> "Site":
        """Return the relying party that *tenant* is."""
        return _site(tenant.id, tenant.name, tenant.issuer, tenant.settings.passkeys)


@lru_cache(maxsize=256)
def _site(tenant_id: TenantId, name: str, issuer: str, settings: PasskeySettings) -> Site:
    return Site(relying_party(settings, issuer), name, origins(settings, issuer), tenant_tag(tenant_id), settings)
