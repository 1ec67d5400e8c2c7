"""What a tenant may be called, and what its settings may say."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from limen.identity.credentials.policy import PRESETS
from limen.identity.tenants.records import DEFAULT_SLUG, SPOKEN, Lifetimes, TenantSettings
from limen.kernel.errors import Invalid

CODE = "invalid_tenant"
LONGEST_NAME = 100
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ACCENT = re.compile(r"#[0-9a-f]{6}")
_MOST_LOCALES = 50
_LONGEST_URL = 2_000
_DAY = 86_400

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
    "device_code": (60, 1_800),
    "backchannel_request": (30, 1_800),
}
"""Shortest and longest of each lifetime, in seconds."""


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
    if settings.password_preset not in PRESETS:
        problems["settings.password_preset"] = "password_preset.unknown"
    return Invalid(CODE, ", ".join(problems), problems) if problems else None


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


def _lifetimes(lifetimes: Lifetimes) -> Iterator[tuple[str, str]]:
    for name, (shortest, longest) in BOUNDS.items():
        if not shortest <= getattr(lifetimes, name) <= longest:
            yield f"settings.lifetimes.{name}", "lifetime.out_of_bounds"
    for kind in ("refresh", "session"):
        if getattr(lifetimes, f"{kind}_idle") > getattr(lifetimes, f"{kind}_absolute"):
            yield f"settings.lifetimes.{kind}_idle", "lifetime.idle_beyond_absolute"


def _is_https(address: str) -> bool:
    if len(address) > _LONGEST_URL or not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
