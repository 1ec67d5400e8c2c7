"""What a tenant is, and what its administrator may change."""

from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from limen.identity.profiles.records import ProfileSettings
from limen.identity.tenants.account import AccountSettings
from limen.identity.tenants.assurance import AssuranceSettings
from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.auditing import AuditSettings
from limen.identity.tenants.breaches import BreachSettings
from limen.identity.tenants.claims import ClaimRule
from limen.identity.tenants.migration import MigrationSettings
from limen.identity.tenants.networks import NetworkSettings
from limen.identity.tenants.notices import NoticeSettings
from limen.identity.tenants.passkeys import PasskeySettings
from limen.identity.tenants.patterns import PatternSettings
from limen.identity.tenants.preferences import PreferenceSettings
from limen.identity.tenants.privacy import PrivacySettings
from limen.identity.tenants.recovery import RecoverySettings
from limen.identity.tenants.registration import RegistrationSettings
from limen.identity.tenants.risk import RiskSettings
from limen.identity.tenants.sign_in import SignInSettings
from limen.identity.tenants.sign_up import SignUpSettings
from limen.identity.tenants.sms import SmsSettings
from limen.identity.tenants.trust import TrustedIssuer
from limen.kernel.clock import Instant
from limen.kernel.ids import TenantId

DEFAULT_SLUG = "default"
SPOKEN = ("en", "de", "ar")
"""The languages that there are words for, the default first (``experience.rendering`` names and fills them)."""


class Branding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pages and mails look.

    Attributes:
        accent: the colour of buttons and links, ``#rrggbb``.
        logo_url: the https address of a logo.
    """

    accent: str = "#0f5f66"
    logo_url: str = ""


class Lifetimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long things live, in seconds.

    Attributes:
        access_token: an access token, unless its resource server says otherwise.
        id_token: an ID token.
        authorization_code: an authorization code.
        refresh_idle: refresh tokens that nobody uses.
        refresh_absolute: refresh tokens from when they were first given, however much they are used.
        refresh_grace: for so long a refresh token that is sent twice by its client is answered again.
        session_idle: a session in which nothing happens.
        session_absolute: a session from when it began.
        journey: a sign-up, a sign-in or a recovery, from its first page to its last.
        mail_code: a mailed code or link that proves an address.
        sign_in_code: a mailed code or link that signs in; a code as a second step, but ten minutes at the most.
        device_code: the codes of a device (RFC 8628).
        backchannel_request: a request of CIBA.
        pushed_request: a pushed request that no browser came with yet (RFC 9126).
    """

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
    sign_in_code: int = 600
    device_code: int = 600
    backchannel_request: int = 300
    pushed_request: int = 60


SigningAlgorithm = Literal["ES256", "ES384", "PS256", "RS256", "EdDSA"]
"""What tokens may be signed with (RFC 7518 §3, RFC 8037 §3.1)."""
TotpAlgorithm = Literal["SHA1", "SHA256", "SHA512"]
"""What codes of authenticator apps are made with (RFC 6238 §1.2)."""
EncryptionAlgorithm = Literal["ECDH-ES", "RSA-OAEP-256"]


class KeySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which keys are kept, and how they follow each other.

    Attributes:
        signing: an active key is kept for each, used or not; others follow from what clients and resource servers ask
            for.
        encryption: a key is kept for each, to which clients may encrypt what they send; empty for none.
        active_days: how long a key signs.
        publish_hours: how long a key is published before it signs.
        overlap_hours: how long it stays published afterwards; no token of ours lives longer than the least of it.
    """

    signing: tuple[SigningAlgorithm, ...] = ("ES256", "RS256")
    encryption: tuple[EncryptionAlgorithm, ...] = ()
    active_days: int = 90
    publish_hours: int = 24
    overlap_hours: int = 24


class TenantSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tenant's administrator may change: data, not process configuration.

    Attributes:
        locales: the languages of pages and messages, the one that is spoken where no other is wished first.
        password_preset: what a password has to be: ``default``, or ``sp800-63b-4`` for 15 characters (8 beside a second
            factor).
        sign_up_open: whether people may sign up by themselves.
        password_history: how many of a customer's last passwords may not be chosen again, the present one among them.
        email_second_factor: whether customers may have codes mailed as a second step; they bear no assurance level.
        totp_algorithm: of authenticator apps that are set up from now on; many apps know no other than SHA-1.
        require_dpop_nonce: whether DPoP proofs must carry a nonce of ours (RFC 9449 §8).
        require_pushed_authorization_requests: whether every client has to push its requests (RFC 9126 §5).
        terms_url: the address of the terms, shown at sign-up.
        privacy_url: the address of the privacy notice, shown at sign-up.
        scope_words: what the consent page says of a scope of the tenant's own, by language; ``en`` serves those that
            have none.
    """

    branding: Branding = Branding()
    lifetimes: Lifetimes = Lifetimes()
    keys: KeySettings = KeySettings()
    claims: tuple[ClaimRule, ...] = ()
    trusted_issuers: tuple[TrustedIssuer, ...] = ()
    registration: RegistrationSettings = RegistrationSettings()
    locales: tuple[str, ...] = SPOKEN
    password_preset: str = "default"
    sign_up_open: bool = True
    sign_in: SignInSettings = SignInSettings()
    passkeys: PasskeySettings = PasskeySettings()
    profile: ProfileSettings = ProfileSettings()
    assurance: AssuranceSettings = AssuranceSettings()
    recovery: RecoverySettings = RecoverySettings()
    password_history: int = 0
    breaches: BreachSettings = BreachSettings()
    attacks: AttackSettings = AttackSettings()
    migration: MigrationSettings = MigrationSettings()
    risk: RiskSettings = RiskSettings()
    notices: NoticeSettings = NoticeSettings()
    networks: NetworkSettings = NetworkSettings()
    sign_up: SignUpSettings = SignUpSettings()
    patterns: PatternSettings = PatternSettings()
    sms: SmsSettings = SmsSettings()
    account: AccountSettings = AccountSettings()
    audit: AuditSettings = AuditSettings()
    preferences: PreferenceSettings = PreferenceSettings()
    privacy: PrivacySettings = PrivacySettings()
    email_second_factor: bool = False
    totp_algorithm: TotpAlgorithm = "SHA1"
    require_dpop_nonce: bool = False
    require_pushed_authorization_requests: bool = False
    terms_url: str = ""
    privacy_url: str = ""
    scope_words: dict[str, dict[str, str]] = {}


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
    destroyed_at: Instant | None = None

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

    def destroyed(self, now: Instant) -> "Tenant":
        """Return the tenant whose keys are gone for good, one version on."""
        return replace(self, destroyed_at=now, updated_at=now, version=self.version + 1)

    def enabled(self, now: Instant) -> "Tenant":
        """Return the tenant that answers again, one version on."""
        return replace(self, disabled_at=None, updated_at=now, version=self.version + 1)
