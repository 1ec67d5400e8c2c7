"""The customer's names, language and time zone."""

from datetime import UTC
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from limen.experience.pages.account.look import Again, Done, Look, Shown, Taken, Turn
from limen.experience.rendering import LOCALES, spoken
from limen.identity.administrators import Actor
from limen.identity.customers.management import CustomerAdministration
from limen.identity.customers.records import Profile
from limen.identity.profiles.claims import claim_access
from limen.kernel.clock import Instant, to_datetime
from limen.kernel.errors import Conflict, Invalid, Refusal

FIELDS: Final = ("name", "given_name", "family_name", "locale", "zoneinfo")
_LONGEST: Final = 400
ZONES: Final = (
    *("Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Chicago"),
    *("America/Mexico_City", "America/New_York", "America/Bogota", "America/Halifax", "America/Santiago"),
    *("America/St_Johns", "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "Atlantic/Azores", "Europe/London"),
    *("Europe/Lisbon", "Africa/Casablanca", "Africa/Lagos", "Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    *("Europe/Rome", "Africa/Cairo", "Africa/Johannesburg", "Europe/Athens", "Europe/Kyiv", "Asia/Jerusalem"),
    *("Europe/Istanbul", "Asia/Riyadh", "Asia/Baghdad", "Africa/Nairobi", "Europe/Moscow", "Asia/Tehran"),
    *("Asia/Dubai", "Asia/Kabul", "Asia/Karachi", "Asia/Tashkent", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka"),
    *("Asia/Yangon", "Asia/Bangkok", "Asia/Jakarta", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul"),
    *("Australia/Perth", "Australia/Adelaide", "Australia/Sydney", "Pacific/Noumea", "Pacific/Auckland"),
)
"""A short list to choose from; whatever else somebody has stays on it for them."""
_known: Final = cache(available_timezones)
"""What this machine knows; to ask is to walk a folder of six hundred files."""


async def show(look: Look) -> Shown:
    """Return what the form is filled with, and what there is to choose from."""
    customer, tenant = look.account.customer, look.visit.desk.tenant
    profile = customer.profile
    zones = ZONES if not profile.zoneinfo or profile.zoneinfo in ZONES else (profile.zoneinfo, *ZONES)
    return {
        "values": {**{name: getattr(profile, name) for name in FIELDS}, "version": str(customer.version)},
        "fixed": [name for name in FIELDS if claim_access(tenant.settings.profile, name) != "write"],
        "email": profile.email,
        "languages": {locale: LOCALES[locale] for locale in spoken(tenant.settings.locales)},
        "zones": [{"id": zone, "offset": _offset(zone, look.now)} for zone in zones],
    }


def _offset(zone: str, now: Instant) -> str:
    """Return how far *zone* is from UTC now, ``+05:30``; empty where nobody knows."""
    if zone not in _known():
        return ""
    return to_datetime(now).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).isoformat()[-6:]


async def change(turn: Turn) -> Taken:
    """Keep what the form says, unless the profile was changed since it was shown."""
    settings = turn.visit.desk.tenant.settings.profile
    names = [name for name in FIELDS if claim_access(settings, name) == "write"]
    typed = {name: turn.form.get(name, "").strip()[:_LONGEST] for name in names}
    version = turn.form.get("version", "")
    if not version.isascii() or not version.isdecimal() or len(version) > 9:
        return Again("profile", typed, {"": "error.stale"}, 409)
    wrong = _unknown(turn, typed)
    if wrong:
        return Again("profile", typed, wrong)
    done = await keeping(turn).update(
        turn.account.customer.id,
        lambda profile: _changed(profile, typed),
        actor_of(turn),
        expected_version=int(version),
    )
    if isinstance(done, Refusal):
        return _again(typed, done)
    return Done("notice.profile_saved", {"ui_locales": typed["locale"]} if typed["locale"] else {})


def keeping(turn: Turn) -> CustomerAdministration:
    """Return what changes customers."""
    parts, pages = turn.visit.journey_parts, turn.visit.parts
    return CustomerAdministration(
        parts.tenant_id,
        pages.begin,
        pages.read,
        parts.directory,
        parts.hasher,
        parts.policy,
        parts.clock,
        parts.desk.tenant.settings.profile,
        usernames=parts.desk.tenant.settings.sign_in.usernames,
    )


def actor_of(turn: Turn) -> Actor:
    """Return who is to be named in the audit log."""
    return Actor(f"customer:{turn.account.customer.id}", turn.visit.context.request_id)


def _changed(profile: Profile, typed: dict[str, str]) -> Profile:
    values: dict[str, Any] = dict(typed)
    return msgspec.structs.replace(profile, **values)


def _unknown(turn: Turn, typed: dict[str, str]) -> dict[str, str]:
    """Return what was chosen from outside of its list, unless it is what was there."""
    before = turn.account.customer.profile
    wrong: dict[str, str] = {}
    if typed["locale"] not in {"", before.locale, *spoken(turn.visit.desk.tenant.settings.locales)}:
        wrong["locale"] = "error.locale_unknown"
    if typed["zoneinfo"] not in {"", before.zoneinfo} and typed["zoneinfo"] not in _known():
        wrong["zoneinfo"] = "error.zone_unknown"
    return wrong


def _again(typed: dict[str, str], refusal: Refusal) -> Again:
    if isinstance(refusal, Conflict):
        return Again("profile", typed, {"": "error.profile_changed"}, 409)
    known = {name: "error.name_invalid_long" for name in refusal.fields if name in FIELDS[:3]}
    is_invalid = isinstance(refusal, Invalid) and known
    return Again("profile", typed, known if is_invalid else {"": f"error.{refusal.code}"})


TAKES = {"save_profile": change}
