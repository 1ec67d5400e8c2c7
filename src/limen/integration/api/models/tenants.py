"""Tenants and their settings."""

from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model

from limen.identity.profiles.records import ProfileSettings
from limen.identity.tenants.account import AccountSettings
from limen.identity.tenants.assurance import AssuranceSettings
from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.auditing import AuditSettings
from limen.identity.tenants.breaches import BreachSettings
from limen.identity.tenants.claims import Source, Target
from limen.identity.tenants.migration import MigrationSettings
from limen.identity.tenants.networks import NetworkSettings
from limen.identity.tenants.notices import NoticeSettings
from limen.identity.tenants.passkeys import PasskeySettings
from limen.identity.tenants.patterns import PatternSettings
from limen.identity.tenants.preferences import PreferenceSettings
from limen.identity.tenants.privacy import PrivacySettings
from limen.identity.tenants.records import (
    Branding,
    EncryptionAlgorithm,
    KeySettings,
    Lifetimes,
    SigningAlgorithm,
    Tenant,
    TenantSettings,
    TotpAlgorithm,
)
from limen.identity.tenants.recovery import PASSWORD_HISTORY, RecoverySettings
from limen.identity.tenants.registration import RegistrationSettings
from limen.identity.tenants.risk import RiskSettings
from limen.identity.tenants.sign_in import SignInSettings
from limen.identity.tenants.sign_up import SignUpSettings
from limen.identity.tenants.sms import SmsSettings
from limen.identity.tenants.trust import TrustedIssuer
from limen.identity.tenants.validation import BOUNDS, KEY_BOUNDS
from limen.integration.api.models.common import Bool, Int, Moment, Sent, Shown, Str, moment, without_defaults
from limen.integration.api.models.derived import sent_fields

_partial = ConfigDict(json_schema_extra=without_defaults)
Url = Annotated[Str, Field(max_length=2_000)]


def _seconds(name: str) -> Any:
    shortest, longest = BOUNDS[name]
    return Field(getattr(Lifetimes(), name), ge=shortest, le=longest)


class BrandingModel(Sent):
    """How pages look."""

    model_config = _partial

    accent: Annotated[Str, Field(pattern="^#[0-9a-f]{6}$")] = Branding().accent
    logo_url: Url = ""


class LifetimesModel(Sent):
    """How long things live, in seconds."""

    model_config = _partial

    access_token: Int = _seconds("access_token")
    id_token: Int = _seconds("id_token")
    authorization_code: Int = _seconds("authorization_code")
    refresh_idle: Int = _seconds("refresh_idle")
    refresh_absolute: Int = _seconds("refresh_absolute")
    refresh_grace: Int = _seconds("refresh_grace")
    session_idle: Int = _seconds("session_idle")
    session_absolute: Int = _seconds("session_absolute")
    journey: Int = _seconds("journey")
    mail_code: Int = _seconds("mail_code")
    sign_in_code: Int = _seconds("sign_in_code")
    device_code: Int = _seconds("device_code")
    backchannel_request: Int = _seconds("backchannel_request")
    pushed_request: Int = _seconds("pushed_request")


if TYPE_CHECKING:
    TrustedIssuerModel = Sent
    RegistrationModel = Sent
    AssuranceModel = Sent
    ProfileModel = Sent
    RecoveryModel = Sent
    PasskeysModel = Sent
    SignInModel = Sent
    SmsModel = Sent
    BreachesModel = Sent
    AttacksModel = Sent
    RiskModel = Sent
    NetworksModel = Sent
    NoticesModel = Sent
    PreferencesModel = Sent
    PrivacyModel = Sent
    SignUpModel = Sent
    PatternsModel = Sent
    AccountModel = Sent
    MigrationModel = Sent
    AuditModel = Sent
else:
    RegistrationModel = create_model(
        "RegistrationSettings",
        __base__=Sent,
        __doc__="What the tenant allows to clients that register themselves.",
        **sent_fields(RegistrationSettings),
    )
    RecoveryModel = create_model(
        "Recovery", __base__=Sent, __doc__=RecoverySettings.__doc__, **sent_fields(RecoverySettings)
    )
    ProfileModel = create_model("ProfileSettings", __base__=Sent, **sent_fields(ProfileSettings))
    AssuranceModel = create_model("Assurance", __base__=Sent, **sent_fields(AssuranceSettings))
    SignInModel = create_model("SignIn", __base__=Sent, __doc__="How customers sign in.", **sent_fields(SignInSettings))
    PasskeysModel = create_model(
        "Passkeys", __base__=Sent, __doc__=PasskeySettings.__doc__, **sent_fields(PasskeySettings)
    )
    SmsModel = create_model(
        "Sms",
        __base__=Sent,
        __doc__="To which countries codes are sent, how many, and what they prove.",
        **sent_fields(SmsSettings),
    )
    BreachesModel = create_model(
        "Breaches", __base__=Sent, __doc__=BreachSettings.__doc__, **sent_fields(BreachSettings)
    )
    RiskModel = create_model("Risk", __base__=Sent, __doc__=RiskSettings.__doc__, **sent_fields(RiskSettings))
    AttacksModel = create_model("Attacks", __base__=Sent, __doc__=AttackSettings.__doc__, **sent_fields(AttackSettings))
    PreferencesModel = create_model(
        "Preferences", __base__=Sent, __doc__=PreferenceSettings.__doc__, **sent_fields(PreferenceSettings)
    )
    PrivacyModel = create_model(
        "Privacy", __base__=Sent, __doc__=PrivacySettings.__doc__, **sent_fields(PrivacySettings)
    )
    NetworksModel = create_model(
        "Networks", __base__=Sent, __doc__=NetworkSettings.__doc__, **sent_fields(NetworkSettings)
    )
    NoticesModel = create_model("Notices", __base__=Sent, __doc__=NoticeSettings.__doc__, **sent_fields(NoticeSettings))
    SignUpModel = create_model("SignUp", __base__=Sent, __doc__=SignUpSettings.__doc__, **sent_fields(SignUpSettings))
    PatternsModel = create_model(
        "Patterns", __base__=Sent, __doc__=PatternSettings.__doc__, **sent_fields(PatternSettings)
    )
    MigrationModel = create_model(
        "Migration", __base__=Sent, __doc__=MigrationSettings.__doc__, **sent_fields(MigrationSettings)
    )
    AccountModel = create_model(
        "Account", __base__=Sent, __doc__=AccountSettings.__doc__, **sent_fields(AccountSettings)
    )
    AuditModel = create_model("Audit", __base__=Sent, __doc__=AuditSettings.__doc__, **sent_fields(AuditSettings))
    TrustedIssuerModel = create_model("TrustedIssuer", __base__=Sent, **sent_fields(TrustedIssuer))


def _times(name: str) -> Any:
    least, most = KEY_BOUNDS[name]
    return Field(getattr(KeySettings(), name), ge=least, le=most)


class KeysModel(Sent):
    """Which signing and encryption keys are kept, and how they follow each other."""

    model_config = _partial

    signing: Annotated[tuple[SigningAlgorithm, ...], Field(min_length=1, max_length=5)] = KeySettings().signing
    encryption: Annotated[tuple[EncryptionAlgorithm, ...], Field(max_length=2)] = ()
    active_days: Int = _times("active_days")
    publish_hours: Int = _times("publish_hours")
    overlap_hours: Int = _times("overlap_hours")


class ClaimRuleModel(Sent):
    """A custom claim: where its value comes from, and into which tokens it goes."""

    claim: Annotated[Str, Field(min_length=1, max_length=100)]
    source: Source
    field: Annotated[Str, Field(max_length=40)] = ""
    value: Str | Int | Bool | None = None
    scope: Annotated[Str, Field(max_length=128)] = ""
    into: Annotated[tuple[Target, ...], Field(min_length=1, max_length=3)] = ("id_token", "userinfo")


class SettingsModel(Sent):
    """A tenant's settings. What is absent keeps its value: the default in a new tenant."""

    model_config = _partial

    branding: BrandingModel = BrandingModel()
    lifetimes: LifetimesModel = LifetimesModel()
    keys: KeysModel = KeysModel()
    claims: Annotated[tuple[ClaimRuleModel, ...], Field(max_length=50)] = ()
    registration: RegistrationModel = RegistrationModel()
    locales: Annotated[tuple[Annotated[Str, Field(max_length=40)], ...], Field(min_length=1, max_length=50)] = (
        TenantSettings().locales
    )
    password_preset: Annotated[Str, Field(max_length=40)] = "default"
    sign_up_open: Bool = True
    sign_in: SignInModel = SignInModel()
    passkeys: PasskeysModel = PasskeysModel()
    assurance: AssuranceModel = AssuranceModel()
    profile: ProfileModel = ProfileModel()
    recovery: RecoveryModel = RecoveryModel()
    password_history: Annotated[Int, Field(ge=PASSWORD_HISTORY[0], le=PASSWORD_HISTORY[1])] = 0
    breaches: BreachesModel = BreachesModel()
    attacks: AttacksModel = AttacksModel()
    migration: MigrationModel = MigrationModel()
    risk: RiskModel = RiskModel()
    notices: NoticesModel = NoticesModel()
    networks: NetworksModel = NetworksModel()
    preferences: PreferencesModel = PreferencesModel()
    privacy: PrivacyModel = PrivacyModel()
    sign_up: SignUpModel = SignUpModel()
    patterns: PatternsModel = PatternsModel()
    sms: SmsModel = SmsModel()
    account: AccountModel = AccountModel()
    audit: AuditModel = AuditModel()
    email_second_factor: Bool = False
    totp_algorithm: TotpAlgorithm = "SHA1"
    require_dpop_nonce: Bool = False
    trusted_issuers: Annotated[tuple[TrustedIssuerModel, ...], Field(max_length=20)] = ()
    require_pushed_authorization_requests: Bool = False
    terms_url: Url = ""
    privacy_url: Url = ""
    scope_words: Annotated[
        dict[Str, dict[Str, Annotated[Str, Field(max_length=200)]]],
        Field(description="Scope to language to what the consent page says; replaced as a whole.", max_length=100),
    ] = Field(default_factory=dict)


class TenantNew(Sent):
    """A tenant to be made; its issuer follows from its slug and never changes."""

    slug: Annotated[Str, Field(pattern="^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    name: Annotated[Str, Field(min_length=1, max_length=100)]
    settings: SettingsModel = SettingsModel()


class TenantPatch(Sent):
    """What is to be different; what is absent stays (RFC 7396)."""

    model_config = _partial

    name: Annotated[Str, Field(min_length=1, max_length=100)] | None = None
    settings: SettingsModel | None = None


class TenantShown(Shown):
    """A tenant."""

    id: str
    slug: str
    issuer: str
    name: str
    settings: SettingsModel
    disabled: bool
    created_at: Moment
    updated_at: Moment
    version: int


class TenantPage(Shown):
    """A page of tenants, oldest first."""

    items: list[TenantShown]
    next: str | None = Field(description="The next page, or null at the end.")


def merged(settings: TenantSettings, sent: SettingsModel) -> TenantSettings:
    """Return *settings* with what was *sent*, member by member."""
    patch = sent.model_dump(exclude_unset=True)
    words = {name: patch.pop(name) for name in ("scope_words",) if name in patch}
    attributes = patch.get("profile", {}).pop("attributes", {})
    whole = _merge(msgspec.to_builtins(settings), patch) | words
    known = whole["profile"]["attributes"] | attributes  # each is a schema, of which nothing stays beside a new one
    whole["profile"]["attributes"] = {name: schema for name, schema in known.items() if schema is not None}
    return msgspec.convert(whole, TenantSettings)


def _merge(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    return base | {
        name: _merge(base.get(name, {}), value) if isinstance(value, dict) else value for name, value in patch.items()
    }


def shown(tenant: Tenant) -> TenantShown:
    """Return *tenant* as it is shown."""
    return TenantShown(
        id=tenant.id,
        slug=tenant.slug,
        issuer=tenant.issuer,
        name=tenant.name,
        settings=_settings(tenant.settings),
        disabled=not tenant.is_active,
        created_at=moment(tenant.created_at),
        updated_at=moment(tenant.updated_at),
        version=tenant.version,
    )


def _settings(settings: TenantSettings) -> SettingsModel:
    """Return *settings* as they are: what is stored is shown, not judged."""
    shown_settings: SettingsModel = _constructed(SettingsModel, msgspec.to_builtins(settings))
    return shown_settings


def _constructed(kind: Any, value: Any) -> Any:
    """Return *value*, plain as it is stored, as *kind*: models inside of models and containers, none judged."""
    if get_origin(kind) is Annotated:
        return _constructed(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return tuple(_constructed(get_args(kind)[0], one) for one in value)
    if get_origin(kind) is dict:
        return {name: _constructed(get_args(kind)[1], one) for name, one in value.items()}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields
        return kind.model_construct(**{name: _constructed(fields[name].annotation, one) for name, one in value.items()})
    return value
