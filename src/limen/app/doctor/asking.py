"""Looking once at what the guards rest on: whether it answers, is whole and is current.

Those that read files do it when they are called, those that ask others when they are awaited. Nobody is asked about a
customer, and nobody is shown a secret: a range of hashes that is nobody's, a CAPTCHA's answer that is none, the servers
of the root. Who holds the root key is the exception: it answers to a login alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from limen.access.outgoing import Notice, Outgoing
from limen.app.doctor.findings import Finding, Severity, wrong
from limen.app.doctor.geography import geography_findings
from limen.app.doctor.kms import kms_findings
from limen.app.doctor.mail import relay_findings
from limen.app.doctor.passkeys import passkey_findings
from limen.app.doctor.sms import LINES, PROVIDER, unreachable
from limen.app.doctor.threats import agent_findings, feed_findings, resolver_findings, set_findings
from limen.app.passkeys import metadata_source
from limen.app.settings import Settings
from limen.app.settings.checks import require_captcha
from limen.app.sms import TWILIO
from limen.app.threats import pairs_path, passwords_path
from limen.identity.tenants.records import Tenant
from limen.integration.outgoing.ranges import Ranges
from limen.kernel.errors import Misconfigured, Refusal
from limen.storage.cache import cache_answers
from limen.trust.bots.captcha import WIDGETS

_PREFIX: Final = "00000"
_FORM: Final = "application/x-www-form-urlencoded"
_NO_ANSWER: Final = Notice("captcha-probe", b"response=none", _FORM, seconds=3.0, any_status=True)


@dataclass(frozen=True, slots=True)
class Looking:
    """What is looked at.

    Attributes:
        settings: of the installation.
        tenants: those that are active; None where they cannot be read.
        parts: what was found of the keyring and the databases.
        outgoing: the way out.
    """

    settings: Settings
    tenants: Sequence[Tenant] | None
    parts: Sequence[Finding]
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found; ``is_asked`` is false where nobody is configured to be asked, and nothing lies here."""

    findings: Sequence[Finding] = ()
    is_asked: bool = True


def look_at_nothing(_: Looking) -> Looked:
    """Ask nobody."""
    return Looked(is_asked=False)


def look_at_database(of: Looking) -> Looked:
    """Say what keeps the database from being read; it was asked before."""
    if of.tenants is not None:
        return Looked()
    found = [one for one in of.parts if one.severity is Severity.WRONG]
    return Looked(found, is_asked=bool(found))


def look_at_sets(of: Looking) -> Looked:
    """Open the sets."""
    named = of.settings.threats
    lies_here = passwords_path(of.settings).exists() or pairs_path(of.settings).exists()
    return Looked([*set_findings(of.settings)], is_asked=bool(named.passwords or named.pairs or lies_here))


def look_at_feeds(of: Looking) -> Looked:
    """Read each feed, or the copy of what was fetched last."""
    return Looked([*feed_findings(of.settings)], is_asked=bool(of.settings.threats.feeds))


def look_at_agents(of: Looking) -> Looked:
    """Read the directory."""
    return Looked([*agent_findings(of.settings)], is_asked=bool(of.settings.threats.signed_agents))


def look_at_geography(of: Looking) -> Looked:
    """Read each database."""
    given = of.settings.geography
    return Looked([*geography_findings(of.settings)], is_asked=bool(given.databases) or given.base != "off")


def look_at_models(of: Looking) -> Looked:
    """Read the metadata that was fetched last."""
    return Looked([*passkey_findings(of.settings)], is_asked=metadata_source(of.settings) is not None)


async def look_at_cache(of: Looking) -> Looked:
    """Read one counter that nobody counts."""
    url = of.settings.cache.url.reveal()
    if not url:
        return Looked(is_asked=False)
    try:
        if await cache_answers(url):
            return Looked()
    except Misconfigured as error:
        return Looked([wrong(str(error), error.hint)])
    words = "the shared cache does not answer: cache.when_away says what holds for tries, limits and proofs"
    return Looked([wrong(words, "see cache.url and the network")])


async def look_at_breach_service(of: Looking) -> Looked:
    """Ask for one range of hashes, where a tenant has it asked."""
    if not any(tenant.settings.breaches.online for tenant in of.tenants or ()):
        return Looked(is_asked=False)
    if await Ranges(of.outgoing, of.settings.threats.range_url).suffixes(_PREFIX) is not None:
        return Looked()
    words = "the service for breached passwords does not answer: breaches.when_away says what holds"
    return Looked([wrong(words, "see threats.range_url and the network")])


async def look_at_captcha(of: Looking) -> Looked:
    """See that the vendor answers at all, whatever it says of an answer without an account."""
    vendor = of.settings.captcha.vendor
    if not vendor:
        return Looked(is_asked=False)
    try:
        require_captcha(of.settings)
    except Misconfigured as error:
        return Looked([wrong(str(error), error.hint)])
    answer = await of.outgoing.ask(WIDGETS[vendor].check, _NO_ANSWER)
    if not isinstance(answer, Refusal):
        return Looked()
    words = f"the CAPTCHA vendor does not answer ({vendor}): attacks.captcha_away says what holds"
    return Looked([wrong(words, "see captcha.vendor and the network")])


async def look_at_dns(of: Looking) -> Looked:
    """Ask who serves the root."""
    found = [finding async for finding in resolver_findings(of.settings)]
    return Looked(found, is_asked=bool(of.settings.smtp.url and of.settings.threats.resolver.split()))


async def look_at_lines(of: Looking) -> Looked:
    """See that the hook answers at all. No number is asked about."""
    url = of.settings.sms.line_type_url
    return await _asked(of, "sms.line_type_url", url, LINES)


async def look_at_texts(of: Looking) -> Looked:
    """See that the provider answers at all. No message is sent."""
    sms = of.settings.sms
    return await _asked(of, "sms.url", sms.url or TWILIO if sms.provider else "", PROVIDER)


async def _asked(of: Looking, name: str, url: str, words: str) -> Looked:
    return Looked(await unreachable(of.outgoing, name, url, words)) if url else Looked(is_asked=False)


async def look_at_kms(of: Looking) -> Looked:
    """Have the KMS wrap something and unwrap it."""
    return Looked([one async for one in kms_findings(of.settings)], is_asked=bool(of.settings.kms.kind))


async def look_at_mail(of: Looking) -> Looked:
    """Greet the relay, over TLS where that is set; nobody logs in, and no message is sent."""
    is_asked = bool(of.settings.smtp.url) and not of.settings.development_mailbox
    return Looked(await relay_findings(of.settings) if is_asked else (), is_asked=is_asked)
