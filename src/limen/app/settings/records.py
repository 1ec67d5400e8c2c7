"""Every setting there is. This and ``sections`` are the reference: the page and the schema are made from them."""

from typing import Annotated

from msgspec import Meta

from limen.app.settings.sections import NO_SECRET, Section
from limen.app.settings.sections.guarding import (
    CaptchaSection,
    GeographySection,
    PasskeysSection,
    PasswordsSection,
    ThreatsSection,
)
from limen.app.settings.sections.keys import KeyringSection, KmsSection
from limen.app.settings.sections.leaving import OutboxSection, OutgoingSection, SmsSection, SmtpSection
from limen.app.settings.sections.limits import LimitsSection
from limen.app.settings.sections.serving import CacheSection, ProxiesSection, ServerSection
from limen.app.settings.sections.watching import AuditSection, LogSection, MetricsSection
from limen.kernel.secret import Secret


class Settings(Section, frozen=True):
    """All settings of a process."""

    issuer: Annotated[
        str,
        Meta(
            description="The public base URL, `https://login.example.org`: the default tenant's issuer, and in front "
            "of `/t/{slug}` every other's. Stored at the first start and fixed from then on."
        ),
    ] = ""
    data_dir: Annotated[str, Meta(description="The folder of the embedded databases and the keyring.")] = "var/limen"
    database_url: Annotated[
        Secret,
        Meta(
            description="`sqlite:///path` or `postgresql://user@host/name` (`?host=/socket/dir` for a socket). "
            "Empty: `limen.db` in `data_dir`."
        ),
    ] = NO_SECRET
    keystore_url: Annotated[
        Secret,
        Meta(
            description="The key store, a database of its own with short-lived backups of its own. Empty: beside the "
            "SQLite file (`…-keys.db`), or the PostgreSQL database of the same name with `_keys` behind it."
        ),
    ] = NO_SECRET
    token_database_url: Annotated[
        Secret,
        Meta(
            description="The same PostgreSQL database for the token doors, with a login that is a member of "
            "`limen_token` only. Empty: `database_url`."
        ),
    ] = NO_SECRET
    owner_database_url: Annotated[
        Secret,
        Meta(description="The same PostgreSQL database for `limen migrate`, with its owner's login."),
    ] = NO_SECRET
    owner_keystore_url: Annotated[
        Secret, Meta(description="The key store for `limen migrate`, with its owner's login.")
    ] = NO_SECRET
    root_key: Annotated[
        Secret,
        Meta(
            description="32 random bytes as base64url; several with commas between, the active one first. Empty: the "
            "keyring file holds the root key as well."
        ),
    ] = NO_SECRET
    insecure_http: Annotated[
        bool, Meta(description="Allow an `http:` issuer. Loopback only: cookies and tokens travel in the clear.")
    ] = False
    development_mailbox: Annotated[
        bool,
        Meta(description="Keep mail in memory and show it at `/dev/mailbox` instead of sending it. Loopback only."),
    ] = False
    server: Annotated[ServerSection, Meta(description="Where and how the server listens.")] = ServerSection()
    cache: Annotated[CacheSection, Meta(description="What is held in memory, and the shared cache.")] = CacheSection()
    keyring: Annotated[KeyringSection, Meta(description="The root of all keys.")] = KeyringSection()
    kms: Annotated[KmsSection, Meta(description="Who holds the root key, if not the keyring file.")] = KmsSection()
    smtp: Annotated[SmtpSection, Meta(description="How mail leaves.")] = SmtpSection()
    sms: Annotated[SmsSection, Meta(description="How codes by short message leave.")] = SmsSection()
    passwords: Annotated[
        PasswordsSection, Meta(description="What a password hash costs (Argon2id, RFC 9106), and who pays it.")
    ] = PasswordsSection()
    threats: Annotated[ThreatsSection, Meta(description="What is known before anybody comes.")] = ThreatsSection()
    geography: Annotated[GeographySection, Meta(description="Where addresses are.")] = GeographySection()
    captcha: Annotated[
        CaptchaSection, Meta(description="A CAPTCHA vendor, where tenants want one in place of proof of work.")
    ] = CaptchaSection()
    passkeys: Annotated[
        PasskeysSection, Meta(description="What is known of the models of passkeys and security keys.")
    ] = PasskeysSection()
    limits: Annotated[LimitsSection, Meta(description="Rate limits, each `count/seconds` or `off`.")] = LimitsSection()
    outbox: Annotated[OutboxSection, Meta(description="What becomes of events that nobody could deliver.")] = (
        OutboxSection()
    )
    proxies: Annotated[
        ProxiesSection,
        Meta(description="Our own proxies: the only ones whose forwarding headers are believed."),
    ] = ProxiesSection()
    outgoing: Annotated[
        OutgoingSection, Meta(description="What may be asked of other servers on behalf of clients.")
    ] = OutgoingSection()
    audit: Annotated[AuditSection, Meta(description="The audit log.")] = AuditSection()
    metrics: Annotated[MetricsSection, Meta(description="Who may scrape `/metrics`.")] = MetricsSection()
    log: Annotated[LogSection, Meta(description="What is logged to standard error.")] = LogSection()
