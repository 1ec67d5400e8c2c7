"""What tenants have switched off of what guards them, and where they let pass what cannot be asked about."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from limen.app.doctor.findings import Finding, weak
from limen.app.settings import Settings
from limen.identity.tenants.records import Tenant, TenantSettings

_NAMED: Final = 3
Held = Callable[[TenantSettings, Settings], bool]
_LOOKED_AT: Final[Mapping[str, tuple[Held, str]]] = {
    "attacks.mode is not on: passwords are tried without end, at": (
        lambda tenant, _: tenant.attacks.mode != "on",
        "attacks.mode = on",
    ),
    "sign_up.mode is not on: machines make accounts, at": (
        lambda tenant, _: tenant.sign_up_open and tenant.sign_up.mode != "on",
        "sign_up.mode = on",
    ),
    "sign_up.disposable is allow: addresses for throwing away do for an account, at": (
        lambda tenant, _: tenant.sign_up_open and tenant.sign_up.disposable == "allow",
        "sign_up.disposable = work",
    ),
    "sign_up.undeliverable is allow: nobody asks whether a domain takes mail, at": (
        lambda tenant, _: tenant.sign_up_open and tenant.sign_up.undeliverable == "allow",
        "sign_up.undeliverable = work",
    ),
    "patterns.shipped is not on: the patterns of fraud that come with Limen stop nobody, at": (
        lambda tenant, _: tenant.patterns.shipped != "on",
        "patterns.shipped = on",
    ),
    "breaches.at_sign_in is off: passwords that are known stay in use, at": (
        lambda tenant, _: tenant.breaches.at_sign_in == "off",
        "at least notice",
    ),
    "breaches.online fails open: while the service is away, only what lies here is known, at": (
        lambda tenant, _: tenant.breaches.online and tenant.breaches.when_away == "open",
        "breaches.when_away = closed, or a set of your own",
    ),
    "attacks.challenge is captcha and there is no vendor: a proof of work is asked for instead, at": (
        lambda tenant, settings: tenant.attacks.challenge == "captcha" and not settings.captcha.vendor,
        "name one in captcha.vendor, or attacks.challenge = proof_of_work",
    ),
    "attacks.captcha_away is open: while the vendor is away, nothing is asked, at": (
        lambda tenant, _: tenant.attacks.challenge == "captcha" and tenant.attacks.captcha_away == "open",
        "attacks.captcha_away = work",
    ),
    "sms.lines_away is open: while the hook for kinds of lines is away, any number will do, at": (
        lambda tenant, settings: (
            bool(settings.sms.line_type_url and tenant.sms.countries and tenant.sms.refused_lines)
            and tenant.sms.lines_away == "open"
        ),
        "sms.lines_away = closed",
    ),
    "risk.mode is off: sign-ins are held against nothing, at": (
        lambda tenant, _: tenant.risk.mode == "off",
        "at least shadow",
    ),
    "risk.when_away is allow: whose history cannot be read is asked for nothing more, at": (
        lambda tenant, _: tenant.risk.mode == "on" and tenant.risk.when_away == "allow",
        "risk.when_away = challenge",
    ),
    "networks.feeds is off: no feed of addresses counts, at": (
        lambda tenant, _: not tenant.networks.feeds,
        "networks.feeds = true",
    ),
    "registration.require_pkce is off: whoever registers may rest on a nonce alone, at": (
        lambda tenant, _: tenant.registration.mode != "off" and not tenant.registration.require_pkce,
        "registration.require_pkce = true",
    ),
}


def guard_findings(settings: Settings, tenants: Sequence[Tenant]) -> Iterator[Finding]:
    """Yield what is weaker than the defaults at *tenants*, with those where it is."""
    for words, (is_weak, hint) in _LOOKED_AT.items():
        slugs = [tenant.slug for tenant in tenants if is_weak(tenant.settings, settings)]
        if slugs:
            yield weak(f"{words} {named(slugs)}", hint)


def named(slugs: Sequence[str]) -> str:
    """Return the first few of *slugs*, and how many more there are."""
    more = f" and {len(slugs) - _NAMED} more" if len(slugs) > _NAMED else ""
    return f"{', '.join(slugs[:_NAMED])}{more}"
