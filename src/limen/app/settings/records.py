"""Every setting there is. What is written here is the reference: the page and the schema are made from it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from limen.app.settings.values import Rate
from limen.kernel.secret import Secret

NO_SECRET = Secret("")


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One part of the settings."""


class ServerSection(Section, frozen=True):
    """Where and how the server listens."""

    host: Annotated[str, Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="The TCP port to listen on.", ge=1, le=65_535)] = 8000
    workers: Annotated[
        int, Meta(description="Processes that serve. SQLite allows one; PostgreSQL any number.", ge=1, le=256)
    ] = 1
    tls_certificate: Annotated[
        str, Meta(description="The path of a PEM chain. With it and `tls_key` the server speaks TLS itself.")
    ] = ""
    tls_key: Annotated[str, Meta(description="The path of the certificate's key as PKCS #8 PEM.")] = ""
    tls_min: Annotated[Literal["tls1.2", "tls1.3"], Meta(description="The oldest TLS version that is spoken.")] = (
        "tls1.2"
    )
    drain_seconds: Annotated[
        float, Meta(description="How long requests in flight may take once the process is asked to stop.", ge=0, le=600)
    ] = 25.0


class CacheSection(Section, frozen=True):
    """What is held in memory, and the shared cache."""

    url: Annotated[
        Secret,
        Meta(
            description="Valkey or Redis for rate limits that all processes share (`valkey://`, `rediss://`, "
            "`unix://`, …). Empty: each process counts on its own."
        ),
    ] = NO_SECRET
    tenants: Annotated[int, Meta(description="Tenants whose keys and clients are held at once.", ge=1)] = 1_000
    clients: Annotated[int, Meta(description="Clients held for each tenant.", ge=1)] = 1_000
    verified_tokens: Annotated[
        int, Meta(description="Verified access tokens remembered for each tenant, about 3 KB each.", ge=0)
    ] = 4_096


class KeyringSection(Section, frozen=True):
    """The root of all keys."""

    path: Annotated[
        str,
        Meta(
            description="The keyring file, mode 0600; made at the first start. Empty: `limen.keyring` in `data_dir`. "
            "Keep it out of the backups of the databases."
        ),
    ] = ""
    epoch_days: Annotated[
        int,
        Meta(description="After so many days, in days, a backup of the key store can no longer undo an erasure.", ge=1),
    ] = 30
    cached_seconds: Annotated[
        float,
        Meta(
            description="For so many seconds at most a tenant's key is held in memory before whoever holds the root "
            "key is asked for it again. So long every tenant that was served goes on while a KMS is away.",
            ge=300,
            le=86_400,
        ),
    ] = 3_600.0
    tenant_key_days: Annotated[
        int, Meta(description="After so many days each tenant gets a new version of its key, which then seals.", ge=1)
    ] = 365


class KmsSection(Section, frozen=True):
    """Who holds the root key in place of the keyring file, which then keeps the epoch keys alone."""

    kind: Annotated[
        Literal["", "vault", "pkcs11"],
        Meta(description="HashiCorp Vault's transit engine, or a PKCS#11 token. Empty: the keyring file."),
    ] = ""
    key: Annotated[
        str, Meta(description="The key's name in Vault; in a token, what the labels begin with: `limen.1`, `limen.2`.")
    ] = "limen"
    url: Annotated[str, Meta(description="Vault's address, `https://vault.example.com:8200`.")] = ""
    mount: Annotated[str, Meta(description="Where the transit engine is mounted.")] = "transit"
    token: Annotated[Secret, Meta(description="Our Vault token.")] = NO_SECRET
    token_file: Annotated[
        str, Meta(description="A file with our Vault token, read for each request; in place of `token`.")
    ] = ""
    namespace: Annotated[str, Meta(description="Vault's namespace; empty for none.")] = ""
    ca_file: Annotated[
        str, Meta(description="Certificates (PEM) that Vault's is verified with. Empty: the system's.")
    ] = ""
    module: Annotated[str, Meta(description="The library of the token's maker, a path.")] = ""
    token_label: Annotated[str, Meta(description="The label of the token.")] = ""
    pin: Annotated[Secret, Meta(description="The token's user PIN.")] = NO_SECRET
    seconds: Annotated[float, Meta(description="How long one request may take.", gt=0, le=60)] = 5.0


class SmtpSection(Section, frozen=True):
    """How mail leaves."""

    url: Annotated[
        Secret,
        Meta(
            description="The mail relay: `smtp://user:password@host:587` (STARTTLS is required), `smtps://host:465`, "
            "or `smtp+plain://localhost:25`. Empty: mail waits in the outbox."
        ),
    ] = NO_SECRET
    sender: Annotated[
        str, Meta(description="Who mail comes from, `Name <local@domain>`. Empty: `no-reply` at the issuer's host.")
    ] = ""
    certificates: Annotated[str, Meta(description="A file of further certificate authorities for the relay.")] = ""
    timeout_seconds: Annotated[float, Meta(description="For each step of the conversation, in seconds.", gt=0)] = 20.0


class SmsSection(Section, frozen=True):
    """How codes by short message leave. Without a provider none is offered."""

    provider: Annotated[
        Literal["", "twilio", "webhook"],
        Meta(
            description="`twilio`: an HTTP API of that shape; `webhook`: signed requests to an address of your own. "
            "Empty: no codes by short message, but for those that `development_mailbox` shows."
        ),
    ] = ""
    url: Annotated[
        str, Meta(description="The API's base URL, or the webhook's whole address. Empty: `https://api.twilio.com`.")
    ] = ""
    account: Annotated[str, Meta(description="With `twilio`: the account's identifier (`AC…`).")] = ""
    key: Annotated[
        str, Meta(description="With `twilio`: an API key of the account (`SK…`). Empty: the account authenticates.")
    ] = ""
    secret: Annotated[
        Secret,
        Meta(
            description="With `twilio`: the account's token, or the API key's secret. With `webhook`: what requests "
            "are signed with, `whsec_` and the base64 of 24 to 64 random bytes."
        ),
    ] = NO_SECRET
    sender: Annotated[
        str, Meta(description="With `twilio`: the number, the name or the messaging service (`MG…`) that sends.")
    ] = ""
    per_tenant_day: Annotated[
        int,
        Meta(description="Messages a day for any one tenant, whatever its administrators allow.", ge=1, le=1_000_000),
    ] = 5_000
    timeout_seconds: Annotated[float, Meta(description="For a whole request, in seconds.", gt=0, le=30)] = 10.0


class PasswordsSection(Section, frozen=True):
    """What a password hash costs (Argon2id, RFC 9106), and who pays it."""

    memory_kib: Annotated[int, Meta(description="Memory of one hash, in KiB.", ge=8, le=524_288)] = 19_456
    time_cost: Annotated[int, Meta(description="Passes over the memory.", ge=1, le=32)] = 2
    parallelism: Annotated[int, Meta(description="Lanes of one hash.", ge=1, le=16)] = 1
    threads: Annotated[
        int, Meta(description="Threads that hash, in each process. 0: one for each usable core.", ge=0, le=256)
    ] = 0
    queue_limit: Annotated[
        int, Meta(description="Hashes that may wait for each thread; more are answered 503.", ge=0)
    ] = 64
    nice: Annotated[int, Meta(description="The Unix nice value of the hash threads.", ge=0, le=19)] = 10


class ThreatsSection(Section, frozen=True):
    """What is known before anybody comes."""

    passwords: Annotated[
        str,
        Meta(
            description="The set of breached passwords that `limen threats build-corpus` made. Empty: "
            "`passwords.set` in `data_dir`, if it is there."
        ),
    ] = ""
    pairs: Annotated[
        str,
        Meta(
            description="The set of breached addresses with their passwords, from the same command. Empty: `pairs.set` "
            "in `data_dir`, if it is there."
        ),
    ] = ""
    range_url: Annotated[
        str,
        Meta(
            description="The service that tenants may ask about breached passwords by five digits of a hash "
            "(`breaches.online`, off at first); the digits are added."
        ),
    ] = "https://api.pwnedpasswords.com/range/"
    feeds: Annotated[
        tuple[str, ...],
        Meta(
            description="Feeds of addresses, each `NAME ACTION FORMAT LOCATION`: the action `block`, `challenge` or "
            "`note`, the format `cidr`, `csv` or `stix`, an https URL or the path of a file; or the format `taxii` and "
            "the URL of a collection of a TAXII 2.1 server."
        ),
    ] = ()
    feed_credentials: Annotated[
        str,
        Meta(
            description="A file that says who asks, for feeds that want to know: a line each, `NAME` and the value of "
            "the `Authorization` header. Read anew at each fetch."
        ),
    ] = ""
    feed_seconds: Annotated[
        int, Meta(description="How often feeds are fetched, in seconds; a file is looked at each minute.", ge=300)
    ] = 3_600


class GeographySection(Section, frozen=True):
    """Where addresses are: for risk, for notices, and for the list of one's own sessions."""

    databases: Annotated[
        tuple[str, ...],
        Meta(
            description="Paths of databases in the MaxMind DB format (`.mmdb`) that you may use, of countries, cities, "
            "networks (ASN) or anonymisers. Each is looked at every minute. Of several, the first that knows counts."
        ),
    ] = ()
    base: Annotated[
        Literal["registries", "off"],
        Meta(
            description="What tells countries where no database does: the allocations of the internet registries, "
            "which come with Limen, or nothing."
        ),
    ] = "registries"


class CaptchaSection(Section, frozen=True):
    """A CAPTCHA vendor, for tenants that want one in place of proof of work (`attacks.challenge`)."""

    vendor: Annotated[
        Literal["", "hcaptcha", "turnstile", "recaptcha"],
        Meta(description="Whose widget is shown, and who checks its answer. Empty: there is none."),
    ] = ""
    site_key: Annotated[str, Meta(description="The public key of the widget.")] = ""
    secret: Annotated[Secret, Meta(description="The account's secret there.")] = NO_SECRET


class PasskeysSection(Section, frozen=True):
    """What is known of the models of passkeys and security keys."""

    metadata_root: Annotated[
        str,
        Meta(
            description="A PEM file with the root certificates that metadata may be signed under; for the FIDO "
            "Alliance's, *GlobalSign Root CA - R3*. Empty: none is fetched, and no model is proven."
        ),
    ] = ""
    metadata_url: Annotated[
        str,
        Meta(
            description="Where metadata is fetched (FIDO Metadata Service 3). Empty: nowhere; somebody puts it into "
            "`passkeys/metadata.jwt` in `data_dir`."
        ),
    ] = "https://mds3.fidoalliance.org/"
    metadata_seconds: Annotated[int, Meta(description="How often it is fetched, in seconds.", ge=3_600)] = 86_400


class LimitsSection(Section, frozen=True):
    """Rate limits, each `count/seconds` or `off`."""

    pages_per_address: Annotated[Rate, Meta(description="Pages asked for by one address.")] = Rate(600, 60)
    journeys_per_address: Annotated[
        Rate, Meta(description="Sign-ins, sign-ups and recoveries begun by one address: each is a few durable writes.")
    ] = Rate(120, 60)
    api_per_address: Annotated[Rate, Meta(description="Calls of the administration API by one address.")] = Rate(
        1200, 60
    )
    api_per_client: Annotated[
        Rate, Meta(description="Calls of the administration API by one client; of the account API by one customer.")
    ] = Rate(600, 60)
    client_failures_per_address: Annotated[Rate, Meta(description="Failed client authentications by one address.")] = (
        Rate(30, 60)
    )
    unproven_requests_per_address: Annotated[
        Rate, Meta(description="Requests that clients without a secret may push or begin from one address.")
    ] = Rate(120, 60)
    registrations_per_address: Annotated[
        Rate, Meta(description="Clients that one address registers by itself, or tries to.")
    ] = Rate(20, 3600)
    registration_management_per_address: Annotated[
        Rate, Meta(description="What such clients do with their registration afterwards, by address.")
    ] = Rate(60, 60)
    sign_in_per_address: Annotated[Rate, Meta(description="Sign-in attempts by one address.")] = Rate(100, 600)
    sign_in_per_identifier: Annotated[
        Rate, Meta(description="Sign-in attempts for one submitted identifier, whether or not anybody owns it.")
    ] = Rate(10, 600)
    mails_per_address: Annotated[Rate, Meta(description="Mails caused by one address.")] = Rate(30, 3600)
    mails_per_identifier: Annotated[Rate, Meta(description="Mails to one submitted address.")] = Rate(5, 3600)
    codes_per_identifier: Annotated[
        Rate, Meta(description="Mailed codes tried for one submitted address, over all journeys; its link still works.")
    ] = Rate(30, 86_400)
    second_factor_per_customer: Annotated[
        Rate,
        Meta(description="Codes of an authenticator app tried for one customer; as many recovery codes beside them."),
    ] = Rate(30, 86_400)
    user_codes_per_address: Annotated[
        Rate, Meta(description="Codes of devices typed from one address, right or wrong.")
    ] = Rate(20, 600)
    user_codes_per_browser: Annotated[Rate, Meta(description="Codes of devices typed in one browser.")] = Rate(20, 600)
    user_codes_per_tenant: Annotated[
        Rate, Meta(description="Codes of devices typed at one tenant, by anybody: what bounds guessing as a whole.")
    ] = Rate(6_000, 600)


class OutboxSection(Section, frozen=True):
    """What becomes of events that nobody could deliver."""

    dead_days: Annotated[
        int,
        Meta(
            description="After so many days an event that could not be delivered loses its sealed content (a mail's "
            "address and words); that it failed, and why, stays.",
            ge=1,
            le=366,
        ),
    ] = 7


class ProxiesSection(Section, frozen=True):
    """Our own proxies: the only ones whose forwarding headers are believed."""

    networks: Annotated[tuple[str, ...], Meta(description="Addresses or networks (CIDR) of our proxies.")] = ()
    header: Annotated[
        Literal["x-forwarded-for", "forwarded"], Meta(description="The one forwarding header that they write.")
    ] = "x-forwarded-for"
    certificate_header: Annotated[
        str,
        Meta(
            description="The header in which they hand on the client certificate of a connection (RFC 8705): as RFC "
            "9440 writes it, as URL-encoded PEM (nginx), or as Envoy does. Empty: there are no client certificates."
        ),
    ] = ""
    certificate_verified_header: Annotated[
        str,
        Meta(
            description="The header in which they say `SUCCESS` where a certificate authority of yours vouches for "
            "that certificate. Empty: `tls_client_auth` is not offered, and self-signed certificates are."
        ),
    ] = ""
    certificate_url: Annotated[
        str,
        Meta(
            description="The base URL at which they ask for client certificates, if it is not the issuer's: shown as "
            "`mtls_endpoint_aliases`."
        ),
    ] = ""


class OutgoingSection(Section, frozen=True):
    """What may be asked of other servers on behalf of clients: their keys and documents, and notifications to them."""

    networks: Annotated[
        tuple[str, ...],
        Meta(
            description="Networks (CIDR) that may be asked although they are not public: clients of your own. "
            "Link-local addresses and metadata services never may."
        ),
    ] = ()
    loopback: Annotated[
        bool, Meta(description="For development: this machine may be asked too, over plain http as well.")
    ] = False


class AuditSection(Section, frozen=True):
    """The audit log, beside what each tenant says of its own."""

    stream_directory: Annotated[
        str,
        Meta(
            description="The folder below which destinations of the kind `file` write, each tenant in a folder of its "
            "own: `<slug>/<name>.log`. Empty: no tenant writes files."
        ),
    ] = ""


class MetricsSection(Section, frozen=True):
    """Who may scrape `/metrics`."""

    token: Annotated[
        Secret,
        Meta(description="The bearer token a scraper must show. Empty: loopback only, and not through a proxy."),
    ] = NO_SECRET


class LogSection(Section, frozen=True):
    """What is logged to standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least severity that is logged.")
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "text"],
        Meta(description="JSON lines, or text for people. `auto`: text at a terminal."),
    ] = "auto"


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
