"""What tenants have switched off of what guards them, and how they stand where a guard cannot be asked."""

from collections.abc import Callable, Mapping
from typing import Final

from limen.app.doctor.findings import Finding, weak
from limen.identity.tenants.records import TenantSettings
from limen.storage.database import Database
from limen.storage.tenants import SqlTenants

_NAMED: Final = 3
_LOOKED_AT: Final[Mapping[str, tuple[Callable[[TenantSettings], bool], str]]] = {
    "attacks.mode is not on: passwords are tried without end, at": (
        lambda settings: settings.attacks.mode != "on",
        "attacks.mode = on",
    ),
    "sign_up.mode is not on: machines make accounts, at": (
        lambda settings: settings.sign_up_open and settings.sign_up.mode != "on",
        "sign_up.mode = on",
    ),
    "breaches.at_sign_in is off: passwords that are known stay in use, at": (
        lambda settings: settings.breaches.at_sign_in == "off",
        "at least notice",
    ),
    "breaches.online fails open: while the service is away, only what lies here is known, at": (
        lambda settings: settings.breaches.online and settings.breaches.when_away == "open",
        "breaches.when_away = closed, or a set of your own",
    ),
    "attacks.captcha_away is open: while the vendor is away, nothing is asked, at": (
        lambda settings: settings.attacks.challenge == "captcha" and settings.attacks.captcha_away == "open",
        "attacks.captcha_away = work",
    ),
    "risk.mode is off: sign-ins are held against nothing, at": (
        lambda settings: settings.risk.mode == "off",
        "at least shadow",
    ),
    "risk.when_away is allow: whose history cannot be read is asked for nothing more, at": (
        lambda settings: settings.risk.mode == "on" and settings.risk.when_away == "allow",
        "risk.when_away = challenge",
    ),
    "networks.feeds is off: no feed of addresses counts, at": (
        lambda settings: not settings.networks.feeds,
        "networks.feeds = true",
    ),
}


async def guard_findings(database: Database) -> list[Finding]:
    """Return what is weaker than the defaults, with the tenants where it is."""
    found: dict[str, list[str]] = {words: [] for words in _LOOKED_AT}
    after = ""
    while page := await SqlTenants(database).list(after=after, limit=200):
        for tenant in page:
            for words, (is_weak, _) in _LOOKED_AT.items():
                if tenant.is_active and is_weak(tenant.settings):
                    found[words].append(tenant.slug)
        after = page[-1].id
    return [weak(f"{words} {named(slugs)}", _LOOKED_AT[words][1]) for words, slugs in found.items() if slugs]


def named(slugs: list[str]) -> str:
    """Return the first few of *slugs*, and how many more there are."""
    more = f" and {len(slugs) - _NAMED} more" if len(slugs) > _NAMED else ""
    return f"{', '.join(slugs[:_NAMED])}{more}"
