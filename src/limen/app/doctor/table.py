"""The table of guards: whom each asks, by which settings it finds them, and what holds where they cannot be asked.

A stance that tenants choose, or the operator for all of them, is said in words for each of its values. One that nobody
chooses is *fixed*, with the reason why. The guide has the same table; a test holds them together, and asks a row for
every setting that names somebody.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from limen.app.doctor import asking
from limen.identity.tenants.records import TenantSettings


@dataclass(frozen=True, slots=True)
class Chosen:
    """A stance that tenants choose: the setting, and what each value of it means.

    ``counts``: whether the guard asks anybody for that tenant at all.
    """

    setting: str
    words: Mapping[str, str]
    counts: Callable[[TenantSettings], bool]


@dataclass(frozen=True, slots=True)
class Operated:
    """A stance that the operator chooses for all tenants: the installation's setting, and what each value means."""

    setting: str
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A stance that nobody chooses, and why that is right."""

    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard. ``look`` reads files when it is called, and asks others when it is awaited."""

    name: str
    asks: str
    settings: tuple[str, ...]
    stance: Chosen | Operated | Fixed
    look: Callable[[asking.Looking], Awaitable[asking.Looked] | asking.Looked]


GUARDS: Final = (
    Guard(
        "tries, limits, spent proofs of work",
        "Valkey or Redis",
        ("cache.url", "cache.when_away"),
        Operated(
            "cache.when_away",
            {
                "count_here": "each process counts on its own, from what it counted before",
                "refuse": "whatever would be counted is answered 503",
            },
        ),
        asking.look_at_cache,
    ),
    Guard(
        "proof of work",
        "nobody",
        (),
        Fixed("it is made and checked here", "what stands in for others must not be away itself"),
        asking.look_at_nothing,
    ),
    Guard(
        "CAPTCHA",
        "the vendor",
        ("captcha.vendor", "captcha.site_key", "captcha.secret"),
        Chosen(
            "attacks.captcha_away",
            {
                "work": "a proof of work all the same",
                "open": "nothing is asked",
                "closed": "whoever is challenged is refused",
            },
            lambda tenant: tenant.attacks.challenge == "captcha",
        ),
        asking.look_at_captcha,
    ),
    Guard(
        "breached passwords and pairs, here",
        "sets in files",
        ("threats.passwords", "threats.pairs"),
        Fixed(
            "the last good set stays; with none, the 30,000 commonest passwords alone are known",
            "a damaged file must not open what was closed",
        ),
        asking.look_at_sets,
    ),
    Guard(
        "breached passwords, on the network",
        "a range service",
        ("threats.range_url",),
        Chosen(
            "breaches.when_away",
            {
                "open": "as if it knew nothing",
                "closed": "no password is set, and a device that is not known proves the mailbox",
            },
            lambda tenant: tenant.breaches.online,
        ),
        asking.look_at_breach_service,
    ),
    Guard(
        "feeds of addresses",
        "files and servers",
        ("threats.feeds", "threats.when_missing", "threats.feed_credentials", "threats.feed_seconds"),
        Operated(
            "threats.when_missing",
            {
                "pass": "the last good one stays; of a feed that was never there, everybody passes",
                "raise": "the last good one stays; while one is missing or stale, unknown devices are challenged, as "
                "in an attack",
            },
        ),
        asking.look_at_feeds,
    ),
    Guard(
        "geography",
        "databases in files",
        ("geography.databases", "geography.base"),
        Fixed(
            "the last good one stays; with none, signals and notices that rest on it say nothing",
            "where somebody is weighs beside much else, and proves nothing",
        ),
        asking.look_at_geography,
    ),
    Guard(
        "agents that sign",
        "a directory in a file",
        ("threats.signed_agents",),
        Fixed(
            "the last good one stays; with none, nobody is verified, and an agent is a tool like any other",
            "what a signature would allow is not allowed without",
        ),
        asking.look_at_agents,
    ),
    Guard(
        "patterns of fraud",
        "nobody",
        (),
        Fixed("what rests on a fact that is not known does not hold", "a guess is no ground for a refusal"),
        asking.look_at_nothing,
    ),
    Guard(
        "addresses for throwing away",
        "nobody",
        (),
        Fixed("their list comes with Limen", "it is asked at every sign-up"),
        asking.look_at_nothing,
    ),
    Guard(
        "domains of sign-ups",
        "DNS",
        ("threats.resolver",),
        Chosen(
            "sign_up.dns_away",
            {"open": "as if the domain took mail", "work": "a proof of work"},
            lambda tenant: tenant.sign_up_open and tenant.sign_up.undeliverable != "allow",
        ),
        asking.look_at_dns,
    ),
    Guard(
        "kinds of telephone lines",
        "a hook",
        ("sms.line_type_url", "sms.line_type_secret"),
        Chosen(
            "sms.lines_away",
            {"open": "any number will do", "closed": "no number is set up"},
            lambda tenant: bool(tenant.sms.countries and tenant.sms.refused_lines),
        ),
        asking.look_at_lines,
    ),
    Guard(
        "risk",
        "the customer's history, in the database",
        ("database_url",),
        Chosen(
            "risk.when_away",
            {"challenge": "more is asked for, as of a risk that was found", "allow": "nothing more is asked for"},
            lambda tenant: tenant.risk.mode != "off",
        ),
        asking.look_at_database,
    ),
    Guard(
        "models of passkeys",
        "metadata in a file, fetched",
        ("passkeys.metadata_root", "passkeys.metadata_url", "passkeys.metadata_seconds"),
        Chosen(
            "passkeys.attestation",
            {
                "preferred": "the last good one stays; with none, no model is proven, and none refused for it",
                "required": "the last good one stays; with none, no passkey is registered",
            },
            lambda tenant: tenant.passkeys.attestation != "none",
        ),
        asking.look_at_models,
    ),
    Guard(
        "proofs and assertions, each once",
        "the database",
        ("database_url", "token_database_url"),
        Fixed("no token is issued", "what was used before would pass for new"),
        asking.look_at_database,
    ),
    Guard(
        "audit log",
        "the database",
        ("database_url",),
        Fixed("what cannot be recorded is not done", "an attack must not go by unseen"),
        asking.look_at_database,
    ),
    Guard(
        "root key",
        "a KMS",
        ("kms.kind", "kms.url", "kms.module", "keyring.cached_seconds"),
        Fixed(
            "keys that are held serve for keyring.cached_seconds; then their tenants are answered 503",
            "whoever takes the KMS away wants nothing more to be opened",
        ),
        asking.look_at_kms,
    ),
    Guard(
        "codes and notices by mail",
        "the relay",
        ("smtp.url", "smtp.certificates", "smtp.timeout_seconds"),
        Fixed(
            "they wait in the outbox, and nobody is let in without a code that was asked for",
            "what was promised is not lost, and a proof not waived",
        ),
        asking.look_at_mail,
    ),
    Guard(
        "codes by short message",
        "the provider",
        ("sms.provider", "sms.url", "sms.timeout_seconds"),
        Fixed("they wait until they expire, and nobody is let in without one", "a proof is not waived"),
        asking.look_at_texts,
    ),
)
