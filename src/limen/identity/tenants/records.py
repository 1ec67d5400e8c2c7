"""What a tenant is, and what its administrator may change."""

from dataclasses import dataclass, field, replace

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.ids import TenantId

DEFAULT_SLUG = "default"
SPOKEN = ("en", "de", "ar")
"""The languages that there are words for, the default first (``experience.rendering`` names and fills them)."""


class Branding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pages look: an accent colour as ``#rrggbb`` and an https logo address."""

    accent: str = "#0f5f66"
    logo_url: str = ""


class Lifetimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long things live, in seconds."""

    access_token: int = 300
    id_token: int = 300
    authorization_code: int = 60
    refresh_idle: int = 14 * 86_400
    refresh_absolute: int = 90 * 86_400
    refresh_grace: int = 10
    session_idle: int = 14 * 86_400
    session_absolute: int = 30 * 86_400
    journey: int = 1_800
    mail_code: int = 900
    device_code: int = 600
    backchannel_request: int = 300


class TenantSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tenant's administrator may change: data, not process configuration."""

    branding: Branding = Branding()
    lifetimes: Lifetimes = Lifetimes()
    locales: tuple[str, ...] = SPOKEN
    password_preset: str = "default"
    sign_up_open: bool = True
    terms_url: str = ""
    privacy_url: str = ""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One issuer. ``prefix`` is where its paths begin: empty for the default tenant, else ``/t/{slug}``."""

    id: TenantId
    slug: str
    issuer: str
    name: str
    created_at: Instant
    updated_at: Instant
    settings: TenantSettings = field(default_factory=TenantSettings)
    custom_domain: str | None = None
    version: int = 1
    disabled_at: Instant | None = None

    @property
    def prefix(self) -> str:
        """Return the path prefix of this tenant's doors."""
        return "" if self.slug == DEFAULT_SLUG else f"/t/{self.slug}"

    @property
    def is_active(self) -> bool:
        """Tell whether the tenant answers at all."""
        return self.disabled_at is None

    def changed(self, *, name: str, settings: TenantSettings, now: Instant) -> "Tenant":
        """Return the tenant with a new name and settings, one version on."""
        return replace(self, name=name, settings=settings, updated_at=now, version=self.version + 1)

    def disabled(self, now: Instant) -> "Tenant":
        """Return the tenant that answers to nobody, one version on."""
        return replace(self, disabled_at=now, updated_at=now, version=self.version + 1)

    def enabled(self, now: Instant) -> "Tenant":
        """Return the tenant that answers again, one version on."""
        return replace(self, disabled_at=None, updated_at=now, version=self.version + 1)
