"""Where passkeys are for: the relying party of one tenant."""

from dataclasses import dataclass
from typing import Self

from limen.access.passkeys.records import tenant_tag
from limen.identity.tenants.passkeys import PasskeySettings, origins, relying_party
from limen.identity.tenants.records import Tenant


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

    @classmethod
    def of(cls, tenant: Tenant) -> Self:
        """Return the relying party that *tenant* is."""
        settings, issuer = tenant.settings.passkeys, tenant.issuer
        names = relying_party(settings, issuer), tenant.name, origins(settings, issuer)
        return cls(*names, tenant_tag(tenant.id), settings)
