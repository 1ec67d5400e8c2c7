"""What a tenant may be called, and what its settings may say."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from limen.identity.administrators import ADMINISTRATIVE
from limen.identity.credentials.policy import PRESETS
from limen.identity.customers.scopes import ACCOUNT
from limen.identity.profiles.claims import CLAIMS_BY_SCOPE
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.schema import annotation
from limen.identity.profiles.schema import problems_of as profile_problems
from limen.identity.tenants.account import problems_of as account_problems
from limen.identity.tenants.assurance import problems_of as assurance_problems
from limen.identity.tenants.attacks import problems_of as attack_problems
from limen.identity.tenants.auditing import problems_of as audit_problems
from limen.identity.tenants.breaches import problems_of as breach_problems
from limen.identity.tenants.claims import STANDARD, problems_of
from limen.identity.tenants.migration import problems_of as migration_problems
from limen.identity.tenants.networks import problems_of as network_problems
from limen.identity.tenants.notices import problems_of as notice_problems
from limen.identity.tenants.passkeys import fits_issuer
from limen.identity.tenants.passkeys import problems_of as passkey_problems
from limen.identity.tenants.patterns import problems_of as pattern_problems
from limen.identity.tenants.preferences import problems_of as preference_problems
from limen.identity.tenants.privacy import problems_of as privacy_problems
from limen.identity.tenants.records import DEFAULT_SLUG, SPOKEN, KeySettings, Lifetimes, TenantSettings
from limen.identity.tenants.recovery import PASSWORD_HISTORY
from limen.identity.tenants.recovery import problems_of as recovery_problems
from limen.identity.tenants.registration import problems_of as registration_problems
from limen.identity.tenants.risk import problems_of as risk_problems
from limen.identity.tenants.sign_in import problems_of as sign_in_problems
from limen.identity.tenants.sign_up import problems_of as sign_up_problems
from limen.identity.tenants.sms import problems_of as sms_problems
from limen.identity.tenants.trust import problems_of as trust_problems
from limen.kernel.errors import Invalid
from limen.kernel.scopes import SCOPE

CODE = "invalid_tenant"
LONGEST_NAME = 100
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ACCENT = re.compile(r"#[0-9a-f]{6}")
_MOST_SCOPES = 100
_LONGEST_WORDS = 200
_MOST_LOCALES = 50
_LONGEST_URL = 2_000
_DAY = 86_400
_SPOKEN_FOR = frozenset({"openid", "offline_access", *CLAIMS_BY_SCOPE})
"""Scopes of OpenID Connect Core §5.4 and §11."""

BOUNDS: dict[str, tuple[int, int]] = {
    "access_token": (30, _DAY),  # revocations are remembered for a day (access.tokens.revocations)
    "id_token": (30, _DAY),
    "authorization_code": (10, 600),  # RFC 6749 §4.1.2: ten minutes at the most
    "refresh_idle": (60, 366 * _DAY),
    "refresh_absolute": (60, 3 * 366 * _DAY),
    "refresh_grace": (0, 60),
    "session_idle": (60, 366 * _DAY),
    "session_absolute": (60, 366 * _DAY),
    "journey": (300, _DAY),
    "mail_code": (60, _DAY),
    "sign_in_code": (60, 3_600),  # ten minutes are what SP 800-63B-4 §3.1.3.2 gives a code
    "device_code": (60, 1_800),
    "backchannel_request": (30, 1_800),
    "pushed_request": (5, 599),  # FAPI 2.0 Security Profile §5.3.2.2: less than 600
}
"""Shortest and longest of each lifetime, in seconds."""


KEY_BOUNDS: dict[str, tuple[int, int]] = {
    "active_days": (1, 366),
    "publish_hours": (1, 30 * 24),  # the JWKS is cached for minutes
    "overlap_hours": (24, 366 * 24),  # no token lives longer than a day
}
"""Shortest and longest of a signing key's times."""


def issuer_for(base_url: str, slug: str) -> str:
    """Return the issuer identifier of a new tenant: computed once, stored, and never changed."""
    base = base_url.rstrip("/")
    return base if slug == DEFAULT_SLUG else f"{base}/t/{slug}"


def check_slug(slug: str) -> Invalid | None:
    """Refuse a slug that cannot stand in a path: lower-case letters, digits and inner hyphens, at most 63."""
    return None if _SLUG.fullmatch(slug) else Invalid(CODE, "slug", {"slug": "slug.invalid"})


def validate(name: str, settings: TenantSettings) -> Invalid | None:
    """Return everything that is wrong with a tenant's name and settings, by field; None if nothing is."""
    problems = dict([*_name(name), *_look(settings), *_locales(settings), *_lifetimes(settings.lifetimes)])
    problems |= dict([*_keys(settings.keys), *problems_of(settings.claims, "settings.claims")])
    problems |= dict(_scope_words(settings.scope_words))
    wrong = dict(profile_problems(settings.profile, "settings.profile", STANDARD))
    problems |= wrong or dict(_write_scopes(settings.profile, settings.scope_words))
    problems |= dict(assurance_problems(settings.assurance, "settings.assurance"))
    problems |= dict(passkey_problems(settings.passkeys, "settings.passkeys"))
    problems |= dict(sign_in_problems(settings.sign_in, "settings.sign_in"))
    problems |= dict(attack_problems(settings.attacks, "settings.attacks"))
    problems |= dict(migration_problems(settings.migration, "settings.migration"))
    problems |= dict(risk_problems(settings.risk, "settings.risk"))
    problems |= dict(notice_problems(settings.notices, "settings.notices"))
    problems |= dict(network_problems(settings.networks, "settings.networks"))
    problems |= dict(sign_up_problems(settings.sign_up, "settings.sign_up"))
    problems |= dict(pattern_problems(settings.patterns, "settings.patterns"))
    problems |= dict(breach_problems(settings.breaches, "settings.breaches"))
    problems |= dict(sms_problems(settings.sms, "settings.sms"))
    problems |= dict(preference_problems(settings.preferences, "settings.preferences"))
    problems |= dict(privacy_problems(settings.privacy, "settings.privacy"))
    problems |= dict(account_problems(settings.account, "settings.account"))
    problems |= dict(audit_problems(settings.audit, "settings.audit"))
    problems |= dict(registration_problems(settings.registration, "settings.registration"))
    problems |= dict(recovery_problems(settings.recovery, "settings.recovery"))
    if not PASSWORD_HISTORY[0] <= settings.password_history <= PASSWORD_HISTORY[1]:
        problems["settings.password_history"] = "number.out_of_bounds"
    problems |= dict(trust_problems(settings.trusted_issuers, "settings.trusted_issuers"))
    if settings.password_preset not in PRESETS:
        problems["settings.password_preset"] = "password_preset.unknown"
    return Invalid(CODE, ", ".join(problems), problems) if problems else None


def check_relying_party(settings: TenantSettings, issuer: str) -> Invalid | None:
    """Refuse a domain for passkeys that is not above the issuer's host: no browser would let its pages use it."""
    if fits_issuer(settings.passkeys, issuer):
        return None
    return Invalid(CODE, "rp_id", {"settings.passkeys.rp_id": "rp_id.invalid"})


def _name(name: str) -> Iterator[tuple[str, str]]:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        yield "name", "name.invalid"


def _look(settings: TenantSettings) -> Iterator[tuple[str, str]]:
    if not _ACCENT.fullmatch(settings.branding.accent):
        yield "settings.branding.accent", "accent.invalid"
    addresses = {
        "settings.branding.logo_url": settings.branding.logo_url,
        "settings.terms_url": settings.terms_url,
        "settings.privacy_url": settings.privacy_url,
    }
    for field, address in addresses.items():
        if address and not _is_https(address):
            yield field, "url.invalid"


def _locales(settings: TenantSettings) -> Iterator[tuple[str, str]]:
    locales = settings.locales
    if not locales or len(locales) > _MOST_LOCALES or len(set(locales)) != len(locales):
        yield "settings.locales", "locales.invalid"
    for index, locale in enumerate(locales[:_MOST_LOCALES]):
        if locale not in SPOKEN:
            yield f"settings.locales.{index}", "locale.unknown"


def _write_scopes(profile: ProfileSettings, words: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what would be written by a scope that means something else, or that the consent page has no *words* for.

    Whoever was to read would write as well, and nobody would know what they allow.
    """
    said = {f"claims.{name}": one.write_scope for name, one in profile.claims.items()}
    said |= {f"attributes.{name}": annotation(schema).write_scope for name, schema in profile.attributes.items()}
    for place, scope in said.items():
        if scope in _SPOKEN_FOR or scope.startswith((ADMINISTRATIVE, ACCOUNT)):
            yield f"settings.profile.{place}.write_scope", "scope.reserved"
        elif scope and scope not in words:
            yield f"settings.profile.{place}.write_scope", "scope.without_words"


def _scope_words(words: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    if len(words) > _MOST_SCOPES:
        yield "settings.scope_words", "list.too_long"
    for scope, texts in list(words.items())[:_MOST_SCOPES]:
        is_worded = all(0 < len(text) <= _LONGEST_WORDS and text.isprintable() for text in texts.values())
        if not SCOPE.fullmatch(scope) or "en" not in texts or not texts.keys() <= set(SPOKEN) or not is_worded:
            yield f"settings.scope_words.{scope[:128]}", "scope_words.invalid"


def _lifetimes(lifetimes: Lifetimes) -> Iterator[tuple[str, str]]:
    for name, (shortest, longest) in BOUNDS.items():
        if not shortest <= getattr(lifetimes, name) <= longest:
            yield f"settings.lifetimes.{name}", "lifetime.out_of_bounds"
    for kind in ("refresh", "session"):
        if getattr(lifetimes, f"{kind}_idle") > getattr(lifetimes, f"{kind}_absolute"):
            yield f"settings.lifetimes.{kind}_idle", "lifetime.idle_beyond_absolute"


def _keys(keys: KeySettings) -> Iterator[tuple[str, str]]:
    for name, (least, most) in KEY_BOUNDS.items():
        if not least <= getattr(keys, name) <= most:
            yield f"settings.keys.{name}", "lifetime.out_of_bounds"
    if keys.publish_hours >= keys.active_days * 24:  # successors would be published before the key signs
        yield "settings.keys.publish_hours", "lifetime.out_of_bounds"
    if not keys.signing:
        yield "settings.keys.signing", "list.too_short"
    for name in ("signing", "encryption"):
        values: tuple[str, ...] = getattr(keys, name)
        if len(set(values)) != len(values):
            yield f"settings.keys.{name}", "list.repeated"


def _is_https(address: str) -> bool:
    if len(address) > _LONGEST_URL or not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
